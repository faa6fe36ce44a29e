"""Reading a suite: what may stand in the file, and how every mistake in it is told."""

import os
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from dlbench import registry
from dlbench.errors import UsageError
from dlbench.plan import suite
from dlbench.plan.presets import RIGORS
from dlbench.plan.suite import Entry, Suite
from dlbench.records.layers import LAST_ACTIVATIONS, SGD, Adam, Dense, Dropout
from dlbench.records.network import Network
from dlbench.records.plan import Sampling

MATMUL = '[[workload]]\nkind = "matmul"\nsize = 8\n'
LAST = '{type = "dense", units = 3, activation = "log_softmax"}]'
LAYERS = f'layers = [{{type = "dense", units = 5, activation = "relu"}}, {LAST}'
NETWORK = f"""
[[network]]
name = "mine"
about = "my own"
dataset = "iris"
inputs = [4]
{LAYERS}
loss = "nll"
optimizer = {{type = "sgd", lr = 0.1}}
epochs = 2
batch = 32
"""


@pytest.fixture
def read(tmp_path: Path):
    """Reads a suite of the given text from a file named mine.toml."""

    def from_text(text: str) -> Suite:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return suite.load(str(path))

    return from_text


def complaint_of(read, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_least_suite_has_one_workload_and_the_defaults(read) -> None:
    assert read(MATMUL) == Suite(
        name="mine",
        about="",
        targets={},
        sampling=RIGORS["standard"],
        entries=(Entry(("matmul",), {"size": [8]}),),
    )


def test_a_suite_with_everything(read) -> None:
    found = read(
        """
        about = "all there is"
        [targets]
        backend = "numpy, torch"
        device = ["cpu", "cuda:1"]
        mode = "static"
        dtype = ["float32"]
        threads = [1, "2-8*2"]
        [sampling]
        rigor = "rigorous"
        generations = 2
        renewals = 4
        blocks = 5
        precision = 0.5
        block_s = 1
        warmup_s = 0.5
        case_s = 2.5
        stretch_s = 1.5
        timeout_s = 60
        budget_s = 90
        [[workload]]
        kind = ["forward", "predict"]
        network = ["iris", "mnist-512,iris"]
        batch = [1, "32-128*2", 7]
        [[workload]]
        kind = "matmul"
        size = "256-1024*2"
        m = 1
        n = "2-4"
        k = [5]
        """
    )
    assert found.about == "all there is"
    assert found.targets == {
        "backend": ["numpy", "torch"],
        "device": ["cpu", "cuda:1"],
        "mode": ["static"],
        "dtype": ["float32"],
        "threads": ["1", "2-8*2"],
    }
    assert found.sampling == Sampling(
        "rigorous", 2, 4, 5, 0.5, 1.0, 0.5, 2.5, 1.5, 60.0, 180.0, 90.0
    )
    assert found.entries == (
        Entry(
            ("forward", "predict"),
            {"network": ["iris", "mnist-512"], "batch": [1, 32, 64, 128, 7]},
        ),
        Entry(("matmul",), {"size": [256, 512, 1024], "m": [1], "n": [2, 3, 4], "k": [5]}),
    )


def test_a_suite_may_do_without_renewals(read) -> None:
    assert read(MATMUL).sampling.renewals > 0
    assert read(f"[sampling]\nrenewals = 0\n{MATMUL}").sampling.renewals == 0


def test_kinds_of_one_entry_may_differ_in_their_axes(read) -> None:
    found = read('[[workload]]\nkind = ["matmul", "forward"]\nsize = 8\nbatch = 4\n')
    assert found.entries == (Entry(("matmul", "forward"), {"size": [8], "batch": [4]}),)


def test_a_network_of_ones_own(read) -> None:
    assert read(MATMUL + NETWORK).networks == (
        Network(
            name="mine",
            about="my own",
            dataset="iris",
            inputs=(4,),
            layers=(Dense(5, "relu"), Dense(3, "log_softmax")),
            loss="nll",
            optimizer=SGD(lr=0.1),
            epochs=2,
            batch=32,
        ),
    )


@pytest.mark.parametrize(
    ("dataset", "ends", "wrong"),
    [
        ("abalone", ("mae", [7], 1), ("nll", [7], 1)),
        ("fruit", ("mse", [2], 1), ("mse", [2], 2)),
        (
            "ionosphere",
            ("binary_crossentropy", [34], 1),
            ("sparse_categorical_crossentropy", [34], 2),
        ),
        ("mnist", ("nll", [28, 28], 10), ("nll", [784], 10)),
        ("random", ("hinge", [3, 5], 7), None),
    ],
)
def test_the_ends_of_a_network_must_fit_its_data(read, dataset: str, ends, wrong) -> None:
    def text(loss: str, inputs: list[int], units: int) -> str:
        end = LAST_ACTIVATIONS.get(loss, ("linear",))[0]
        last = f'{{type = "dense", units = {units}, activation = "{end}"}}'
        layers = f'layers = [{{type = "flatten"}}, {last}]'
        head = f'[[network]]\nname = "own"\ndataset = "{dataset}"\n'
        return f'{MATMUL}{head}loss = "{loss}"\ninputs = {inputs}\n{layers}'

    (network,) = read(text(*ends)).networks
    assert (network.loss, list(network.inputs)) == ends[:2]
    if wrong:
        assert f" for data set {dataset}" in complaint_of(read, text(*wrong))


def test_a_network_of_ones_own_needs_little(read) -> None:
    (network,) = read(
        f"""{MATMUL}
        [[network]]
        name = "least"
        inputs = [10]
        layers = [{{type = "dense", units = 2}}]
        loss = "mse"
        """
    ).networks
    assert (network.dataset, network.batch, network.epochs) == ("random", 32, 1)


def test_every_kind_of_layer_and_optimizer_can_be_written(read) -> None:
    layers = """layers = [
        {type = "flatten"}, {type = "dropout", rate = 0.5}, {type = "batchnorm", momentum = 0.9},
        {type = "dense", units = 2, initializer = "he_normal", l2 = 0.001},
        {type = "dropconnect", units = 3, rate = 0.5, activation = "log_softmax"}]
    """
    lines = NETWORK.splitlines()
    kept = "\n".join(line for line in lines if not line.startswith(("layers", "optimizer")))
    (network,) = read(f"{MATMUL}{kept}\noptimizer = {{type='adam'}}\n{layers}").networks
    assert [type(layer).__name__ for layer in network.layers] == [
        "Flatten",
        "Dropout",
        "BatchNorm",
        "Dense",
        "DropConnect",
    ]
    assert network.layers[1] == Dropout(0.5)
    assert network.optimizer == Adam()


def test_a_name_is_a_suite_of_the_catalogue_and_a_path_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "quick.toml").write_text(MATMUL)
    assert suite.load("quick").about
    assert not suite.load(str(tmp_path / "quick.toml")).about


