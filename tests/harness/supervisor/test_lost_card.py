"""A card that is lost in mid-run: its cases end, what was measured stays, and the rest goes on."""

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.run import Supervisor
from dlbench.machine.gpu.readings import CardLost
from dlbench.records.case import Group
from dlbench.records.measurement import Measurement
from fakes.story import CRASH, HANGS, RAISES, case, plan, short
from fakes.workers import Dies, Stable

LOST = "cuda was lost: its driver does not find card GPU-1 any more"
DEVICES = {"torch": "cuda", "jax": "cuda", "numpy": "cpu", "tensorflow": "cuda:1"}
ROWS = (1, 2)


def on_card(size, backend):
    one = case(size, backend)
    return replace(one, target=replace(one.target, device=DEVICES[backend]))


def row(size, *backends):
    return Group(case(size, "any").workload, tuple(on_card(size, one) for one in backends))


class Run:
    """Rows of all backends, on workers that follow a script; the card of `cuda` may get lost."""

    def __init__(self, script, *, is_lost=True, generations=1, backends=tuple(DEVICES)):
        self.stable, self.asked = Stable(script), []
        made = plan(*(row(size, *backends) for size in ROWS), generations=generations)
        self.supervisor = Supervisor(made, self.stable.launch, self.stable.clock.seconds)
        self.supervisor.state.losses.loss_of = self.loss_of
        self.is_lost = is_lost
        events = list(self.supervisor.measure())
        self.measurements = [one for one in events if isinstance(one, Measurement)]

    def loss_of(self, device):
        self.asked.append(device)
        return LOST if self.is_lost and device == "cuda" else ""

    def of(self, size, backend):
        [found] = [one for one in self.measurements if one.case == on_card(size, backend).id]
        return found

    def outcomes(self):
        return {short(one.case): one.status for one in self.measurements}


@pytest.mark.parametrize("answer", [RAISES, CRASH, HANGS], ids=["raises", "dies", "hangs"])
@pytest.mark.parametrize("order", ["prepare", "check", "warm_up", "sustain", "turn"])
def test_the_cases_of_a_lost_card_end_and_those_of_others_go_on(order, answer):
    run = Run({"torch": {order: [answer]}})
    assert run.of(1, "torch").reason.endswith(f"; {LOST}")
    assert run.of(1, "torch").status in {"failed", "timed_out"}
    assert (run.of(1, "jax").status, run.of(1, "jax").reason) == ("failed", LOST)
    for backend in ("torch", "jax"):
        second = run.of(2, backend)
        assert (second.status, second.reason) == ("skipped", f"skipped, because {LOST}")
    for backend in ("numpy", "tensorflow"):
        assert [run.of(size, backend).status for size in ROWS] == ["ok", "ok"]


def test_what_was_measured_before_stays():
    run = Run({"torch": {"turn": [None, RAISES]}})
    assert len(run.of(1, "torch").samples) == 1
    assert len(run.of(1, "jax").samples) in {1, 2}
    assert [len(run.of(size, "numpy").samples) for size in ROWS] == [2, 2]


def test_no_order_goes_to_a_lost_card():
    run = Run({"torch": {"turn": [RAISES]}})
    of_jax = [entry for entry in run.stable.journal if entry.startswith("jax: ")]
    assert of_jax[-1] == "jax: closed"
    after = run.stable.journal.index("jax: closed")
    assert not [one for one in run.stable.journal[after:] if one.startswith("torch: release")]


def test_a_card_that_is_there_is_not_to_blame():
    run = Run({"torch": {"turn": [RAISES]}}, is_lost=False)
    assert run.of(1, "torch").reason == RAISES.reason
    assert run.of(1, "jax").status == run.of(2, "torch").status == "ok"
    assert run.asked == ["cuda"]


def test_a_failure_on_the_cpu_ends_no_card():
    run = Run({"numpy": {"turn": [RAISES]}})
    assert run.asked == ["cpu"]
    assert run.of(1, "torch").status == "ok"


def test_a_loss_that_the_worker_saw_is_told_once():
    seen = CardLost("GPU-1", "GPU is lost")
    run = Run({"torch": {"turn": [wire.Failed("failed", str(seen))]}})
    assert run.of(1, "torch").reason == str(seen)
    assert run.of(1, "jax").reason == LOST


def test_a_card_that_is_lost_between_rows_is_noticed_at_the_next_start():
    run = Run({"torch": {"start": [Dies(wire.Failed("failed", "no GPU"))]}})
    assert run.of(1, "torch").reason == "no GPU"
    assert run.of(2, "torch").reason == f"skipped, because {LOST}"


def test_in_later_repetitions_nothing_is_tried_on_it_and_nothing_is_lost():
    run = Run({"torch": {"turn": [None, None, None, None, RAISES]}}, generations=3)
    lines = [one for one in run.measurements if one.case == on_card(2, "jax").id]
    assert lines[0].status == "ok"
    assert len(lines[0].samples) == 2
    assert [one.status for one in lines] == ["ok", "failed"]
    first = [one for one in run.measurements if one.case == on_card(1, "jax").id]
    assert [one.status for one in first] == ["ok"], "it was measured before"
