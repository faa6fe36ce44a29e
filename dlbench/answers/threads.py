"""How many threads to use, in sentences."""

from collections.abc import Sequence

from msgspec.structs import replace

from dlbench import units
from dlbench.analysis.labels import target_names
from dlbench.analysis.rows import Row
from dlbench.answers.scaling import Cliff, Scaling
from dlbench.answers.words import times

# Cliffs that are told, the largest first; the chart has all.
MOST_CLIFFS = 3


def texts(rows: Sequence[Row], scalings: Sequence[Scaling], cores: int) -> list[str]:
    """Return what is best, and the largest cliffs; rows: of the run; cores: those it could use."""
    if not scalings:
        return []
    names = _names(rows, scalings)
    one, *more = scalings
    summary = _of_many(scalings, names, cores) if more else _of_one(one, names[one.case], cores)
    cliffs = [(found, names[one.case]) for one in scalings for found in one.cliffs]
    largest = sorted(cliffs, key=lambda pair: -pair[0].ratio)[:MOST_CLIFFS]
    return [summary, *(_cliff(found, name) for found, name in largest)]


def _names(rows: Sequence[Row], scalings: Sequence[Scaling]) -> dict[str, str]:
    """Name the cases of the scalings by target and workload, without the threads."""
    cases = {one.case for one in scalings}
    known = [row for row in rows if row.case in cases]
    alike = {row.case: replace(row.target, threads=0) for row in known}
    targets = target_names(list(dict.fromkeys(alike.values())))
    return {row.case: f"{targets[alike[row.case]]}, {row.workload.label}" for row in known}


def _of_one(one: Scaling, name: str, cores: int) -> str:
    """Write such as `numpy, matmul 64: 1 thread is best; the default 2 take 1.3 times as long`."""
    usual = _usual(one, cores)
    if one.verdict == "slower":
        return f"{name}: {_are(one.best)} best; {usual} take {_ratio(one)} times as long"
    if one.verdict == "faster":
        low, high = (None if end is None else 1 / end for end in (one.high, one.low))
        best = f"{units.counted(one.best, 'thread')} {'takes' if one.best == 1 else 'take'}"
        much = times(1 / one.ratio, low, high)
        return f"{name}: {usual} threads are best; {best} {much} times as long"
    if one.verdict == "same":
        return f"{name}: {usual} threads and {one.best} are equal"
    return f"{name}: no difference can be told between {usual} threads and others"


def _of_many(scalings: Sequence[Scaling], names: dict[str, str], cores: int) -> str:
    """Count where the usual threads are best, and where others are; name the largest difference."""
    counts = {
        verdict: [one for one in scalings if one.verdict == verdict]
        for verdict in ("faster", "slower", "same", "unsure")
    }
    usual = {_usual(one, cores) for one in scalings}
    who = f"{usual.pop()} threads are" if len(usual) == 1 else "as many threads as cores are"
    parts = [f"{who} best in {len(counts['faster'])} of {units.counted(len(scalings), 'case')}"]
    parts += [f"others in {len(counts['slower'])}"] if counts["slower"] else []
    parts += [f"equal in {len(counts['same'])}"] if counts["same"] else []
    parts += [f"{len(counts['unsure'])} cannot be told"] if counts["unsure"] else []
    text = f"threads: {', '.join(parts)}"
    worst = max(counts["slower"], key=lambda one: one.ratio, default=None)
    return text if worst is None else f"{text}; most in {_of_one(worst, names[worst.case], cores)}"


def _usual(one: Scaling, cores: int) -> str:
    return f"the default {one.usual}" if one.usual == cores else str(one.usual)


def _are(count: int) -> str:
    return f"{units.counted(count, 'thread')} {'is' if count == 1 else 'are'}"


def _ratio(one: Scaling | Cliff) -> str:
    return times(one.ratio, one.low, one.high)


def _cliff(found: Cliff, name: str) -> str:
    """Write such as `numpy, matmul 64: from 2 to 4 threads a step takes 3.1 times as long`."""
    where = f"from {found.fewer} to {units.counted(found.more, 'thread')}"
    return f"{name}: {where} a step takes {_ratio(found)} times as long"
