"""Devices by name: which are meant, which are there, and why others are not."""

import pytest
from msgspec.structs import replace

from dlbench.errors import UsageError
from dlbench.plan import left_out, targets
from dlbench.plan.targets import first_accelerator, reason_to_skip, targets_for, this_machine
from dlbench.records.case import Case, Group, Target, Work, Workload
from dlbench.records.machine.device import Device
from fakes.machine import ALPHA, BETA, machine

EVERYWHERE = replace(
    BETA,
    devices={"cpu": ("float32",), "cuda": ("float32",), "mps": ("float32",), "xpu": ("float32",)},
)


def on(gpus=0, seen=(), **fields):
    """A machine with so many cards, and with accelerators that the framework counts."""
    counts = dict(seen)
    return machine(
        declarations={"beta": EVERYWHERE},
        installed=frozenset({"beta"}),
        gpus=gpus,
        seen=lambda kind: counts.get(kind, 0),
        **fields,
    )


def devices(here, *words):
    asked = {"mode": ["eager"]} | ({"device": list(words)} if words else {})
    return [target.device for target, _ in targets_for(asked, here)]


@pytest.mark.parametrize(
    ("gpus", "seen", "expected"),
    [
        (0, {}, ["cpu"]),
        (1, {}, ["cpu", "cuda"]),
        (2, {}, ["cpu", "cuda", "cuda:1"]),
        (0, {"mps": 1}, ["cpu", "mps"]),
        (1, {"xpu": 2}, ["cpu", "cuda", "xpu", "xpu:1"]),
    ],
)
def test_all_are_the_cpu_and_every_accelerator(gpus, seen, expected):
    assert devices(on(gpus, seen), "all") == expected


@pytest.mark.parametrize(
    ("gpus", "seen", "expected"),
    [(2, {"xpu": 1}, "cuda"), (0, {"xpu": 1, "mps": 1}, "mps"), (0, {"xpu": 1}, "xpu")],
)
def test_gpu_is_the_first_accelerator(gpus, seen, expected):
    here = on(gpus, seen)
    assert devices(here, "gpu") == [expected]
    assert devices(here, "cpu", "gpu") == ["cpu", expected]
    assert first_accelerator(here) == expected


def test_words_and_names_stand_beside_each_other_once():
    assert devices(on(gpus=2), "gpu,cuda:1", "all") == ["cuda", "cuda:1", "cpu"]


def test_where_there_is_no_gpu_its_absence_is_told():
    here = on()
    [(target, _)] = targets_for({"device": ["gpu"], "mode": ["eager"]}, here)
    assert reason_to_skip(target, here) == "no CUDA GPU found (the driver lists none)"


def test_a_word_that_is_no_device_is_refused_with_all_words():
    with pytest.raises(UsageError) as caught:
        devices(on(), "cudda")
    assert "Allowed: all, gpu, cpu, cuda, cuda:<index>, mps" in str(caught.value)
    assert "Did you mean 'cuda'?" in str(caught.value)


WHICH = "; dlbench list backends says which could"


def target(device):
    return Target("beta", device, "eager", "float32", 1)


@pytest.mark.parametrize(
    ("device", "seen", "why"),
    [
        (("mps", {}, f"there is no device mps: the frameworks see none of its kind{WHICH}")),
        ("xpu:1", {"xpu": 1}, f"there is no device xpu:1: the frameworks see 1 of its kind{WHICH}"),
        ("xpu", {"xpu": 1}, None),
        ("cpu", {}, None),
    ],
)
def test_an_accelerator_that_no_framework_sees_is_skipped(device, seen, why):
    assert reason_to_skip(target(device), on(seen=seen)) == why


def test_frameworks_are_asked_for_no_device_that_the_driver_lists():
    def fail(kind):
        raise AssertionError(kind)

    here = machine(
        declarations={"beta": EVERYWHERE}, installed=frozenset({"beta"}), gpus=1, seen=fail
    )
    assert devices(here) == ["cpu", "cuda"]
    assert devices(here, "gpu") == ["cuda"]
    assert reason_to_skip(target("cuda"), here) is None


def test_a_hidden_card_is_told_with_what_hides_it():
    hidden = "CUDA_VISIBLE_DEVICES='' hides 1 of 1 GPU"
    assert reason_to_skip(target("cuda"), on(hidden=hidden)) == (
        f"there is no device cuda: {hidden}"
    )
    assert reason_to_skip(target("cuda"), on(gpus=1, hidden=hidden)) is None


def test_a_card_that_is_refused_is_skipped_with_the_reason():
    here = on(gpus=2, refused={"cuda:1": "it is in compute mode 'prohibited'"})
    assert reason_to_skip(target("cuda"), here) is None
    assert reason_to_skip(target("cuda:1"), here) == "it is in compute mode 'prohibited'"


def test_this_machine_has_the_cards_that_programs_see(monkeypatch):
    cards = (
        Device("cuda", "GPU-a", "H200", compute_mode="prohibited"),
        Device("", "GPU-b", "T4"),
    )
    monkeypatch.setattr(targets, "devices", lambda: cards)
    monkeypatch.setattr(targets.environment, "gpus", lambda: ("H200",))
    here = this_machine({"alpha": ALPHA})
    assert here.gpus == 1
    assert "hides 1 of 2 GPUs" in here.hidden
    assert list(here.refused) == ["cuda"]
    assert here.seen("mps") == 0


def test_a_kind_on_which_nothing_has_run_is_told_once():
    workload = Workload("matmul", {"m": 8, "n": 8, "k": 8}, Work(1, 1))
    cases = [Case(workload, target(device), "dynamic") for device in ("cpu", "xpu", "xpu:1")]
    skipped = Case(workload, target("mps"), "dynamic", skip="not there")
    [note] = left_out.untried([Group(workload, (*cases, skipped))])
    assert note.startswith("xpu: this has never run on such a device")
