"""dlbench's side: a plan of two cases, measured and compared by its own supervisor and verdict."""

import contextlib
import tempfile
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from pathlib import Path
from statistics import median
from typing import Any

import frameworks
from steps import SIZE
from theirs import Compared, as_record

from dlbench.analysis import verdicts
from dlbench.analysis.pairing import pairs
from dlbench.analysis.pairing.located import Knowledge, located
from dlbench.analysis.samples import by_generation, join_generations
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.harness.supervisor.run import Supervisor
from dlbench.plan.presets import RENEWALS
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Case, Group, Target, Workload
from dlbench.records.measurement import Measurement, Sample
from dlbench.records.plan import Plan, Sampling
from dlbench.stats.location import Variance
from dlbench.workloads.base import kind_named
from records import Record

ALIKE = frameworks.Side("torch", "eager")
DTYPE = "float32"

# Far more rounds than fit into the time: a comparison ends when its time is up, as the peers' do.
NO_LIMIT = 100_000


# Wall time of one generation, as near as an even number comes to it: starting two workers takes
# more than half of that. Two generations more narrow the interval of a single pair further than two
# times as many rounds would. Seen within 10 s, as the mean reach of four intervals: 0.8 % with four
# generations, 0.5 % with six and 0.8 % with seven.
GENERATION_S = 1.65
# Other frameworks take longer to start.
STARTS = dict.fromkeys(frameworks.PAIRS, 3)


# A comparison stands alone: no other pair, and no earlier run, lends it anything.
ALONE = Knowledge(Variance(0.0, 0))


@dataclass(frozen=True)
class Rules:
    """How dlbench samples. precision 0: never enough, so that all of the time is used."""

    generation_s: float = GENERATION_S
    renewals: int = RENEWALS
    block_s: float = 0.005
    warmup_s: float = 0.05
    precision: float = 0.0

    def within(self, seconds: float, longer: int = 1) -> Sampling:
        """The same within a wall time. longer: how many times as long a generation is.

        Generations start in the order + - - + (docs/measuring.md): only where they are even in
        number are there as many in one order as in the other, and what an order is worth cancels.
        """
        couples = max(1, round(seconds / self.generation_s / longer / 2))
        return Sampling(
            rigor="standard",
            generations=2 * couples,
            renewals=self.renewals,
            blocks=NO_LIMIT,
            precision=self.precision,
            block_s=self.block_s,
            warmup_s=self.warmup_s,
            case_s=seconds,
            budget_s=seconds,
        )


def apart(case: Case) -> Hashable:
    """Every case in a process of its own."""
    return case.id


def together(case: Case) -> Hashable:
    """All cases of a target in one process."""
    return case.target


class Dlbench:
    """Compares two cases that are measured in turns."""

    def __init__(self, threads: int, rules: Rules) -> None:
        self.threads, self.rules = threads, rules
        self.declarations = read_declarations()

    def case(self, k: int = SIZE, side: frameworks.Side = ALIKE, *, null: bool = False) -> Case:
        """The product with this k."""
        params: dict[str, int | str] = {"m": SIZE, "n": SIZE, "k": k}
        workload = Workload("matmul", params, kind_named("matmul").work(params, {}))
        target = Target(side.backend, "cpu", side.mode, DTYPE, self.threads)
        kind = self.declarations[side.backend].modes[side.mode]
        return Case(workload, target, kind, null=null)

    def pair(self, part: str, k: int) -> tuple[Case, Case]:
        """A and B of a part; k: of B."""
        if part in frameworks.PAIRS:
            first, second = frameworks.PAIRS[part]
            return self.case(side=first), self.case(side=second)
        return self.case(), self.case(k, null=k == SIZE)

    def compare(self, part: str, k: int, seconds: float, seed: int) -> Compared:
        """Compare B with A within this wall time; inside one process or in two."""
        a, b = self.pair(part, k)
        made = Plan(
            suite="peers",
            seed=seed,
            sampling=self.rules.within(seconds, STARTS.get(part, 1)),
            networks={},
            groups=(Group(a.workload, (a, b)),),
        )
        slot = together if part == "aa-inside" else apart
        return judge(self._measured(made, slot), a.id, b.id)

    def _measured(self, made: Plan, slot: Callable[[Case], Hashable]) -> list[Measurement]:
        with (
            tempfile.TemporaryDirectory(prefix="peers-") as logs,
            Launcher(self.declarations, Path(logs), renews=self.rules.renewals > 0) as launch,
            contextlib.closing(Supervisor(made, launch, slot=slot).measure()) as events,
        ):
            return [event for event in events if isinstance(event, Measurement)]


