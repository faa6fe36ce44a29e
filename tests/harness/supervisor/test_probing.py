"""Frameworks are asked in a process of their own, on workers that follow a script."""

from types import SimpleNamespace

import pytest

from dlbench.harness import wire
from dlbench.harness.supervisor import probing
from dlbench.records.framework import FrameworkFacts
from fakes.machine import BETA

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
