"""The results of a sitting as Markdown, and their place in the documentation."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import reached
from quiet import NOISY
from schedule import BETWEEN, OURS, WITHIN
from theirs import tools

import analysis
from analysis import Share, percent

Record = dict[str, Any]

BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
SMOKE = "**A smoke test: too few and too short pairs for any verdict below.**"
OUR_RULE = "the verdict: the interval of the ratio lies beyond the margin"


def table(results: Record) -> str:
    """Everything that the sitting says; no figure in it is typed by hand."""
    parts = [
        _head(results),
        _spreads(results),
        _slow_downs(results),
        _uneven(results),
        _reached(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell or "–" for cell in line) + " |" for line in lines)


def _head(results: Record) -> str:
    head = results["head"]
    machine, settings = head["machine"], head["settings"]
    others = _number(analysis.others(results["comparisons"]), 2) or "an unknown number of"
    versions = ", ".join(f"{name} {version}" for name, version in head["versions"].items())
    return (
        f"{head['started']}, {machine['cpu']}, {machine['usable_cores']} usable cores, "
        f"{machine['system']}; Python {machine['python']}, {versions}. "
        f"Step: float32 matmul {results['head']['size']}×{results['head']['size']}, "
        f"{settings['threads']} threads. {settings['seconds']:g} s of wall time for a comparison, "
        f"starting processes included. In the median pair, others kept {others} cores busy."
        f"{_interruptions(results)}"
        f"{' ' + SMOKE if settings.get('quick') else ''}"
    )


def _interruptions(results: Record) -> str:
    """What was not as planned."""
    again, held_s = results.get("again", {}), results.get("held_s", 0)
    disturbed = sum(one["others"] > NOISY for one in results["comparisons"])
    attempts, judged = results.get("attempts", 1), results.get("judged")
    told = [
        f"Made again: {', '.join(f'{count} {what}' for what, count in again.items())}."
        if again
        else "",
        f"Disturbed all the same (others kept more than {NOISY} cores busy): {disturbed}."
        if disturbed
        else "",
        f"Between comparisons the sitting was held up for {held_s / 60:.0f} minutes."
        if held_s
        else "",
        f"Steps were looked for {attempts} times until their ratios fitted."
        if attempts > 1
        else "",
        f"dlbench's verdicts are those of {judged} on the blocks that were stored."
        if judged
        else "",
    ]
    return "".join(f" {line}" for line in told if line)


def _spreads(results: Record) -> str:
    parts = (
        ("aa", "two processes", (OURS, *BETWEEN)),
        ("aa-inside", "one process", (OURS, *WITHIN)),
    )
    found = [
        (f"{where}, {'load' if load else 'quiet'}", tool, pairs)
        for load in (False, True)
        for part, where, names in parts
        for tool in names
        if (pairs := analysis.of(results, part, tool, load=load))
    ]
    if not found:
        return ""
    rows = [
        [where, tool, *(column(pairs) for column in COLUMNS.values())]
        for where, tool, pairs in found
    ]
    rules = {OURS: OUR_RULE} | {name: tool.rule for name, tool in tools(threads=1).items()}
    told = "\n".join(f"- {name}: {rule}." for name, rule in rules.items())
    return (
        f"{markdown(('A/A', 'tool', *COLUMNS), rows)}\n\n"
        f"Declared different, by each tool's rule:\n\n{told}"
    )


def _lost(pairs: Sequence[Record]) -> str:
    lost = sum(not pair["ratio"] for pair in pairs)
    return f" ({lost} without a ratio)" if lost else ""


def _share(share: Share) -> str:
    return f"{share.hits} of {share.n}" if share.n else ""


def _with_ratio(pairs: Sequence[Record]) -> list[Record]:
    return [pair for pair in pairs if pair["ratio"]]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


COLUMNS: dict[str, Callable[[Sequence[Record]], str]] = {
    "pairs": lambda pairs: f"{len(pairs)}{_lost(pairs)}",
    "sd of log ratio": lambda pairs: percent(analysis.spread(analysis.logs(pairs))),
    "off by > 2 %": lambda pairs: _share(analysis.off(pairs)),
    "declared different": lambda pairs: _share(analysis.declared(_with_ratio(pairs))),
    "the same": lambda pairs: _share(analysis.declared(pairs, ("same",))),
    "mean ratio": lambda pairs: _number(analysis.mean_ratio(pairs), 4),
    "95 % interval holds 1": lambda pairs: _share(analysis.covered(pairs)),
    "s a pair": lambda pairs: _number(analysis.seconds(pairs), 1),
    "of them timed": lambda pairs: percent(analysis.timed_share(pairs), 0),
    "cores used by others": lambda pairs: _number(analysis.others(pairs), 2),
}


def _slow_downs(results: Record) -> str:
    truth = results.get("truth")
    if not truth:
        return ""
    names = (OURS, *BETWEEN, *WITHIN)
    rows = [
        [
            f"{percent_slow} %",
            f"256×256×{one['k']}",
            analysis.true_ratio(results, int(percent_slow)),
            _share(analysis.covered(analysis.of(results, f"slow-{percent_slow}"), one["ratio"])),
            *(_found(analysis.of(results, f"slow-{percent_slow}", name)) for name in names),
        ]
        for percent_slow, one in truth["slow"].items()
    ]
    itself = truth["itself"]
    note = (
        f"True ratios: {truth['generations']} generations of fresh processes, one for each step, "
        f"in turns for {truth['seconds']:g} s, without dlbench; the step to itself came out as "
        f"{itself['ratio']:.4f} [{itself['low']:.4f}, {itself['high']:.4f}]."
    )
    titles = ("slow-down", "step", "true ratio", "dlbench's intervals that hold it")
    titles += tuple(f"found by {name}" for name in names)
    return f"{markdown(titles, rows)}\n\n{note}"


def _found(pairs: Sequence[Record]) -> str:
    if not pairs:
        return ""
    return f"{_share(analysis.declared(pairs, ('slower',)))} ({analysis.seconds(pairs):.0f} s)"


def _uneven(results: Record) -> str:
    """Who did not get, or did not use, the wall time that all were allowed."""
    lines = [
        f"- {one.tool}, {one.part}{' with load' if one.load else ''}: {one.seconds:.1f} s of "
        f"{one.allowed:g} s, {'more' if one.seconds > one.allowed else 'less'} than allowed."
        for one in analysis.uneven(results)
    ]
    told = f"Not in equal wall time (the median pair more than {percent(analysis.EQUAL, 0)} off):"
    return "\n".join((told, "", *lines)) if lines else ""


def _reached(results: Record) -> str:
    return markdown(("figure", "found", "must", "aim", "verdict"), reached.lines(results))


def replaced(text: str, generated: str) -> str:
    """The text with what stands between the markers replaced; ValueError where there are none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there is no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{generated}{END}{after}"


def write(path: Path, results: Record) -> None:
    """Put the tables where the document has its markers."""
    path.write_text(replaced(path.read_text(encoding="utf-8"), table(results)), encoding="utf-8")
