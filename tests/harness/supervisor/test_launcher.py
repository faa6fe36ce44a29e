"""How the worker of a target is started, and which compiled code it finds."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from dlbench.harness import fork_server, wire
from dlbench.harness.supervisor import launcher
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Target

TARGET = Target("numpy", "cuda:1", "eager", "float32", 3)
VARIABLES = {"OMP_NUM_THREADS": "{threads}", "CACHE": "{scratch}/cache:{scratch}", "LOGS": "0"}


@pytest.fixture
def launched(monkeypatch):
    """What worker processes are started with."""
    found = []
    monkeypatch.setattr(launcher, "WorkerProcess", lambda *words: found.append(words[:2]))
    return found


@pytest.fixture
def launch(launched, tmp_path):
    declared = read_declarations()["numpy"]
    modes = {"eager": "dynamic", "compile": "static"}
    told = replace(declared, environment=VARIABLES, modes=modes)
    with Launcher({"numpy": told}, tmp_path, renews=True) as launch:
        yield launch


def scratch_of(launch, slot=None, *, warm=False, **target):
    _, order = launch(replace(TARGET, **target), slot, warm=warm)
    return Path(order.scratch)


def test_a_worker_gets_the_environment_that_its_backend_declares(launch, launched, tmp_path):
    _, order = launch(TARGET)
    scratch = order.scratch
    assert order == wire.Start(TARGET, scratch, "dynamic")
    variables = {"OMP_NUM_THREADS": "3", "CACHE": f"{scratch}/cache:{scratch}", "LOGS": "0"}
    assert launched == [(variables, tmp_path / "numpy-cuda1-eager-float32-t3.log")]


def test_a_worker_is_told_whether_its_mode_is_static(launch):
    _, order = launch(replace(TARGET, mode="compile"))
    assert order.mode_kind == "static"


def test_a_cold_start_finds_nothing(launch):
    first = scratch_of(launch, "slot")
    (first / "kernel.so").touch()
    second = scratch_of(launch, "slot")
    assert list(second.iterdir()) == []
    assert not first.exists(), "nobody needs it any more"


def test_a_warm_start_finds_what_the_last_in_the_seat_has_left(launch):
    first = scratch_of(launch, "slot")
    (first / "kernel.so").touch()
    assert scratch_of(launch, "other", warm=True) != first
    assert scratch_of(launch, "slot", warm=True) == first
    assert (first / "kernel.so").exists()


def test_a_warm_start_without_a_predecessor_is_a_cold_one(launch):
    assert list(scratch_of(launch, "slot", warm=True).iterdir()) == []


def test_in_the_end_nothing_is_left(launched, tmp_path):
    with Launcher(read_declarations(), tmp_path) as launch:
        scratches = [scratch_of(launch, slot) for slot in "ab"]
        assert all(scratch.exists() for scratch in scratches)
    assert not any(scratch.exists() for scratch in scratches)


def test_who_will_not_be_renewed_makes_no_copies(launch):
    launch.renews = False
    launch.declarations = {"numpy": replace(launch.declarations["numpy"], fork_safe=True)}
    _, order = launch(replace(TARGET, device="cpu"))
    assert not order.renewable


@pytest.mark.parametrize(
    ("target", "forks", "expected"),
    [
        ({"device": "cpu"}, True, True),
        ({"device": "cpu"}, False, False),
        ({"device": "cpu", "mode": "compile"}, True, False),
        ({"device": "cuda:1"}, True, False),
    ],
    ids=["can be", "backend cannot", "compiles", "drives a GPU"],
)
def test_who_can_be_renewed(launch, target, forks, expected):
    launch.declarations = {"numpy": replace(launch.declarations["numpy"], fork_safe=forks)}
    _, order = launch(replace(TARGET, **target))
    assert order.renewable is (expected and fork_server.available())


def test_where_no_copies_can_be_made_nobody_can_be_renewed(launch, monkeypatch):
    monkeypatch.setattr(fork_server, "available", lambda: False)
    _, order = launch(replace(TARGET, device="cpu"))
    assert not order.renewable


CARDS = {"cuda": "GPU-a", "cuda:1": "GPU-b"}


@pytest.fixture
def with_cards(launch):
    launch.card_of = lambda device: CARDS.get(device, "")
    return launch


@pytest.mark.parametrize("device", CARDS)
def test_a_worker_sees_its_card_alone_under_the_first_number(with_cards, launched, device):
    _, order = with_cards(replace(TARGET, device=device))
    [(variables, log)] = launched
    assert variables["CUDA_VISIBLE_DEVICES"] == order.card == CARDS[device]
    assert order.target == replace(TARGET, device="cuda")
    assert device.replace(":", "") in log.name, "the log is named by the device of the run"


def test_a_worker_of_the_cpu_sees_no_card(with_cards, launched):
    _, order = with_cards(replace(TARGET, device="cpu"))
    [(variables, _)] = launched
    assert variables["CUDA_VISIBLE_DEVICES"] == order.card == ""
    assert order.target.device == "cpu"


def test_where_the_card_is_not_known_a_worker_sees_what_the_user_sees(with_cards, launched):
    _, order = with_cards(replace(TARGET, device="cuda:2"))
    [(variables, _)] = launched
    assert "CUDA_VISIBLE_DEVICES" not in variables
    assert (order.target.device, order.card) == ("cuda:2", "")
