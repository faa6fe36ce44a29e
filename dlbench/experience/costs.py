"""What starting, compiling and getting ready take on this machine, learnt from each stored run."""

from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean

from dlbench.experience.book import Book
from dlbench.records.case import Case
from dlbench.records.costs import NO_COSTS, Costs, Seen, names_of
from dlbench.records.measurement import Measurement
from dlbench.records.run import Environment
from dlbench.results.folder import Results

# The values of each name that are kept, the latest ones.
MOST_VALUES = 3

# Names that are kept; those of the latest runs.
MOST_NAMES = 2000

BOOK = Book("costs", Costs)

Found = Mapping[str, list[float]]


def usual(environment: Environment) -> tuple[Costs, str]:
    """Return what is known of this machine and these versions, and a note."""
    known, note = BOOK.read(environment)
    return known or NO_COSTS, note


def remember(results: Results) -> str:
    """Add what a run took to the book; return a note if that is not possible."""
    known, _ = usual(results.run.environment)
    learnt = after(known, results)
    return "" if learnt is known else BOOK.write(results.run.environment, learnt)


def after(known: Costs, results: Results) -> Costs:
    """Return what is known after a run; the same object if it shows nothing."""
    starting, compilers, preparing = (defaultdict[str, list[float]](list) for _ in range(3))
    cases = {case.id: case for group in results.run.plan.groups for case in group.live}
    started: set[object] = set()
    for one in results.measurements:
        case = cases.get(one.case)
        if case is None or one.preparing_s is None or one.status != "ok":
            continue
        if one.starting_s:
            starting[case.target.id].append(one.starting_s)
        compiler_s = _compiler_s(one, case, started)
        if compiler_s is not None:
            compilers[case.target.id].append(compiler_s)
        for name in names_of(case):
            preparing[name].append(max(0.0, one.preparing_s - (compiler_s or 0.0)))
    if not preparing:
        return known
    return Costs(
        known.runs + 1,
        _merged(known.starting, starting),
        _merged(known.compilers, compilers),
        _merged(known.preparing, preparing),
    )


def _compiler_s(one: Measurement, case: Case, started: set[object]) -> float | None:
    """Return the seconds of the compiler's start if this case began it, else None."""
    worker = case.target, case.null, one.generation
    if one.compiling is None or worker in started:
        return None
    started.add(worker)
    return one.compiling.start_s


def _merged(known: Seen, found: Found) -> Seen:
    """Return the values by name, those of the latest runs last: one a run, its mean."""
    kept = {name: values for name, values in known.items() if name not in found}
    new = {
        name: (*known.get(name, ()), fmean(values))[-MOST_VALUES:] for name, values in found.items()
    }
    return dict([*kept.items(), *new.items()][-MOST_NAMES:])
