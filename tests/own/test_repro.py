"""The script without dlbench: whole, and for every way that a backend declares."""

import ast

import pytest
from msgspec.structs import replace

from dlbench.errors import UsageError
from dlbench.own import repro
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Case, Target, Work, Workload
from dlbench.records.layers import SGD, Adagrad, Adam, AdamW, RMSprop
from dlbench.records.own import Made, OwnNetwork, Twin

DECLARED = read_declarations()
WAYS = [
    (backend, mode, function, way.call)
    for backend, declared in DECLARED.items()
    for function, way in declared.own.items()
    for mode in way.modes or declared.modes
]
TWIN = Twin("", (8, 4), (), (8, 3), (), 1.0, 1.0)


def network(**changed):
    functions = {name: Made(f"small_{name}", 1) for _, _, name, _ in WAYS}
    own = OwnNetwork("small", "/my nets/net.py", "0", functions, "sparse_categorical_crossentropy")
    return replace(own, **changed)


def script(own, ways=tuple(WAYS), kind="train_step"):
    workload = Workload(kind, {"network": "small", "batch": 8}, Work(0, 0, 8), own=own)
    cases = [
        Case(workload, Target(backend, "cpu", mode, "float32", 2, call=call), "dynamic")
        for backend, mode, _, call in ways
    ]
    return repro.script(cases, TWIN, DECLARED, lambda device: {})


@pytest.mark.parametrize("kind", ["train_step", "predict"])
@pytest.mark.parametrize("optimizer", [SGD(), Adagrad(), RMSprop(), Adam(), AdamW()])
def test_a_script_has_a_function_for_every_way_and_is_python(kind, optimizer):
    text = script(network(optimizer=optimizer), kind=kind)
    module = ast.parse(text)
    functions = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert len(functions) == len(WAYS) + 3
    assert "import dlbench" not in text
    assert "from dlbench" not in text
    assert "'/my nets/net.py', 8, 3, 2.0" in text


@pytest.mark.parametrize("loss", ["mse", "mae", "hinge", "binary_crossentropy"])
def test_random_labels_fit_the_loss(loss):
    text = script(network(loss=loss))
    ast.parse(text)
    assert "x = draws.normal(size=(8, 4))" in text
    assert "(8, 3)" in text


def test_data_of_the_file_are_used():
    text = script(network(makes_batch=Made("small_batch", 9)))
    assert "net.small_batch(ROWS)" in text
    assert "y = y.reshape((8,))" in text


def test_variables_of_the_worker_are_set_but_for_folders():
    text = script(network())
    assert "'KERAS_BACKEND': 'torch'" in text
    assert "scratch" not in text


def test_a_network_of_dlbench_has_no_script():
    with pytest.raises(UsageError, match="own file"):
        script(None)


def cases_of(*targets):
    workload = Workload(
        "train_step", {"network": "small", "batch": 8}, Work(0, 0, 8), own=network()
    )
    return [Case(workload, target, "dynamic") for target in targets]


def test_ways_that_differ_in_device_or_threads_are_all_there():
    module = Target("torch", "cpu", "eager", "float32", 1, call="module")
    targets = [module, replace(module, threads=4), replace(module, device="cuda:1")]
    seen = {"cpu": {"SEEN": ""}, "cuda:1": {"SEEN": "the-card"}}
    text = repro.script(cases_of(*targets), TWIN, DECLARED, seen.__getitem__)
    found = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    ways = {name: ast.unparse(node) for name, node in found.items() if name.startswith("torch")}
    assert len(ways) == 3
    assert "set_num_threads(1)" in ways["torch_cpu_eager_float32_t1_module"]
    assert "set_num_threads(4)" in ways["torch_cpu_eager_float32_t4_module"]
    assert "device='cuda'" in ways["torch_cuda_1_eager_float32_t1_module"]
    for target in targets:
        assert f"{target.id!r}: (" in text
    assert text.count("'SEEN': 'the-card'") == 1
    assert text.count("'OMP_NUM_THREADS': '4'") == 1


@pytest.mark.parametrize("name", ['a"""b.py', "a\\N.py", "it's $rows.py"])
def test_any_name_of_a_file_is_written_so_that_python_reads_it(name):
    text = script(network(path=f"/nets/{name}"))
    constants = [one.value for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Constant)]
    assert f"/nets/{name}" in constants


def test_other_types_are_left_out():
    module = Target("torch", "cpu", "eager", "float32", 1, call="module")
    wide = replace(module, dtype="float64")
    text = repro.script(cases_of(module, wide), TWIN, DECLARED, lambda device: {})
    assert module.id in text
    assert wide.id not in text
    with pytest.raises(UsageError, match="float32 alone"):
        repro.script(cases_of(wide), TWIN, DECLARED, lambda device: {})
