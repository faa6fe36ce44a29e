"""A plan that grows row by row, measured with scripted workers."""

import pytest
from msgspec.structs import replace

from dlbench.harness.supervisor.growing import GrowingSupervisor
from dlbench.records.measurement import Measurement, Progress
from fakes.costs import Costly
from fakes.story import HANGS, group, plan, short
from fakes.workers import Stable


class Growing:
    """A search whose rows are known beforehand; what was asked for and yielded, in order."""

    def __init__(self, *sizes: int, stable: Stable | None = None, **sampling) -> None:
        self.sizes, self.log = list(sizes), []
        self.stable = stable or Stable()
        start = plan(**{"blocks": 2, **sampling})
        search = GrowingSupervisor(start, self.stable.launch, self.grow, self.stable.clock.seconds)
        for event in search.measure():
            self.see(event)

    def grow(self, now):
        if not self.sizes:
            self.log.append("enough")
            return None
        size = self.sizes.pop(0)
        self.log.append(f"row {size}")
        return replace(now, groups=(*now.groups, group(size, "numpy", "torch")))

    def see(self, event) -> None:
        if isinstance(event, Measurement):
            self.log.append(f"{short(event.case)} {event.status}")
        elif isinstance(event, Progress):
            self.totals = (event.done, event.total)


def test_the_next_row_is_asked_for_when_all_of_the_last_one_is_known() -> None:
    assert Growing(1, 2).log == [
        "row 1",
        "matmul/1 on numpy ok",
        "matmul/1 on torch ok",
        "row 2",
        "matmul/2 on numpy ok",
        "matmul/2 on torch ok",
        "enough",
    ]


def test_a_new_row_may_stand_anywhere_in_the_plan() -> None:
    stable = Stable()
    sizes = iter((1, 3, 2))

    def grow(now):
        size = next(sizes, None)
        if size is None:
            return None
        rows = (*now.groups, group(size, "numpy"))
        return replace(now, groups=tuple(sorted(rows, key=lambda row: row.workload.id)))

    search = GrowingSupervisor(plan(blocks=1), stable.launch, grow, stable.clock.seconds)
    seen = [short(one.case) for one in search.measure() if isinstance(one, Measurement)]
    assert seen == [f"matmul/{size} on numpy" for size in (1, 3, 2)]


def test_workers_live_on_from_row_to_row_and_end_with_the_last() -> None:
    search = Growing(1, 2, 3)
    assert [worker.target.backend for worker in search.stable.workers] == ["numpy", "torch"]
    assert not any(worker.alive for worker in search.stable.workers)
    assert search.stable.journal[-2:] == ["numpy: closed", "torch: closed"]
    released = [entry for entry in search.stable.journal if "release" in entry]
    assert len(released) == 6, "every row frees its memory"


def test_a_worker_that_died_is_started_again_for_the_next_row() -> None:
    search = Growing(1, 2, stable=Stable({"torch": {"turn": [HANGS]}}))
    assert search.log[1:3] == ["matmul/1 on torch timed_out", "matmul/1 on numpy ok"]
    assert search.log[-2:-1] == ["matmul/2 on torch ok"]


def test_a_row_may_have_half_of_the_time_that_is_left() -> None:
    stable = Costly(lambda *_: 0.1, noise=0.5)  # a second a sample, and never precise
    search = Growing(1, 2, stable=stable, budget_s=64.0, blocks=1000, precision=1e-9)
    turns = [
        sum(f": turn matmul/{size}" in entry for entry in search.stable.journal) for size in (1, 2)
    ]
    assert 24 <= turns[0] <= 40
    assert turns[1] < 0.8 * turns[0]


def test_a_row_that_would_not_be_done_in_time_is_not_begun() -> None:
    stable = Costly(lambda *_: 0.1, noise=0.5, scripts=None)
    search = Growing(*range(1, 20), stable=stable, budget_s=64.0, blocks=1000, precision=1e-9)
    assert search.sizes, "there was more to ask for"
    assert "enough" not in search.log
    assert stable.clock.seconds() <= 64 + 2, "a turn of each may end later"


def test_progress_counts_the_rows_so_far() -> None:
    assert Growing(1, 2).totals == (2, 4), "while the last row is under way"


def test_an_interrupt_yields_what_has_been_measured() -> None:
    stable = Stable({"torch": {"turn": [None, None, None, KeyboardInterrupt()]}})
    rows = iter((1, 2))

    def grow(now):
        return replace(now, groups=(*now.groups, group(next(rows), "numpy", "torch")))

    search = GrowingSupervisor(plan(blocks=2), stable.launch, grow, stable.clock.seconds)
    seen = []
    with pytest.raises(KeyboardInterrupt):
        seen.extend(search.measure())
    # extend() keeps what came before the exception
    done = [(short(one.case), one.stop_reason) for one in seen if isinstance(one, Measurement)]
    assert done[:2] == [("matmul/1 on numpy", "blocks"), ("matmul/1 on torch", "blocks")]
    assert ("matmul/2 on numpy", "interrupted") in done
    assert not any(worker.alive for worker in stable.workers)


def test_a_search_without_rows_measures_nothing() -> None:
    search = Growing()
    assert search.log == ["enough"]
    assert search.stable.workers == []
