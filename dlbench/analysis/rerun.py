"""Write the command that measures some cases of a run again, more thoroughly than before."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from dlbench.errors import UsageError
from dlbench.records.case import Case
from dlbench.records.plan import MOST_GENERATIONS
from dlbench.records.run import Run
from dlbench.syntax import expression

START = ["dlbench", "run"]
CROSSOVER = ["dlbench", "crossover"]


KEEP, BUDGET = "-k", "--budget"


# Options that the new command replaces, or that would end the new run too early.
REPLACED = (KEEP, "--rigor", "--generations", "--precision", BUDGET)


# Most workloads named in the command: a longer one is tedious to type and saves little time.
MOST_WORKLOADS = 4

# So many times the time halves an interval.
LONGER = 4


@dataclass(frozen=True)
class RerunCommand:
    """Builds commands that keep the suite, targets and axes of a run's own command."""

    run: Run

    def command(self, cases: Sequence[Case]) -> str:
        """Write a command that measures at least these cases of the run."""
        if _words(self.run.command)[:2] == CROSSOVER:
            return shlex.join(self._longer)
        return shlex.join([*self._kept[0], *self._selection(cases), *self._rigor])

    @property
    def _longer(self) -> list[str]:
        """Return the run's own command with more time: its rows are no suite's."""
        kept, left = list[str](), iter(_words(self.run.command))
        for word in left:
            option, value = _option(word)
            if option != BUDGET:
                kept.append(word)
            elif value is None:
                next(left, None)
        budget_s = self.run.plan.sampling.budget_s
        return [*kept, *([BUDGET, f"{LONGER * budget_s:g}"] if budget_s else [])]

    @cached_property
    def _targets(self) -> list[str]:
        return list(dict.fromkeys(case.target.id for case in self.run.plan.cases))

    @cached_property
    def _workloads(self) -> int:
        """Return the number of workloads of the run."""
        return len({case.workload.id for case in self.run.plan.cases})

    @cached_property
    def _kept(self) -> tuple[list[str], list[str]]:
        """Return the words of the run's command to keep, and its own -k option."""
        words = _words(self.run.command)
        if words[:2] != START:
            return [*START, self.run.plan.suite], []
        kept: list[str] = []
        keep: list[str] = []
        left = iter(words)
        for word in left:
            option, value = _option(word)
            if option not in REPLACED:
                kept += [] if word == "--dry-run" else [word]
                continue
            value = next(left, "") if value is None else value
            keep = [KEEP, value] if option == KEEP else keep
        return kept, keep

    @cached_property
    def _rigor(self) -> list[str]:
        sampling = self.run.plan.sampling
        twice = ["--generations", str(min(2 * sampling.generations, MOST_GENERATIONS))]
        return ["--rigor", "rigorous", *(twice if sampling.rigor == "rigorous" else [])]

    def _selection(self, cases: Sequence[Case]) -> list[str]:
        """Return a -k option for these workloads and targets, or the run's own if too long."""
        keep = self._kept[1]
        workloads = dict.fromkeys(f"{case.workload.id}/" for case in cases)
        targets = dict.fromkeys(case.target.id for case in cases)
        if len(workloads) > MOST_WORKLOADS:
            return keep
        # the run's -k may have excluded targets, so a part of an id might match more than one
        named = targets if keep else [self._distinct(target) for target in targets]
        every = not keep and len(targets) == len(self._targets)
        if every and len(workloads) == self._workloads:
            return []
        text = " and ".join(map(_any, [workloads] if every else [workloads, named]))
        return [KEEP, text] if _is_readable(text) else keep

    def _distinct(self, target: str) -> str:
        """Return the shortest beginning of a target's id that no other target shares."""
        parts = target.split("/")
        for count in range(1, len(parts)):
            start = "/".join(parts[:count]) + "/"
            if sum(other.startswith(start) for other in self._targets) == 1:
                return f"/{start}"
        return f"/{target}"


def _any(words: Iterable[str]) -> str:
    listed = list(words)
    return f"({' or '.join(listed)})" if len(listed) > 1 else listed[0]


def _option(word: str) -> tuple[str, str | None]:
    """Split a word into option and value, such as `--rigor=quick` or `-kmatmul`."""
    if word.startswith(KEEP) and word != KEEP:
        return KEEP, word.removeprefix(KEEP)
    option, equals, value = word.partition("=")
    return option, value if equals else None


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # not written by dlbench
        return []


def _is_readable(text: str) -> bool:
    """Return whether -k accepts the text; a name may contain a parenthesis."""
    try:
        expression(text)
    except UsageError:
        return False
    return True
