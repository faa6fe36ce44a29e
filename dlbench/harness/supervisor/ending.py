"""What the end of a case means for others: for those on a lost card, and for its worker."""

from collections.abc import Callable, Iterable, Sequence

from dlbench.harness import wire
from dlbench.harness.supervisor.case import CaseRun
from dlbench.harness.supervisor.state import RunState
from dlbench.machine.gpu.readings import CardLost
from dlbench.records.measurement import Status

CPU = "cpu"

# How a case ends if its card is lost, beside those that have nothing to do with it.
BY_LOSS: frozenset[Status] = frozenset(("failed", "timed_out", "out_of_memory"))


def lost_with(
    ended: Sequence[CaseRun], every: Sequence[CaseRun], notice: Callable[[str], str]
) -> list[CaseRun]:
    """Return the other cases on a card that was lost, and fail them.

    ended: cases that may have failed; notice: returns that the card of a device is lost, if it is.
    """
    found = {}
    for one in ended:
        if one.status in BY_LOSS and (why := notice(one.case.target.device)):
            found[one.case.target.device] = why
            if CardLost.WORDS not in (one.reason or ""):
                one.reason = f"{one.reason}; {why}"
    others = [one for one in every if one.is_active and one.case.target.device in found]
    for one in others:
        one.fail(wire.Failed("failed", found[one.case.target.device]))
    return others


def is_spoilt(case_run: CaseRun) -> bool:
    """Return whether the worker of a failed case must not go on: the next row gets a new one.

    One that ran out of memory keeps what it has, for its allocator. After an error of a GPU, each
    later call of the process may fail with the same error, whatever it does.
    """
    has_failed = case_run.status == "failed" and case_run.case.target.device != CPU
    return has_failed or case_run.status == "out_of_memory"


def leave_lost_cards(cases: Iterable[CaseRun], run: RunState) -> None:
    """End the workers on lost cards: an order to them might never end."""
    for case_run in cases:
        worker = run.pool.workers.get(run.slot(case_run.case))
        if worker is not None and case_run.case.target.device in run.losses.told:
            worker.close()


def is_shared(case_run: CaseRun, cases: Sequence[CaseRun], run: RunState) -> bool:
    """Return whether another case of the row still needs the worker."""
    slot = run.slot(case_run.case)
    return any(one.is_active and run.slot(one.case) == slot for one in cases)
