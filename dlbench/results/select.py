"""A part of a run: the cases that match an expression, as if nothing else had been measured."""

import shlex
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from dlbench.errors import UsageError
from dlbench.records.case import Case, Group
from dlbench.results.folder import Results
from dlbench.syntax import expression

# The option of `dlbench run` that chooses cases.
KEEP = "-k"


def selected(results: Results, words: str) -> Results:
    """Return the run with the cases whose id matches the expression; all if it is empty.

    A null stays with the case that it copies. UsageError if no case matches, and for a mistake in
    the expression.
    """
    if not words:
        return results
    found = part_of(results, expression(words, "--filter"))
    if not found.run.plan.groups:
        raise UsageError(
            "--filter matches no case of the run",
            value=words,
            allowed="words of these ids: " + ", ".join(_words(results)),
        )
    return replace(found, run=replace(found.run, command=narrowed(results.run.command, words)))


def part_of(results: Results, keeps: Callable[[str], bool]) -> Results:
    """Return the run with the cases whose ids are kept, which may be none."""
    groups = [_part(group, keeps) for group in results.run.plan.groups]
    kept = tuple(group for group in groups if group.cases)
    live = {case.id for group in kept for case in group.live}
    return replace(
        results,
        run=replace(results.run, plan=replace(results.run.plan, groups=kept)),
        measurements=tuple(one for one in results.measurements if one.case in live),
    )


def _part(group: Group, keeps: Callable[[str], bool]) -> Group:
    cases = tuple(case for case in group.cases if keeps(case.id))
    kept = replace(group, cases=cases)

    def nulls_of(nulls: Iterable[Case]) -> tuple[Case, ...]:
        return tuple(null for null in nulls if kept.repeated_by(null) is not None)

    return replace(
        kept,
        null=next(iter(nulls_of([group.null] if group.null else [])), None),
        nulls=tuple(map(nulls_of, group.nulls)),
    )


def narrowed(command: str, words: str) -> str:
    """Return a command that measures only what also matches the expression."""
    parts = shlex.split(command)
    if KEEP in parts[:-1]:
        place = parts.index(KEEP) + 1
        parts[place] = f"({parts[place]}) and ({words})"
        return shlex.join(parts)
    return shlex.join([*parts, KEEP, words])


def _words(results: Results) -> list[str]:
    ids = (case.id for case in results.run.plan.cases)
    return list(dict.fromkeys(word for one in ids for word in one.split("/")))
