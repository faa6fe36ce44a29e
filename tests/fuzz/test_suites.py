"""Suite files and networks of one's own: a plan, or a sentence about the mistake."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st

from dlbench import registry
from dlbench.plan import build, suite
from dlbench.plan.request import Request
from dlbench.plan.suite import _Rules
from dlbench.plan.targets import read_declarations
from dlbench.records.network import Network
from fakes import odd
from fakes.inputs import inputs, unless_refused
from fakes.machine import machine
from fakes.terminal import dlbench

KINDS = registry.names("workloads")
WORDS = st.one_of(
    st.sampled_from(["numpy", "torch", "eager", "static", "cpu", "float32", "iris", "fruit-2-1"]),
    st.sampled_from(["8", "1-3", "2-8*2", 4, 16, "bare", "all", "none", "fit", "mine"]),
    odd.TEXTS,
)
AXES = ("size", "batch", "network", "loop", "call", "callbacks", "pass", "shapes")
NETWORK = odd.of(Network)
FILE = st.fixed_dictionaries(
    {
        "workload": st.lists(
            st.fixed_dictionaries(
                {"kind": st.one_of(st.sampled_from(KINDS), odd.TEXTS)},
                optional={axis: st.one_of(WORDS, st.lists(WORDS, max_size=2)) for axis in AXES},
            ),
            min_size=1,
            max_size=2,
        )
    },
    optional={
        "about": odd.TEXTS,
        "targets": st.fixed_dictionaries(
            {}, optional={axis: st.lists(WORDS, max_size=2) for axis in suite.TARGET_AXES}
        ),
        "sampling": odd.of(_Rules),
        "network": st.lists(NETWORK, max_size=2),
    },
)
PLAIN = {
    "about": "mine",
    "targets": {"backend": ["numpy", "torch"], "mode": "eager", "threads": [1, 2]},
    "sampling": {"rigor": "quick", "blocks": 3, "block_s": 0.01},
    "workload": [
        {"kind": "matmul", "size": [8, "16-64*2"]},
        {"kind": "train_step", "network": "mine", "batch": [3, 4]},
    ],
    "network": [
        {
            "name": "mine",
            "inputs": [4],
            "dataset": "iris",
            "loss": "sparse_categorical_crossentropy",
            "optimizer": {"type": "adam", "lr": 0.01},
            "layers": [
                {"type": "dense", "units": 8, "activation": "relu"},
                {"type": "dropout", "rate": 0.5},
                {"type": "dense", "units": 3},
            ],
        }
    ],
}
MACHINE = machine(declarations=read_declarations(), installed=frozenset(registry.names("backends")))


def plan(content: bytes) -> int:
    """Read a file and plan it; the number of cases, 0 if it is refused in words."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "suite.toml"
        path.write_bytes(content)
        asked = Request(suite=str(path))
        made = unless_refused(lambda: build.make(suite.load(asked.suite), asked, MACHINE))
        return len(made.cases) if made else 0


def test_the_plain_one_is_planned() -> None:
    assert plan(odd.as_toml(PLAIN).encode()) == 4 * (4 + 2)


@inputs(250)
@given(FILE)
def test_a_suite_of_the_right_shape(file) -> None:
    plan(odd.as_toml(file).encode())


@inputs(250)
@given(odd.with_mistakes(PLAIN))
def test_a_suite_with_mistakes(file) -> None:
    plan(odd.as_toml(file if isinstance(file, dict) else {"file": file}).encode())


@inputs(150)
@given(odd.torn(odd.as_toml(PLAIN).encode()))
@example(b"\xff")
@example(b"a = " + b"[" * 2_000)
def test_a_suite_that_is_torn(content) -> None:
    plan(content)


@inputs(100)
@given(NETWORK, odd.with_mistakes(PLAIN["network"][0]))
def test_networks(drawn, wrong) -> None:
    """One of the right shape beside one with mistakes."""
    several = [one for one in (drawn, wrong) if isinstance(one, dict)]
    plan(odd.as_toml({**PLAIN, "network": several}).encode())


@inputs(50)
@given(file=odd.with_mistakes(PLAIN))
def test_what_is_said_of_it_is_text(file, inner, known_machine) -> None:
    """The whole command: its exit code, and no command for the terminal."""
    (inner / "suite.toml").write_text(odd.as_toml(file if isinstance(file, dict) else {}), "utf-8")
    answer = dlbench("run", "suite.toml", "--dry-run")
    assert answer.code in {0, 2}
    assert bool(answer.err) or answer.code == 0
    assert odd.control_characters(answer.out + answer.err) == set()
