"""Answers in sentences: the fastest of the main workloads, and each question over all of them.

A name is only called faster where a verdict says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dlbench import units
from dlbench.analysis.labels import names_by_case, workload_names
from dlbench.analysis.rows import Row, is_behind, is_timed
from dlbench.analysis.verdicts import without_figures
from dlbench.answers.answer import Answers, Overall
from dlbench.answers.questions import Question
from dlbench.grouping import grouped

# What is repeated most in a training comes first; of a kind, the workload with the most work.
PREFERRED = ("train_step", "epoch", "forward", "predict", "matmul")

# Workloads with a sentence of their own; the table has all.
MOST_WORKLOADS = 3

PAIR = 2

WORDS = {"cpu": "CPU", "cuda": "GPU", "dynamic": "eager", "static": "compiled"}


class Sentence(NamedTuple):
    """A sentence, and the ids of the cases that it rests on."""

    text: str
    cases: tuple[str, ...]


# More sentences than this are not read; the tables have all answers.
MOST_SENTENCES = 8


def sentences(rows: Sequence[Row], answers: Answers) -> list[Sentence]:
    """Return the answers of a run, most important first; rows: compared with the fastest."""
    by_axis = {question.axis: question for question in answers.asked}
    found = [
        *(_device(by_axis["device"], answers) if "device" in by_axis else []),
        *_fastest(rows),
        *(
            sentence
            for axis, question in by_axis.items()
            if axis not in {"device", "mode", "mode_kind"}
            for sentence in _overall(question, answers)
        ),
        *(_modes(answers) if "mode_kind" in by_axis else []),
    ]
    return found[:MOST_SENTENCES]


def side(name: str) -> str:
    """Return a side of a question in words, such as GPU."""
    return WORDS.get(name, name)


# --- the fastest of a workload ------------------------------------------------------------------
def _fastest(rows: Sequence[Row]) -> Iterator[Sentence]:
    names = names_by_case(rows)
    labels = dict(zip((row.workload.id for row in rows), workload_names(rows), strict=True))
    races = [
        [row for row in those if is_timed(row)]
        for those in grouped(rows, lambda row: row.workload.id).values()
    ]
    main = sorted((race for race in races if len(race) > 1), key=_importance)[:MOST_WORKLOADS]
    for race in main:
        yield _race(race, names, labels[race[0].workload.id])


def _importance(race: Sequence[Row]) -> tuple[int, float]:
    kind, work = race[0].workload.kind, race[0].workload.work
    place = PREFERRED.index(kind) if kind in PREFERRED else len(PREFERRED)
    return place, -float(work.flops)


def _race(race: Sequence[Row], names: Mapping[str, str], label: str) -> Sentence:
    """Name the fastest target, or those that may be, and the next one."""
    leading = [row for row in race if row.leads]
    unjudged = [row for row in race if row.leads is None]
    behind = sorted(
        (row for row in race if is_behind(row)), key=lambda row: row.comparison.low or 0.0
    )
    cases = tuple(row.case for row in (*leading, *behind[:1]))
    if not leading or (not behind and len(leading) == len(race) > len(unjudged) > 0):
        return Sentence(f"{label}: {_unknown(race)}", tuple(row.case for row in race))
    first = ", ".join(names[row.case] for row in _by_regret(leading))
    if not behind:
        return Sentence(f"{label}: no difference can be told among {first}{_left(unjudged)}", cases)
    who = f"{first} is fastest" if len(leading) == 1 else f"use one of {first} (too close to rank)"
    following = behind[0]
    much = _times(following.comparison.ratio, following.comparison.low, following.comparison.high)
    return Sentence(
        f"{label}: {who}; {names[following.case]} takes {much} times as long{_left(unjudged)}",
        cases,
    )


def _by_regret(rows: Sequence[Row]) -> list[Row]:
    """The reference first: no row is surely faster, and it is at most a little slower."""
    return sorted(rows, key=lambda row: (row.comparison.verdict is not None, row.time.seconds))


def _unknown(race: Sequence[Row]) -> str:
    reasons = [row.comparison.reason for row in race if row.comparison.reason]
    reason = without_figures(reasons[0]) if reasons else "nothing to compare with"
    return f"the fastest is not known ({reason})"


def _left(unjudged: Sequence[Row]) -> str:
    if not unjudged:
        return ""
    return f"; {units.counted(len(unjudged), 'target')} could not be judged"


# --- a question over all workloads --------------------------------------------------------------
def _device(question: Question, answers: Answers) -> Iterator[Sentence]:
    return _overall(question, answers)


def _overall(question: Question, answers: Answers) -> Iterator[Sentence]:
    """Compare two sides, or order more of them."""
    those = [one for one in answers.overall if one.question == question.axis]
    if len(question.values) > PAIR:
        return _ranking(question, those)
    cases = tuple(
        case
        for answer in answers.by_workload
        if answer.question == question.axis
        for case in (answer.left_case, answer.right_case)
    )
    # what one workload tells is said above, but for the device
    told = [one for one in those if one.workloads > 1 or question.axis == "device"]
    return (Sentence(_comparison(one), cases) for one in told)


def _modes(answers: Answers) -> Iterator[Sentence]:
    """Compare each compiled mode with its own eager mode."""
    for one in answers.alike:
        if one.question == "mode_kind":
            where = " ".join(part for part in one.same[:2] if part != "cpu")
            yield Sentence(f"{where}: {_comparison(one)}", ())


def _ranking(question: Question, those: Sequence[Overall]) -> Iterator[Sentence]:
    """Order three sides or more by their mean time, over the workloads that all of them have."""
    most = max((one.workloads for one in those), default=0)
    if not most or any(one.workloads < most for one in those):
        return
    both = [*those, *(one.mirrored() for one in those)]
    ranked = [name for name in question.values if any(one.left == name for one in both)]
    first = max(ranked, key=lambda name: min(one.ratio for one in both if one.left == name))
    rest = sorted((one for one in both if one.left == first), key=lambda one: one.ratio)
    told = ", ".join(f"{side(one.right)} {_times(one.ratio, one.low, one.high)}" for one in rest)
    near = [one for one in rest if one.low is None or one.low <= 1]
    doubt = "; below 1 at the lower end: too close to rank" if near else ""
    text = f"On average over {_workloads(most)}, by the time of {side(first)}: {told}{doubt}"
    yield Sentence(text, ())


def _comparison(overall: Overall) -> str:
    """Say which side is faster in how many workloads, and by how much."""
    found = overall if overall.left_faster >= overall.right_faster else overall.mirrored()
    left, right, count = side(found.left), side(found.right), found.workloads
    unsure = count - found.left_faster - found.right_faster
    if not found.left_faster:
        return f"{left} or {right}: no difference can be told in {_workloads(count)}"
    parts = [f"{left} is faster than {right} in {found.left_faster} of {_workloads(count)}"]
    parts += [f"{right} in {found.right_faster}"] if found.right_faster else []
    parts += [f"{unsure} cannot be told"] if unsure else []
    much = f"{right} takes {_times(found.ratio, found.low, found.high)} times as long"
    if count == 1:
        return f"{', '.join(parts)}: {much}"
    least, most = units.ratios(found.least, found.most)
    return f"{', '.join(parts)}; on average {much}, from {least} to {most}"


def _workloads(count: int) -> str:
    return units.counted(count, "workload")


def _times(ratio: float | None, low: float | None, high: float | None) -> str:
    """Write such as `1.46 [1.09–1.95]`, or `at least 21`."""
    if ratio is None:
        return "an unknown number of"
    if low is None:
        return f"about {units.ratios(ratio)[0]}"
    if high is None:
        return f"at least {units.ratios(low)[0]}"
    value, least, most = units.ratios(ratio, low, high)
    return f"{value} [{least}–{most}]"