def judge(measurements: Sequence[Measurement], a: str, b: str) -> Compared:
    """The ratio B / A with its interval and verdict, as dlbench shows it."""
    broken = [m for m in measurements if m.status not in {"ok", "skipped"}]
    known = join_generations(measurements)
    if broken or a not in known or b not in known:
        reason = broken[0].reason if broken else "a case has no line"
        return Compared(None, "failed", reason=reason)
    pair = pairs.pair_rounds(known[b], known[a])
    [found] = verdicts.with_baseline([located(pair, ALONE)])
    return Compared(
        found.ratio,
        found.verdict,
        found.ratio_low,
        found.ratio_high,
        found.reason,
        {
            "generations": [exp(median(logs)) for logs in pair.generations],
            "rounds": pair.rounds,
            "disturbed": pair.disturbed,
            "busy": pair.busy,
            "stopped": [m.stop_reason for m in measurements if m.case == b],
            "timed_s": timed_s(measurements),
            "cost_s": cost_s(measurements),
            "blocks": kept(measurements, b),
        },
    )


def kept(measurements: Iterable[Measurement], b: str) -> list[list[Any]]:
    """What a verdict rests on, block by block (see `judge_again`), and which blocks ended early."""
    return [
        [
            m.case == b,
            s.generation,
            s.round,
            s.step_s,
            s.started_s,
            list(s.flags),
            s.renewal,
            s.iterations,
        ]
        for m in measurements
        for s in m.samples
    ]


def judge_again(one: Record) -> Record:
    """A stored comparison with the verdict of today's statistics; nothing is measured anew."""
    blocks = (one["detail"] or {}).get("blocks")
    if not blocks:
        return one
    samples = {"a": list[Sample](), "b": list[Sample]()}
    for is_b, generation, number, step_s, started_s, flags, *later in blocks:
        samples["b" if is_b else "a"].append(
            Sample(
                iterations=1,
                host_s=step_s,
                started_s=started_s,
                round=number,
                generation=generation,
                renewal=later[0] if later else 0,  # not kept before there were any
                # the first sittings only kept whether a block was disturbed
                flags=tuple(flags) if isinstance(flags, list) else ("busy",) if flags else (),
            )
        )
    lines = [
        Measurement(name, "ok", generation=generation, samples=tuple(group))
        for name, taken in samples.items()
        for generation, group in enumerate(by_generation(taken))
    ]
    found = as_record(judge(lines, "a", "b"))
    of_the_run = {key: one["detail"][key] for key in ("timed_s", "cost_s", "stopped", "blocks")}
    return {**one, **found, "detail": {**found["detail"], **of_the_run}}


def timed_s(measurements: Iterable[Measurement]) -> float:
    """Seconds inside timed blocks; the warm-up is not counted."""
    return sum(sample.host_s for m in measurements for sample in m.samples)


def cost_s(measurements: Iterable[Measurement]) -> float | None:
    """Median seconds from the end of a block to the start of the next, without its lead-in.

    That is the switch of workers, the wire and the bookkeeping. The workers' clocks must be one
    (as perf_counter is on Linux and macOS).
    """
    by_generation: dict[int, list[Sample]] = {}
    for measurement in measurements:
        by_generation.setdefault(measurement.generation, []).extend(measurement.samples)
    gaps = [
        after.started_s - (after.lead_s or 0.0) - before.started_s - before.host_s
        for samples in by_generation.values()
        for before, after in pairwise(sorted(samples, key=lambda sample: sample.started_s))
    ]
    return median(gaps) if gaps else None


def as_settings(rules: Rules) -> dict[str, Any]:
    """As they are stored."""
    return {
        "generation_s": rules.generation_s,
        "renewals": rules.renewals,
        "block_s": rules.block_s,
        "warmup_s": rules.warmup_s,
        "precision": rules.precision,
    }