@pytest.mark.parametrize("name", ["quik", "", "suites/quick", "quick.tml", "/tmp"])
def test_an_unknown_name_is_told_with_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match=f"unknown suite or workload: '{name}'") as caught:
        suite.load(name)
    known = (*registry.names("suites", ".toml"), *registry.names("workloads"))
    assert all(name in str(caught.value) for name in known)


@pytest.mark.parametrize(
    ("slip", "meant"), [("quik", "quick"), ("train-step", "train_step"), ("Lecture", "lecture")]
)
def test_a_slip_is_answered_with_what_is_probably_meant(slip: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"Did you mean '{meant}'"):
        suite.load(slip)


NO_SUITES = sorted({*registry.names("workloads")} - {*registry.names("suites", ".toml")})


@pytest.mark.parametrize("kind", NO_SUITES)
def test_a_workload_is_a_suite_of_one(kind: str) -> None:
    found = suite.load(kind)
    assert (found.name, found.entries) == (kind, (suite.Entry((kind,), {}),))
    assert found.about == registry.about("workloads", kind)
    assert (found.targets, found.sampling.rigor) == ({}, "standard")


def test_a_suite_goes_before_the_workload_of_its_name() -> None:
    assert suite.load("matmul").entries[0].axes == {"size": [64, 128, 256, 512, 1024, 2048, 4096]}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    for path, why in (
        (tmp_path / "none.toml", "No such file or directory"),
        (folder, "Is a directory"),
        (tmp_path / "none" / "none.toml", "No such file or directory"),
    ):
        with pytest.raises(UsageError, match=rf"cannot read the suite \({why}\): '{path}'"):
            suite.load(str(path))


@pytest.mark.parametrize(
    "content",
    [b"kind = ", b"[[workload]\n", b"a = 1\na = 2\n", b"kind = matmul\n", b"\xff\xfe", b"{}"],
)
def test_files_that_are_no_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=f"{path} is not valid TOML: "):
        suite.load(str(path))


