"""A crossover as a small Python function, to be pasted into a program.

Whatever comes from results stands in it as a quoted text or behind a `#` on a line of its own.
"""

from math import ceil, floor

from dlbench.analysis.labels import one_line
from dlbench.answers.crossing import Side
from dlbench.errors import UsageError
from dlbench.report.crossing.sentences import answer, other
from dlbench.report.crossing.subject import Subject

FUNCTION = '''\
def {name}({axis}: int) -> str:
    """Return the faster {what} for this {axis}."""
    # {subject}
    # {machine}
    # {limits}
    return {result}
'''


def policy(subject: Subject) -> str:
    """Return the source of the function; UsageError if it is not known which target to return."""
    found = subject.comparison
    if found.change is not None:
        change = found.change
        limits = f"95 % interval of the limit: {floor(change.low)} to {ceil(change.high)}"
        below, above = (_value(subject, side) for side in (change.below, other(change.below)))
        result = f"{below!r} if {found.axis} < {round(change.value)} else {above!r}"
    elif len({one.side for one in found.sure}) == 1:
        limits = answer(subject)
        result = repr(_value(subject, found.sure[0].side))
    else:
        raise UsageError(
            f"there is no policy to write. {answer(subject)}",
            hint="Measure longer, such as with --budget 300",
        )
    is_device = subject.differ_in_device
    versions = ", ".join(f"{name} {version}" for name, version in _versions(subject))
    return FUNCTION.format(
        name="device_for" if is_device else "target_for",
        what="device" if is_device else "target",
        axis=found.axis,
        subject=one_line(f"dlbench {subject.run.dlbench}, {subject.run.id}: {subject.workload}"),
        machine=one_line(f"{_hardware(subject)}; {versions}"),
        limits=one_line(limits),
        result=result,
    )


def _value(subject: Subject, side: Side) -> str:
    target = subject.left if side == "left" else subject.right
    return target.device if subject.differ_in_device else target.id


def _hardware(subject: Subject) -> str:
    machine = subject.run.environment
    return ", ".join([machine.cpu or "unknown CPU", *machine.gpus])


def _versions(subject: Subject) -> list[tuple[str, str]]:
    backends = {subject.left.backend, subject.right.backend}
    known = subject.run.environment.versions.items()
    return [(name, version) for name, version in known if name in backends]
