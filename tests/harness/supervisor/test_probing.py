"""Frameworks are asked in a process of their own, on workers that follow a script."""

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor import probing
from dlbench.records.framework import FrameworkFacts
from fakes.machine import ALPHA, BETA

SAID = FrameworkFacts("2.0", cuda="13.0", gpus=("Accel 9",))


class Scripted:
    """A worker that gives one answer, or interrupts in its place."""

    def __init__(self, answer):
        self.answer, self.told, self.closed = answer, [], 0
        self.variables = None

    def start(self, variables):
        self.variables = variables
        return self

    def tell(self, order):
        self.told.append(order)

    def hear(self, timeout_s):
        self.timeout_s = timeout_s
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def close(self):
        self.closed += 1


def ask(worker):
    return probing.ask("beta", BETA, threads=3, start=worker.start)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (wire.Probed(SAID), SAID),
        (wire.Failed("failed", "ImportError: no libcuda"), "ImportError: no libcuda"),
        (wire.Failed("timed_out", "no answer within 60 s"), "no answer within 60 s"),
        (wire.Ready(), "its answer is not understood"),
    ],
)
def test_the_answer_or_the_reason_without_one(answer, said):
    worker = Scripted(answer)
    assert ask(worker) == said
    assert worker.told == [wire.Probe("beta")]
    assert worker.timeout_s == probing.LONGEST_S
    assert worker.closed == 1


def test_it_is_asked_with_the_environment_of_its_cases():
    worker = Scripted(wire.Probed(SAID))
    ask(worker)
    assert worker.variables == {"BETA_THREADS": "3"}


def test_the_process_ends_with_an_interrupt():
    worker = Scripted(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        ask(worker)
    assert worker.closed == 1


def test_a_real_process_answers():
    found = probing.ask("numpy", SimpleNamespace(variables=lambda *_: {}), threads=1)
    assert isinstance(found, FrameworkFacts)
    assert found.version
    assert found.gpus == ()


KINDS = {"beta": replace(BETA, devices={"cpu": ("float32",), "mps": ("float32",)}), "alpha": ALPHA}


def counting(answers, may_have=lambda kind: True):
    """What counts the accelerators, and the backends that it asked."""
    asked = []
    count = probing.seen_by(KINDS, lambda name: asked.append(name) or answers[name], may_have)
    return count, asked


def test_accelerators_are_counted_by_the_frameworks_that_can_use_them():
    count, asked = counting({"beta": FrameworkFacts("2.0", devices={"mps": 1})})
    assert count("mps") == 1
    assert count("xpu") == 0
    assert count("mps") == 1
    assert asked == ["beta"], "it is asked once"


def test_where_there_can_be_none_no_framework_is_started():
    count, asked = counting({}, may_have=lambda kind: False)
    assert count("mps") == 0
    assert asked == []


def test_a_framework_that_does_not_answer_sees_none():
    count, _ = counting({"beta": "ImportError: no such library"})
    assert count("mps") == 0


def test_a_framework_that_is_not_installed_is_not_started(monkeypatch):
    monkeypatch.setattr(probing, "ask", lambda *words, **options: pytest.fail("it was started"))
    assert probing.seen_by(KINDS, may_have=lambda kind: True)("mps") == 0