# Words of msgspec, JSON and Python.
MACHINE_WORDS = r"\b(null|None|array|object|Expected|got|int|float|str|bool|dict|True|False)\b"
ALL_FIELDS = "about, targets, sampling, workload, network"
OR_A_LIST = "a whole number, or a list"
TARGETS = "backend, device, mode, dtype, threads"
SAMPLING = (
    "rigor, generations, renewals, blocks, precision, block_s, warmup_s, case_s, stretch_s, "
    "timeout_s, compile_limit_s, budget_s, memory_limit_gib"
)
KINDS = "backward, epoch, floor, forward, matmul, predict, retrace, train_step"
FIRST = "[[workload]] 1"
NOT_POSITIVE = "a positive whole number or a range"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["there is no [[workload]]", "Add one with a kind"]),
        ("workload = []", ["there is no [[workload]]"]),
        (
            "color = 1",
            ["mine.toml: unknown field 'color'", ALL_FIELDS],
        ),
        ("about = 1", ["about is 1 and must be a text"]),
        ("targets = 'cpu'", ["targets is 'cpu'", "written [targets]"]),
        ("[[targets]]\ndevice = 'cpu'", ["targets is [{", "written [targets]"]),
        (
            "[targets]\ndevices = 'cpu'",
            ["[targets]: unknown field 'devices'", TARGETS, "mean 'device'?"],
        ),
        ("[targets]\ndevice = true", ["[targets]: device is true", "a name or a whole number"]),
        ("[targets]\nthreads = 1.5", ["[targets]: threads is 1.5", "a name or a whole number"]),
        ("[targets]\nbackend = []", ["[targets]: backend is []", "at least one"]),
        ("[targets]\nbackend = ''", ["[targets]: backend is ''", "at least one"]),
        ("[targets]\nbackend = ','", ["[targets]: backend is ','", "at least one"]),
        ("[targets]\nbackend = ['']", ["[targets]: backend is ['']", "at least one"]),
        ("[targets]\nthreads = [0]", ["[targets]: threads 0: a positive whole number"]),
        ("sampling = 3", ["sampling is 3", "written [sampling]"]),
        ("[sampling]\nblock = 3", ["[sampling]: unknown field 'block'", SAMPLING]),
        ("[sampling]\nblock = 3", ["Did you mean 'blocks'?"]),
        ("[sampling]\nrigor = 3", ["[sampling]: rigor is 3 and must be one of quick, "]),
        ("[sampling]\nrigor = 'most'", ["[sampling]: unknown rigor 'most'. Allowed: quick, "]),
        *(
            (f"[sampling]\nblocks = {wrong}", [f"blocks is {wrong} and must be a whole number"])
            for wrong in ("0", "-1", "1.5", "'3'", "true", "[3]", "10000000")
        ),
        *(
            (f"[sampling]\nrenewals = {wrong}", ["renewals is ", "a whole number from 0 on"])
            for wrong in ("-1", "0.0", "1.5", "'3'", "false", "nan")
        ),
        *(
            (f"[sampling]\nblock_s = {wrong}", ["block_s is ", "above 0"])
            for wrong in ("0", "0.0", "-0.1", "'1'", "true", "nan", "2026-01-01")
        ),
        ("[sampling]\nblock_s = inf", ["block_s is inf and must be at most 1,000,000"]),
        ("[workload]\nkind = 'matmul'", ["workload is {", "each written [[workload]]"]),
        ("workload = [1]", ["workload is [1] ", "each written [[workload]]"]),
        ("[[workload]]\nsize = 8", [f"{FIRST}: kind is missing", KINDS]),
        ("[[workload]]\nkin = 'matmul'", [f"{FIRST}: unknown field 'kin'", "mean 'kind'?"]),
        ("[[workload]]\nsiz = 8", [f"{FIRST}: unknown field 'siz'", "Did you mean 'size'?"]),
        ("[[workload]]\nkind = []", [f"{FIRST}: kind is []", "at least one"]),
        ("[[workload]]\nkind = 3.0", [f"{FIRST}: kind is 3.0", "a name or a whole number"]),
        ("[[workload]]\nkind = 'matmull'", [FIRST, "'matmull'", KINDS]),
        ("[[workload]]\nkind = ['matmul', 'x']", [FIRST, "'x'", KINDS]),
        (
            "[[workload]]\nkind = 'matmul'\nbatch = 3",
            [f"{FIRST}: unknown field 'batch'. Allowed: kind, size, m, n, k."],
        ),
        (
            "[[workload]]\nkind = 'forward'\nsize = 3",
            [f"{FIRST}: unknown field 'size'. Allowed: kind, network, batch."],
        ),
        *(
            (f"[[workload]]\nkind = 'matmul'\nsize = {wrong}", [f"{FIRST}: size ", NOT_POSITIVE])
            for wrong in ("0", "-8", "'abc'", "'1.5'", "[8, 0]", "'256+4096*2'")
        ),
        *(
            (
                f"[[workload]]\nkind = 'matmul'\nsize = {wrong}",
                [f"{FIRST}: size is ", OR_A_LIST],
            )
            for wrong in ("true", "8.0", "[8, false]", "[[8]]", "{a = 1}", "12:00:00")
        ),
        (
            "[[workload]]\nkind = 'matmul'\nsize = '8-4'",
            ["size 8-4: the second number must be"],
        ),
        ("[[workload]]\nkind = 'matmul'\nsize = 123456789", ["size 123456789: at most 7 digits"]),
        ("[[workload]]\nkind = 'matmul'\nsize = []", [f"{FIRST}: size is []", "at least one"]),
        ("[[workload]]\nkind = 'forward'\nnetwork = 1.5", [f"{FIRST}: network is 1.5", "a name"]),
        (f"{MATMUL}[[workload]]\nkind = 'x'", ["[[workload]] 2", "'x'", KINDS]),
    ],
)
def test_every_mistake_is_told_with_file_key_value_and_what_is_allowed(read, text, parts) -> None:
    whole = text if "workload" in text or not text else f"{text}\n{MATMUL}"
    message = complaint_of(read, whole)
    assert message.startswith("mine.toml")
    assert not {"$", "`"} & set(message)
    assert not re.search(MACHINE_WORDS, message), message
    assert [part for part in parts if part not in message] == [], message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'type = "dense", units = 5',
            'type = "conv3d", units = 5',
            (
                "layer 1: unknown type 'conv3d'. "
                "Allowed: dense, dropconnect, flatten, dropout, batchnorm, "
            ),
        ),
        ('type = "dense", units = 3', "units = 3", "layer 2: type is missing. Allowed: dense, "),
        ('type = "dense", units = 3', 'typ = "dense", units = 3', "layer 2: unknown field 'typ'."),
        ('type = "dense", units = 3', 'typ = "dense", units = 3', "Did you mean 'type'?"),
        ("relu", "gelu", "layer 1: unknown activation 'gelu'. Allowed: linear, "),
        (
            'activation = "relu"',
            'initializer = "zeros"',
            "layer 1: unknown initializer 'zeros'. Allowed: glorot_uniform, he_normal.",
        ),
        ("units = 5, ", "", "layer 1: units is missing."),
        (
            "units = 5",
            "units = 5, width = 5",
            "layer 1: unknown field 'width'. Allowed for dense: units, activation, initializer",
        ),
        *(
            (
                "units = 5",
                f"units = {wrong}",
                f"layer 1: units is {wrong} and must be a whole number from 1 on.",
            )
            for wrong in ("0", "-10", "'5'", "5.5", "true")
        ),
        *(
            (
                '{type = "dense", units = 5',
                f'{{type = "dropout", rate = {wrong}',
                f"layer 1: rate is {wrong} and must be from 0 to below 1.",
            )
            for wrong in ("3", "-1", "1.0")
        ),
        ("[{type", "[3, {type", 'layer 1: it is 3 and must be a table, such as { type = "..." }.'),
        (LAYERS, "layers = 3", "layers is 3 and must be a list."),
        ('"nll"', '"mes"', "unknown loss 'mes'. Allowed: "),
        ('"nll"', '"mes"', "Did you mean 'mse'?"),
        (
            'type = "sgd"',
            'type = "sdg"',
            (
                "optimizer: unknown type 'sdg'. Allowed: sgd, adagrad, rmsprop, adam, adamw. "
                "Did you mean 'sgd'?"
            ),
        ),
        (
            'type = "sgd", lr',
            'type = "adam", learning_rate',
            (
                "optimizer: unknown field 'learning_rate'. "
                "Allowed for adam: lr, beta1, beta2, epsilon."
            ),
        ),
        ("lr = 0.1", "lr = -0.1", "optimizer: lr is -0.1 and must be above 0."),
        ("lr = 0.1", "lr = nan", "optimizer: lr is nan and must be above 0."),
        ("lr = 0.1", "lr = 'x'", "optimizer: lr is 'x' and must be a number above 0."),
        (
            'optimizer = {type = "sgd", lr = 0.1}',
            'optimizer = "sgd"',
            "optimizer is 'sgd' and must be a table, such as { type = \"...\" }.",
        ),
        ('loss = "nll"', "", "loss is missing."),
        ("batch = 32", "batch = 0", "batch is 0 and must be a whole number from 1 on."),
        (
            "batch = 32",
            "batch = 10000000",
            "batch is 10000000 and must be a whole number of at most 1,000,000.",
        ),
        ("batch = 32", "batch = 32\nbath = 1", "unknown field 'bath'. Allowed: name, inputs, "),
        ('about = "my own"', "about = 1", "about is 1 and must be a text."),
        (
            '"iris"',
            '"irsi"',
            (
                "unknown dataset: 'irsi'. Allowed: abalone, fruit, ionosphere, iris, marker, "
                "mnist, random. Did you mean 'iris'?"
            ),
        ),
        ('"iris"', '"mnits"', "unknown dataset: 'mnits'."),
        ('"iris"', '"mnits"', "Did you mean 'mnist'?"),
        ("inputs = [4]", "inputs = [5]", "inputs is [5] and must be [4] for data set iris."),
        ("inputs = [4]", "inputs = []", "inputs is [] and must be a list of at least one value."),
        ("inputs = [4]", "inputs = 4", "inputs is 4 and must be a list of at least one value."),
        ("inputs = [4]", "inputs = [0]", "inputs is 0 and must be a whole number from 1 on."),
        (
            '"nll"',
            '"mse"',
            "loss is mse and must be sparse_categorical_crossentropy or nll for data set iris.",
        ),
        ("units = 3", "units = 4", "the last layer's units is 4 and must be 3 for data set iris."),
        (LAST, '{type = "dropout", rate = 0.2}]', "the last layer must be dense or dropconnect."),
        (LAYERS, "layers = []", "the last layer must be dense or dropconnect."),
        (
            '"log_softmax"',
            '"relu"',
            "the last layer's activation is relu and must be log_softmax for the loss nll.",
        ),
    ],
)
def test_every_mistake_in_a_network_is_told_with_its_place(read, old, new, message) -> None:
    assert old in NETWORK
    found = complaint_of(read, MATMUL + NETWORK.replace(old, new))
    assert found.startswith('mine.toml, network "mine"')
    assert message in found
    assert not {"$", "`"} & set(found)
    assert not re.search(MACHINE_WORDS, found), found


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "mine.toml, network 1: name is missing."),
        ('name = "iris"', 'mine.toml, network "iris": another network has this name.'),
        (
            'name = "my net"',
            (
                "mine.toml, network \"my net\": name is 'my net' and must be a name of letters, "
                "digits, '_', '.' and '-'."
            ),
        ),
    ],
)
def test_a_wrong_name_of_a_network_is_told(read, name: str, message: str) -> None:
    assert complaint_of(read, MATMUL + NETWORK.replace('name = "mine"', name)) == message


