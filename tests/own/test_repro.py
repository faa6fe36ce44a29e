"""The script without dlbench: whole, and for every way that a backend declares."""

import ast

import pytest
from msgspec.structs import replace

from dlbench.errors import UsageError
from dlbench.own import repro
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Case, Target, Work, Workload
from dlbench.records.layers import SGD, Adagrad, Adam, RMSprop
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
    return repro.script(cases, TWIN, DECLARED)


@pytest.mark.parametrize("kind", ["train_step", "predict"])
@pytest.mark.parametrize("optimizer", [SGD(), Adagrad(), RMSprop(), Adam()])
def test_a_script_has_a_function_for_every_way_and_is_python(kind, optimizer):
    text = script(network(optimizer=optimizer), kind=kind)
    module = ast.parse(text)
    functions = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert len(functions) == len(WAYS) + 3
    assert "import dlbench" not in text
    assert "from dlbench" not in text
    assert "'/my nets/net.py', 8, 2" in text


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
