"""Static rows beside their dynamic twins: what compiling cost, and after how many steps it pays.

A twin differs in nothing but the mode. It must not know how anything is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from msgspec.structs import replace

from dlbench.analysis.break_even import BreakEven, break_even
from dlbench.analysis.compile_cost import (
    Compiled,
    Scatter,
    compiled,
    cost_of,
    scatter,
    scatter_of_starts,
)
from dlbench.analysis.pairs import Paired, locate, paired
from dlbench.analysis.rows import Row, is_timed
from dlbench.analysis.samples import History
from dlbench.datasets.base import known_rows
from dlbench.grouping import grouped
from dlbench.records.measurement import Caches
from dlbench.records.network import steps_in
from dlbench.records.plan import Plan
from dlbench.stats.location import Estimate, Luck


class Graphs:
    """What a run says of compiling.

    rows_by_network: of training data; lucks: of the processes of each case's workload, by case.
    """

    def __init__(
        self,
        histories: Mapping[str, History],
        rows_by_network: Mapping[str, int],
        lucks: Mapping[str, Luck | None],
    ) -> None:
        self.histories, self.lucks = histories, lucks
        self.rows_by_network = rows_by_network
        self.by_target: dict[str, list[Row]] = {}
        self.starts: dict[tuple[str, str], dict[Caches, Luck | None]] = {}

    def rows(self, rows: Sequence[Row]) -> list[Row]:
        """The rows, those of static modes with what is known of compiling."""
        self.by_target = grouped(rows, lambda row: row.target.id)
        compilers = grouped(rows, lambda row: (row.target.backend, row.target.device))
        self.starts = {compiler: self._starts(those) for compiler, those in compilers.items()}
        twins = {_place(row): row for row in rows if row.mode_kind == "dynamic" and is_timed(row)}
        return [
            self._told(row, twins.get(_place(row))) if row.mode_kind == "static" else row
            for row in rows
        ]

    def _told(self, row: Row, twin: Row | None) -> Row:
        history = self.histories.get(row.case)
        found = compiled(history, self._scatters(row)) if history else None
        if found is None:
            return row
        told = replace(row, compile=cost_of(found))
        return told if twin is None else replace(told, break_even=self._pays(told, twin, found))

    def _scatters(self, row: Row) -> dict[Caches, Scatter]:
        """What other cases of the target say of what is compiled, and all of the start.

        With its own, a case could never surprise; a start is not the case's own.
        """
        others = self._known(
            other for other in self.by_target[row.target.id] if other.case != row.case
        )
        starts = self.starts[row.target.backend, row.target.device]
        return {caches: Scatter(scatter(others, caches), starts[caches]) for caches in starts}

    def _starts(self, rows: Iterable[Row]) -> dict[Caches, Luck | None]:
        """What targets with the same compiler, a backend's on a device, say of its start."""
        targets = dict.fromkeys(row.target.id for row in rows)
        known = [self._known(self.by_target[target]) for target in targets]
        return {caches: scatter_of_starts(known, caches) for caches in get_args(Caches)}

    def _known(self, rows: Iterable[Row]) -> list[History]:
        return [self.histories[row.case] for row in rows if row.case in self.histories]

    def _pays(self, row: Row, twin: Row, found: Compiled) -> BreakEven:
        if found.cold is None or not is_timed(row):
            return BreakEven()
        pair = paired(self.histories[row.case], self.histories[twin.case])
        ratio = None if _is_doubtful(pair) else locate(pair, self.lucks.get(row.case))
        dynamic = Estimate(twin.time.seconds or 0.0, twin.time.low_s, twin.time.high_s)
        when = break_even(found.cold, dynamic, ratio)
        return replace(when, epoch_steps=self._steps_of_an_epoch(row))

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


def _is_doubtful(pair: Paired) -> bool:
    return pair.busy or not pair.in_turns


def _place(row: Row) -> tuple[str, ...]:
    """What a row and its twin have in common."""
    target = row.target
    same = (target.backend, target.device, target.dtype, str(target.threads))
    return (row.workload.id, *same, target.loop, target.callbacks)
