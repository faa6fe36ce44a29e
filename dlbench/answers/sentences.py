"""Answers in sentences: the fastest of the main workloads, and each question over all of them.

A name is only called faster where a verdict says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import NamedTuple

from dlbench import units
from dlbench.analysis.labels import names_by_case, shorten, workload_names
from dlbench.analysis.rows import Row, is_timed
from dlbench.analysis.verdicts import without_figures
from dlbench.answers.answer import Answers
from dlbench.answers.crossover import Crossover, Span
from dlbench.answers.overall import Overall
from dlbench.answers.questions import Question, other_axes
from dlbench.answers.threads import texts as of_threads
from dlbench.answers.words import times
from dlbench.grouping import grouped

# What is repeated most in a training comes first; of a kind, the workload with the most work.
PREFERRED = ("train_step", "epoch", "forward", "predict", "matmul")

# Workloads with a sentence of their own; the table has all.
MOST_WORKLOADS = 3

PAIR = 2

# A mean is of so many workloads at least; what one tells is said of it by itself.
SEVERAL = 2

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
        *(_crossing(one) for one in answers.crossovers if one.question == "device"),
        *_fastest(rows),
        *(
            sentence
            for axis, question in by_axis.items()
            if axis not in {"device", "mode", "mode_kind", "call"}
            for sentence in _overall(question, answers)
        ),
        *(Sentence(text, ()) for text in of_threads(rows, answers.scalings, answers.cores)),
        *(_calls(answers) if "call" in by_axis else []),
        *(_modes(answers) if "mode_kind" in by_axis else []),
        *(_crossing(one) for one in answers.crossovers if one.question != "device"),
    ]
    return [*found[:MOST_SENTENCES], *_unmeasured(rows)]


def _unmeasured(rows: Sequence[Row]) -> list[Sentence]:
    """Count the workloads of which nothing was measured; none if all or none were."""
    races = list(grouped(rows, lambda row: row.workload.id).values())
    lost = [race for race in races if not any(map(is_timed, race))]
    if not lost or len(lost) == len(races):
        return []
    return [Sentence(f"{len(lost)} of {_workloads(len(races))} not measured", ())]


def side(name: str) -> str:
    """Return a side of a question in words, such as GPU."""
    return WORDS.get(name, name)


# --- the fastest of a workload ------------------------------------------------------------------
def _fastest(rows: Sequence[Row]) -> Iterator[Sentence]:
    names = names_by_case(rows)
    labels = dict(zip((row.workload.id for row in rows), workload_names(rows), strict=True))
    races = list(grouped(rows, lambda row: row.workload.id).values())
    told = (race for race in races if sum(map(is_timed, race)) > 1)
    for race in sorted(told, key=_importance)[:MOST_WORKLOADS]:
        yield _race(race, names, labels[race[0].workload.id])


def _importance(race: Sequence[Row]) -> tuple[int, float]:
    kind, work = race[0].workload.kind, race[0].workload.work
    place = PREFERRED.index(kind) if kind in PREFERRED else len(PREFERRED)
    return place, -float(work.flops)


def _race(race: Sequence[Row], names: Mapping[str, str], label: str) -> Sentence:
    """Name the fastest target, or those that may be, and the next one."""
    timed = [row for row in race if is_timed(row)]
    leading = _by_regret([row for row in timed if row.leads])
    if not leading:
        return Sentence(f"{label}: {_unknown(timed)}", tuple(row.case for row in timed))
    first, left = ", ".join(names[row.case] for row in leading), _left(race)
    behind = sorted(
        (row for row in timed if row.leads is False), key=lambda row: row.comparison.low or 0.0
    )
    cases = tuple(row.case for row in (*leading, *behind[:1]))
    if not behind:
        return Sentence(f"{label}: no difference can be told among {first}{left}", cases)
    is_whole = all(row.leads is not None for row in timed)
    fastest = "is fastest" if is_whole else "is fastest of those that could be judged"
    who = f"{first} {fastest}" if len(leading) == 1 else f"use one of {first} (too close to rank)"
    found = behind[0].comparison
    much = times(found.ratio, found.low, found.high)
    text = f"{label}: {who}; {names[behind[0].case]} takes {much} times as long{left}"
    return Sentence(text, cases)


def _by_regret(rows: Sequence[Row]) -> list[Row]:
    """The reference first: no row is surely faster, and it is at most a little slower."""
    return sorted(rows, key=lambda row: (row.comparison.verdict is not None, row.time.seconds))


def _unknown(race: Sequence[Row]) -> str:
    reasons = [row.comparison.reason for row in race if row.comparison.reason]
    reason = without_figures(reasons[0]) if reasons else "nothing to compare with"
    return f"the fastest is not known ({reason})"


def _left(race: Sequence[Row]) -> str:
    """Count the targets of which nothing is said."""
    unjudged = sum(is_timed(row) and row.leads is None for row in race)
    unmeasured = sum(not is_timed(row) for row in race)
    parts = [f"; {units.counted(unjudged, 'target')} could not be judged"] if unjudged else []
    parts += [f"; {units.counted(unmeasured, 'target')} not measured"] if unmeasured else []
    return "".join(parts)


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
    """Compare each compiled mode with its own eager mode; the largest differences first."""
    those = [one for one in answers.alike if one.question == "mode_kind"]
    for one in sorted(those, key=_size):
        yield Sentence(f"{_where(one, those)}: {_comparison(one)}", ())


def _calls(answers: Answers) -> Iterator[Sentence]:
    """Name the call to make and the one not to make, of each backend and mode.

    Of two calls, one must be faster in every workload beyond doubt; the largest difference is told.
    """
    those = [one for one in answers.alike if one.question == "call"]
    both = [*those, *(one.mirrored() for one in those)]
    sure = [one for one in both if one.is_known and one.left_faster == one.workloads]
    largest = [min(pairs, key=_size) for pairs in grouped(sure, lambda one: one.same).values()]
    for one in sorted(largest, key=_size):
        over = f" on average over {_workloads(one.workloads)}" if one.workloads > 1 else ""
        much = f"{times(one.ratio, one.low, one.high)} times faster{over}"
        yield Sentence(f"{_where(one, those)}: call {one.left}, not {one.right}: {much}", ())


def _size(one: Overall) -> float:
    """Sort key: the largest difference first."""
    return -abs(log(one.ratio))


def _where(one: Overall, those: Sequence[Overall]) -> str:
    """Name what both sides have in common: the backend, and what differs among all comparisons."""
    axes = other_axes(one.question)
    told = dict(zip(axes, one.same, strict=True))
    varying = [
        axis for number, axis in enumerate(axes) if len({other.same[number] for other in those}) > 1
    ]
    device = f"on {side(told['device'])}" if "device" in varying else ""
    more = [axis for axis in varying if axis not in {"device", "backend", "mode_kind", "mode"}]
    words = (_in_words(axis, told[axis]) for axis in more)
    return " ".join(filter(None, (told["backend"], told.get("mode"), device, *words)))


def _in_words(axis: str, word: str) -> str:
    return units.counted(int(word), "thread") if axis == "threads" else word


def _ranking(question: Question, those: Sequence[Overall]) -> Iterator[Sentence]:
    """Order three sides or more by their mean time, over the workloads that all of them have."""
    most = max((one.workloads for one in those), default=0)
    if most < SEVERAL or any(one.workloads < most for one in those):
        return
    both = [*those, *(one.mirrored() for one in those)]
    ranked = [name for name in question.values if any(one.left == name for one in both)]
    first = max(ranked, key=lambda name: min(one.ratio for one in both if one.left == name))
    known = [one for one in both if one.left == first and one.is_known]
    if not known:
        return
    rest = sorted(known, key=lambda one: one.ratio)
    told = ", ".join(f"{side(one.right)} {times(one.ratio, one.low, one.high)}" for one in rest)
    where = f"on average over {_workloads(most)}, times as long as {side(first)}"
    text = f"{where}, each at its best: {told}"
    yield Sentence(text, ())


def _comparison(overall: Overall) -> str:
    """Say which side is faster in how many workloads, and by how much."""
    found = overall if overall.left_faster >= overall.right_faster else overall.mirrored()
    left, right, count = side(found.left), side(found.right), found.workloads
    unsure = count - found.left_faster - found.right_faster - found.equal
    where = f" in {_workloads(count)}" if count > 1 else ""
    if found.equal == count:
        return f"{left} and {right} are equal{where}"
    if not found.left_faster:
        return f"{left} or {right}: no difference can be told{where}"
    much = f"{right} takes {times(found.ratio, found.low, found.high)} times as long"
    if count == 1:
        return f"{left} is faster than {right}" + (f": {much}" if found.is_known else "")
    parts = [f"{left} is faster than {right} in {found.left_faster} of {_workloads(count)}"]
    parts += [f"{right} in {found.right_faster}"] if found.right_faster else []
    parts += [f"equal in {found.equal}"] if found.equal else []
    parts += [f"{unsure} cannot be told"] if unsure else []
    if not found.is_known:
        return ", ".join(parts)
    # two measurements, not the ends of an interval: each has digits of its own
    least, most = (units.ratios(end)[0] for end in (found.least, found.most))
    return f"{', '.join(parts)}; on average {much}, from {least} to {most}"


# --- where the answer changes -------------------------------------------------------------------
def _crossing(found: Crossover) -> Sentence:
    """Write such as `CPU or GPU, matmul: the CPU is faster up to size 64, the GPU from 256 on`."""
    where = ", ".join(filter(None, (_target(found), _fixed(found))))
    first, *middle, last = found.spans
    name = found.parameter
    parts = [f"{_the(first, found)} is faster up to {name} {first.last}"]
    parts += [f"{_the(one, found)} {_between(one, name)}" for one in middle]
    parts += [f"{_the(last, found)} from {name} {last.first} on"]
    text = f"{side(found.left)} or {side(found.right)}, {where}: {', '.join(parts)}"
    return Sentence(text, ())


def _the(span: Span, found: Crossover) -> str:
    article = "the " if found.question == "device" else ""
    return f"{article}{side(span.side)}"


def _between(span: Span, name: str) -> str:
    if span.first == span.last:
        return f"at {name} {span.first}"
    return f"from {name} {span.first} to {span.last}"


def _target(found: Crossover) -> str:
    """Name the backend and the device of targets that are compared like with like."""
    if not found.same:
        return ""
    device, backend, *_ = found.same
    return f"{backend} on {side(device)}"


def _fixed(found: Crossover) -> str:
    """Name the workloads by what they have in common: `forward mnist-512`."""
    named = (
        str(value) if name == "network" else f"{name} {value}"
        for name, value in found.fixed.items()
    )
    return shorten(" ".join((found.kind, *named)))


def _workloads(count: int) -> str:
    return units.counted(count, "workload")