def test_inputs_of_several_dimensions_must_be_flattened_first(read) -> None:
    text = MATMUL + NETWORK.replace('"iris"', '"random"').replace("[4]", "[28, 28]")
    assert read(text.replace("layers = [", 'layers = [{type = "flatten"}, ')).networks
    assert complaint_of(read, text) == (
        'mine.toml, network "mine": layer 1, dense, gets 28 x 28 and takes one row of values; put '
        "flatten before it."
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("kernel = 0", "layer 1: kernel is 0 and must be a whole number from 1 on, or two of them"),
        ("kernel = [3, 0]", "layer 1: kernel is 0 and must be a whole number from 1 on."),
        ("kernel = [3]", "kernel is [3] and must be a whole number from 1 on, or two of them"),
        ("kernel = 'x'", "kernel is 'x' and must be a whole number from 1 on, or two of them"),
        ("kernel = 3, use_bias = 1", "use_bias is 1 and must be true or false."),
        ("kernel = 3, padding = 'sane'", "unknown padding 'sane'. Allowed: same, valid. Did you"),
        ("kernal = 3", "layer 1: unknown field 'kernal'. Allowed for conv2d: filters, kernel"),
    ],
)
def test_every_mistake_in_a_convolution_is_told_with_its_place(read, written, message) -> None:
    layer = f"{{type = 'conv2d', filters = 8, {written}}}"
    assert message in complaint_of(
        read, MATMUL + NETWORK.replace("layers = [", f"layers = [{layer}, ")
    )


