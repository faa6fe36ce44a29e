"""The options that several commands share, the command line, and the signals that end a run."""

import gc
import os
import shlex
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer

from dlbench.text import clean, readable

if TYPE_CHECKING:
    from dlbench.records.base import Record

P = ParamSpec("P")
T = TypeVar("T")

# Given once with commas, or repeated.
Words = list[str] | None


def option(flag: str, help_text: str, *, short: str = "") -> Any:
    """Return an option whose help names its default in words."""
    flags = (short, flag) if short else (flag,)
    return typer.Option(*flags, help=help_text, show_default=False)


def _share(text: str) -> float:
    """Read a fraction such as 0.02, or the same as a percentage: 2%."""
    number = text.removesuffix("%")
    try:
        return float(number) / (1 if number == text else 100)
    except ValueError:
        what = f"{text!r} is neither a fraction such as 0.02 nor a percentage such as 2%"
        raise typer.BadParameter(what) from None


def share(flag: str, help_text: str) -> Any:
    """Return an option whose value is a fraction or a percentage."""
    return typer.Option(flag, help=help_text, show_default=False, parser=_share, metavar="SHARE")


Backend = Annotated[
    Words,
    option("--backend", "Frameworks, see: dlbench list backends. [default: all installed]"),
]
Device = Annotated[
    Words,
    option(
        "--device",
        "cpu, gpu (the first one), all, or names such as cuda:1. [default: cpu, and cuda if there "
        "is a GPU]",
    ),
]
Mode = Annotated[
    Words,
    option(
        "--mode",
        "Modes such as eager or compile, or a kind: dynamic (eager), static (compiled; slow ones "
        "only by name), default (each framework's default mode).",
    ),
]
Dtype = Annotated[
    Words,
    option(
        "--dtype",
        "autocast-bfloat16, bfloat16, float16, float32, float64 or tf32. [default: float32]",
    ),
]
Threads = Annotated[Words, option("--threads", "Thread counts. [default: all usable cores]")]
Network = Annotated[Words, option("--network", "Networks, see: dlbench list networks.")]
Results = Annotated[Path, typer.Option("--results", help="Folder of results.")]
RESULTS = Path("results")
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Show no progress; warnings and errors are shown.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Write over files that are not dlbench's own.")
]
NoWait = Annotated[
    bool,
    typer.Option(
        "--no-wait",
        help="If another dlbench measures on this machine, fail instead of waiting for its end.",
    ),
]
NoLock = Annotated[
    bool,
    typer.Option(
        "--no-lock",
        help="Measure even if another dlbench measures on this machine; both results say so.",
    ),
]
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="Path, id, beginning of an id, or latest.")
]

Baseline = Annotated[
    str | None, option("--baseline", "Compare with this target, such as torch/eager.")
]
Margin = Annotated[
    float | None,
    share("--margin", "Differences below this count as equal. [default: 0.02, which is 2 %]"),
]
Filter = Annotated[
    str,
    option(
        "--filter", 'Only cases whose id matches this expression, such as "torch and not b512".'
    ),
]
Sort = Annotated[
    str,
    typer.Option(
        "--sort", help="Order of targets: rank, name, plan, or a metric such as time or gflops."
    ),
]
Top = Annotated[
    int | None,
    option(
        "--top",
        "Show so many lines of each table; 0 for all. [default: all, or 5 on a long page]",
    ),
]


def echo(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print a text that may hold anything, such as the name of a folder, as clean text."""
    typer.echo(clean(str(text)), err=err, nl=nl)


def options_of(request: "type[Record]", arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a command that are fields of what it asks for, each by its own name."""
    return {name: arguments[name] for name in request.__struct_fields__ if name in arguments}


def other_runs(no_wait: bool, no_lock: bool) -> str:
    """Return what to do if another dlbench measures; UsageError for both options."""
    from dlbench.errors import UsageError

    if no_wait and no_lock:
        hint = "--no-wait fails if another dlbench measures, --no-lock measures beside it"
        raise UsageError("--no-wait and --no-lock do not go together", hint=hint)
    return "refuse" if no_wait else "ignore" if no_lock else "wait"


def reading(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command that reads results do without Python's search for cycles of objects.

    It looks at all samples again and again, of which a large run has a million, and finds nothing:
    it would take half of the time (bench/reach/scaling.py).
    """

    @wraps(command)
    def undisturbed(*arguments: P.args, **options: P.kwargs) -> T:
        gc.disable()
        try:
            return command(*arguments, **options)
        finally:
            gc.enable()

    return undisturbed


def command_line() -> str:
    """Return the typed command, for the record of a run."""
    return readable(shlex.join(["dlbench", *sys.argv[1:]]))


# Standard output and standard error.
OUTPUTS = (1, 2)


def end_in_order() -> None:
    """Treat SIGTERM and SIGHUP like Ctrl-C: the run keeps its measurements and ends its workers."""
    terminals = [output for output in OUTPUTS if os.isatty(output)]
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # a signal that was ignored at the start stays ignored, as `nohup` wants it
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, partial(_interrupt, terminals))


def _interrupt(terminals: Sequence[int], number: int, frame: FrameType | None) -> None:
    """Interrupt; nothing more is written to a terminal that was closed, which would be an error."""
    for output in terminals:
        if not os.isatty(output):
            os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    signal.default_int_handler(number, frame)
