"""The command line as a person meets it: words in; exit code, output and complaints out."""

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest import mock

from dlbench import __main__


@dataclass(frozen=True)
class Answer:
    """What a command line gave."""

    code: int
    out: str
    err: str


def page(*lines: str) -> str:
    """Lines as they are printed."""
    return "".join(f"{line}\n" for line in lines)


def dlbench(*words: str) -> Answer:
    """Run a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["dlbench", *words]),
        mock.patch.object(__main__, "_end_undisturbed"),  # it is for the end of the process
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            __main__.main()
        except SystemExit as end:
            return Answer(int(end.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("main() must end with an exit code")