@pytest.mark.parametrize(
    ("inputs", "first", "message"),
    [
        (
            "[784]",
            '{type = "conv2d", filters = 8, kernel = 3}',
            "layer 1, conv2d, gets 784 and takes",
        ),
        ("[2, 28]", '{type = "maxpool2d", pool = 3}', "has windows of 3 x 3: make them smaller"),
        ("[28, 28]", '{type = "conv2d", filters = 8, kernel = 3}', "dense, gets 26 x 26 x 8"),
        ("[4]", '{type = "lstm", units = 8}', "gets 4 and takes a sequence of [steps, values]"),
        (
            "[4]",
            '{type = "dropout", rate = 0.1}, {type = "embedding", vocabulary = 9, units = 2}',
            "layer 2, embedding, must be the first layer",
        ),
    ],
)
def test_a_layer_must_be_able_to_take_what_comes_before_it(read, inputs, first, message) -> None:
    text = MATMUL + NETWORK.replace('"iris"', '"random"').replace("[4]", inputs)
    assert message in complaint_of(read, text.replace("layers = [", f"layers = [{first}, "))


def test_two_networks_of_the_same_name_are_refused(read) -> None:
    message = complaint_of(read, MATMUL + NETWORK + NETWORK)
    assert message == 'mine.toml, network "mine": another network has this name.'


