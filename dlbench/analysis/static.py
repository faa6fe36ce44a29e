"""Compare static rows with their dynamic twins: compile time, and steps until it pays off.

A twin differs in nothing but the mode. It must not know how anything is shown.
"""

from collections.abc import Mapping, Sequence
from typing import get_args

from msgspec.structs import replace

from dlbench.analysis.compiling.break_even import BreakEven, break_even, extra_cost
from dlbench.analysis.compiling.cost import (
    CompileEstimate,
    estimate_compiling,
    first_calls_cost,
    in_seconds,
    scatter_of_others,
    to_compile_cost,
)
from dlbench.analysis.pairing.located import LocatedPair
from dlbench.analysis.rows import Row, is_timed
from dlbench.analysis.samples import CaseSamples
from dlbench.datasets.base import known_rows
from dlbench.grouping import grouped
from dlbench.records.measurement import Caches
from dlbench.records.network import steps_in
from dlbench.records.plan import Plan
from dlbench.stats.location import Estimate, Location, Variance


class StaticRows:
    """The static rows of a run beside their dynamic twins.

    rows_by_network: number of training rows; pairs: the located ratio of every two cases of a
    workload, by their ids.
    """

    def __init__(
        self,
        samples_by_case: Mapping[str, CaseSamples],
        rows_by_network: Mapping[str, int],
        pairs: Mapping[tuple[str, str], LocatedPair],
    ) -> None:
        self.samples_by_case, self.rows_by_network = samples_by_case, rows_by_network
        self.pairs = pairs
        self.by_target: dict[str, list[Row]] = {}
        # by target and caches, the variance for each of its cases
        self.scatters: dict[tuple[str, Caches | None], dict[str, Variance | None]] = {}

    def complete(self, rows: Sequence[Row]) -> list[Row]:
        """Add compile time and break-even to static rows, and what first calls cost to twins."""
        self.by_target = grouped(rows, lambda row: row.target.id)
        compiled = {_place(row) for row in rows if row.mode_kind == "static"}
        rows = [
            self._with_first_calls(row)
            if row.mode_kind == "dynamic" and _place(row) in compiled
            else row
            for row in rows
        ]
        twins = {_place(row): row for row in rows if row.mode_kind == "dynamic" and is_timed(row)}
        return [
            self._complete(row, twins.get(_place(row))) if row.mode_kind == "static" else row
            for row in rows
        ]

    def _with_first_calls(self, row: Row) -> Row:
        cost = self._first_calls(row)
        seconds = None if cost is None else in_seconds(cost).value
        return replace(row, time=replace(row.time, first_calls_s=seconds))

    def _first_calls(self, row: Row) -> Location | None:
        """Locate what the first calls of a dynamic row cost; None if it cannot be told."""
        samples = self.samples_by_case.get(row.case)
        return first_calls_cost(samples, self._scatter(row, None)) if samples else None

    def _complete(self, row: Row, twin: Row | None) -> Row:
        samples = self.samples_by_case.get(row.case)
        if samples is None:
            return row
        scatters = {caches: self._scatter(row, caches) for caches in get_args(Caches)}
        estimate = estimate_compiling(samples, scatters)
        if estimate is None:
            return row
        row = replace(row, compile=to_compile_cost(estimate))
        return replace(row, break_even=self._break_even(row, twin, estimate)) if twin else row

    def _scatter(self, row: Row, caches: Caches | None) -> Variance | None:
        """Variance of the cost between processes, from the target's other cases."""
        key = row.target.id, caches
        if key not in self.scatters:
            every = [other.case for other in self.by_target[row.target.id]]
            known = [case for case in every if case in self.samples_by_case]
            samples = [self.samples_by_case[case] for case in known]
            found = scatter_of_others(samples, caches)
            self.scatters[key] = dict(zip(known, found, strict=True))
        return self.scatters[key][row.case]

    def _break_even(self, row: Row, twin: Row, estimate: CompileEstimate) -> BreakEven:
        if estimate.cold is None or not is_timed(row):
            return BreakEven()
        pair = self.pairs[row.case, twin.case]
        ratio = None if _is_doubtful(pair) else pair.lows[0]
        dynamic = Estimate(twin.time.seconds or 0.0, twin.time.low_s, twin.time.high_s)
        extra, theirs = in_seconds(estimate.cold), self._first_calls(twin)
        if theirs is not None:
            extra = extra_cost(extra, in_seconds(theirs))
        steps = break_even(extra, dynamic, ratio)
        return replace(steps, epoch_steps=self._steps_of_an_epoch(row))

    def _steps_of_an_epoch(self, row: Row) -> float | None:
        if row.target.loop:
            return 1.0  # a step is an epoch
        rows = self.rows_by_network.get(str(row.workload.params.get("network")))
        return float(steps_in(rows, int(row.workload.params["batch"]))) if rows else None


def rows_by_network(plan: Plan) -> dict[str, int]:
    """Rows of training data by network, as far as they are known.

    Older plans do not say: there it is the data set of this installation, if it has it.
    """
    installed = {name: known_rows(network) for name, network in plan.networks.items()}
    return {name: rows for name, rows in (installed | plan.rows).items() if rows is not None}


def _is_doubtful(pair: LocatedPair) -> bool:
    """Return whether the gain of a static mode is not known well enough for a number of steps."""
    return not pair.is_judged or pair.basis != "measured" or pair.doubt > 0


def _place(row: Row) -> tuple[str, ...]:
    """Key that a row and its twin share."""
    target = row.target
    same = (target.backend, target.device, target.dtype, str(target.threads))
    return (row.workload.id, *same, target.loop, target.callbacks, target.call)
