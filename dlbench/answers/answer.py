"""Answers to the questions of a run, per workload and over all workloads."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import exp, inf

from msgspec.structs import replace

from dlbench.analysis.pairing.located import Basis
from dlbench.analysis.rows import Row, is_timed
from dlbench.analysis.run import RunAnalysis
from dlbench.analysis.verdicts import Verdict
from dlbench.answers.crossover import Crossover, crossovers_of
from dlbench.answers.duel import Duel, duel
from dlbench.answers.overall import Overall, Sides, mean_of, overall_of
from dlbench.answers.questions import SIDES, Question, others, questions, value
from dlbench.answers.scaling import Scaling, scalings_of
from dlbench.errors import UsageError, unknown
from dlbench.grouping import grouped
from dlbench.records.base import Record
from dlbench.stats.mean import of_intervals
from dlbench.stats.multiple import holm


class Answer(Record, frozen=True):
    """One side of a question against the fastest side, for one workload.

    left: the side that comes out fastest, or the baseline; right: another one; left_case,
    right_case: the best case of each; ratio: the time of the right one divided by that of the left
    one; low, high: its interval, which holds whichever cases of the two sides are truly the best;
    verdict: on the right one;
    p, p_gate: see analysis.verdicts.Comparison; basis, busy: as in a row.
    """

    question: str
    workload: str
    left: str
    left_case: str
    right: str
    right_case: str
    ratio: float
    low: float | None
    high: float | None
    verdict: Verdict
    p: float | None = None
    p_gate: float | None = None
    basis: Basis | None = None
    busy: bool = False


class Answers(Record, frozen=True):
    """All answers of a run.

    alike: those between targets that differ in nothing else; crossovers: where an answer changes
    along a parameter of the workloads; scalings: what threads change; cores: those that the run
    could use.
    """

    asked: tuple[Question, ...]
    by_workload: tuple[Answer, ...]
    overall: tuple[Overall, ...]
    alike: tuple[Overall, ...]
    crossovers: tuple[Crossover, ...] = ()
    scalings: tuple[Scaling, ...] = ()
    cores: int = 1


def answers_of(analysis: RunAnalysis, baseline: str | None = None) -> Answers:
    """Answer the questions of a run.

    baseline: a value on an axis, such as torch or cuda: where it is a side of a question, all
    others are compared with it instead of with the fastest. UsageError if no question has it.
    """
    rows = [row for row in analysis.rows if is_timed(row)]
    asked = questions(rows)
    if baseline is not None:
        baseline = _side(baseline, asked)
    found = _Found(analysis, rows, baseline)
    cores = analysis.run.environment.usable_cores
    return Answers(
        asked=tuple(asked),
        by_workload=tuple(
            found.gated([answer for one in asked for answer in found.by_workload(one)])
        ),
        overall=tuple(overall for one in asked for overall in found.overall(one)),
        alike=tuple(overall for one in asked for overall in found.alike(one)),
        crossovers=tuple(
            crossover for one in asked for crossover in crossovers_of(one, rows, found.duel)
        ),
        scalings=tuple(scalings_of(rows, found.duel, cores)),
        cores=cores,
    )


def _side(word: str, asked: Iterable[Question]) -> str:
    """Return the side that a word names; a UsageError has the word as it was typed."""
    sides = dict.fromkeys(name for question in asked for name in question.values)
    if not sides:
        raise UsageError("the run has no questions, as its targets do not differ", value=word)
    if SIDES.get(word, word) in sides:
        return SIDES.get(word, word)
    typed = {name: alias for alias, name in reversed(SIDES.items())}
    raise unknown("baseline", word, [typed.get(name, name) for name in sides])


class _Found:
    """The timed rows of a run, with their contests. baseline: a side, None for the fastest."""

    def __init__(
        self, analysis: RunAnalysis, rows: Sequence[Row], baseline: str | None = None
    ) -> None:
        self.baseline = baseline
        self.contests, self.margin, self.rows = analysis.contests, analysis.margin, rows
        self.seconds = {row.case: row.time.seconds or inf for row in rows}
        self.workloads = grouped(rows, lambda row: row.workload.id)
        self.duels: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Duel] = {}

    def sides(self, workload: str, axis: str) -> dict[str, list[str]]:
        """Return the cases of a workload by their value on an axis; the fastest side first."""
        sides = {
            side: [row.case for row in those]
            for side, those in grouped(
                self.workloads[workload], lambda row: value(row, axis)
            ).items()
        }
        contest = self.contests[workload]
        best = {
            side: self.seconds[contest.among(cases).reference(self.seconds)]
            for side, cases in sides.items()
        }
        return {side: sides[side] for side in sorted(sides, key=lambda side: best[side])}

    def duel(self, workload: str, left: Sequence[str], right: Sequence[str]) -> Duel:
        """Compare two groups of cases of a workload by their best."""
        key = (workload, tuple(left), tuple(right))
        if key not in self.duels:
            contest = self.contests[workload]
            self.duels[key] = duel(contest, left, right, self.seconds, self.margin)
        return self.duels[key]

    def by_workload(self, question: Question) -> Iterable[Answer]:
        """Compare the fastest side, or the baseline, with each other one, workload by workload."""
        for workload in self.workloads:
            sides = self.sides(workload, question.axis)
            if self.baseline not in question.values:
                yield from self._with_fastest(question.axis, workload, sides)
            elif self.baseline in sides:
                yield from self._with_baseline(question.axis, workload, sides, self.baseline)

    def _with_fastest(
        self, axis: str, workload: str, sides: Mapping[str, Sequence[str]]
    ) -> Iterable[Answer]:
        first, *rest = sides
        for side in rest:
            pair = (first, side)
            found = self.duel(workload, sides[first], sides[side])
            if found.verdict == "faster":  # round by round, though not by the medians
                pair = (side, first)
                found = self.duel(workload, sides[side], sides[first])
            yield _answer(axis, workload, pair, found)

    def _with_baseline(
        self, axis: str, workload: str, sides: Mapping[str, Sequence[str]], baseline: str
    ) -> Iterable[Answer]:
        for side in sides:
            if side != baseline:
                found = self.duel(workload, sides[baseline], sides[side])
                yield _answer(axis, workload, (baseline, side), found)

    def gated(self, answers: Sequence[Answer]) -> list[Answer]:
        """Adjust the p-values of each question's answers together."""
        return [
            replace(answer, p_gate=gate)
            for those in grouped(answers, lambda answer: answer.question).values()
            for answer, gate in zip(those, holm([one.p for one in those]), strict=True)
        ]

    def overall(self, question: Question) -> Iterable[Overall]:
        """Compare every two sides of a question over the workloads that both have."""
        sides = {workload: self.sides(workload, question.axis) for workload in self.workloads}
        for left, right in combinations(question.values, 2):
            duels = [
                self.duel(workload, those[left], those[right])
                for workload, those in sides.items()
                if left in those and right in those
            ]
            if duels:
                sides_of = Sides(question.axis, left, right)
                yield overall_of(sides_of, duels, of_intervals([one.ratio for one in duels]))

    def alike(self, question: Question) -> Iterable[Overall]:
        """Compare every two sides where all else is equal, over the workloads that have both."""
        axis = question.axis
        pairs: dict[tuple[tuple[str, ...], str, str], list[Duel]] = {}
        for workload, rows in self.workloads.items():
            for same, those in grouped(rows, lambda row: others(row, axis)).items():
                for a, b in combinations(those, 2):
                    if value(a, axis) != value(b, axis):
                        left, right = _names(a, b, axis)
                        found = self.duel(workload, [a.case], [b.case])
                        pairs.setdefault((same, left, right), []).append(found)
        for (same, left, right), duels in pairs.items():
            yield overall_of(Sides(axis, left, right, same), duels, mean_of(duels))


def _names(a: Row, b: Row, axis: str) -> tuple[str, str]:
    """Name two sides; kinds of modes by the modes, of which a backend may have several."""
    named = "mode" if axis == "mode_kind" else axis
    return value(a, named), value(b, named)


def _answer(axis: str, workload: str, sides: tuple[str, str], found: Duel) -> Answer:
    ratio, low, high = found.ratio
    left, right = sides
    return Answer(
        question=axis,
        workload=workload,
        left=left,
        left_case=found.left,
        right=right,
        right_case=found.right,
        ratio=exp(ratio),
        low=None if low is None else exp(low),
        high=None if high is None else exp(high),
        verdict=found.verdict,
        p=found.p,
        basis=found.pair.basis,
        busy=found.pair.pair.busy,
    )