def test_a_suite_replaces_what_its_rigor_says(read) -> None:
    found = read(f"[sampling]\nrigor = 'quick'\nblocks = 7\n{MATMUL}").sampling
    assert found == replace(RIGORS["quick"], blocks=7)


# --- files of strangers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{MATMUL}blocks = {'1' * 5000}", "is not valid TOML: Exceeds the limit"),
        (f"{MATMUL}[sampling]\nblocks = 0x{'f' * 6000}", "a number is too large"),
        (f"{MATMUL}[sampling]\nblocks = {2**63}", "a number is too large"),
        (f"{MATMUL}[x]\ny = [{{ z = [{10**30}] }}]", "a number is too large"),
        (f"{'.'.join('a' * 50_000)} = 1", "line 1 has too many dots: 49999"),
        (f"[{'.'.join('a' * 50_000)}]", "line 1 has too many dots"),
        (f"x = {{ {'.'.join('a' * 200)} = 1 }}", "line 1 has too many dots"),
        (f"x = {'[' * 10_000}", "is not valid TOML"),
        ("#" * 2**20 + "\n", "more than 1,048,576"),
    ],
    ids=["digits", "hex", "64 bits", "deep", "key", "table", "inline", "brackets", "size"],
)
def test_a_file_that_would_take_all_memory_is_refused(tmp_path: Path, text: str, message) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        suite.read(path)
    assert len(str(caught.value)) < 500


def test_a_pipe_is_no_suite(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mine.toml")
    with pytest.raises(UsageError, match="no regular file"):
        suite.read(tmp_path / "mine.toml")


def test_dots_in_a_comment_and_the_largest_number_are_fine(read) -> None:
    dots = "." * 500
    assert read(f"# {dots}\n  # {dots}\nabout = 'a. b. c.'\n{MATMUL}").about == "a. b. c."


def test_the_lines_of_windows_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(MATMUL.replace("\n", "\r\n").encode())
    assert suite.read(path).entries


def test_a_file_name_that_is_no_text_becomes_text(tmp_path: Path) -> None:
    path = tmp_path / "mine\udcff.toml"
    path.write_text(MATMUL)
    assert suite.read(path).name == "mine\N{REPLACEMENT CHARACTER}"


def test_a_file_of_python_is_a_suite_of_its_networks_and_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("1 / 0\nloss = 'mse'\ndef torch_model(): pass\ndef a_keras_model(): pass\n")
    found = suite.load(str(path))
    assert found.name == "net"
    assert [own.name for own in found.own] == ["net", "a"]
    assert found.entries == (Entry(("train_step", "predict"), {"network": ["net", "a"]}),)


def test_a_file_without_a_network_names_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("x = 1\n")
    with pytest.raises(UsageError, match=r"jax_model.*torch_model.*own-networks\.md"):
        suite.load(str(path))
