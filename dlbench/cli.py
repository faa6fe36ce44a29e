"""The `dlbench` command: finds its sub-commands in `dlbench/commands/`, and ends with exit codes.

Importing it loads no framework, no numpy and nothing else that takes time.
"""

import os
import sys

import typer

from dlbench import __version__, registry
from dlbench.errors import EXIT_USAGE, DlbenchError, refused
from dlbench.text import clean

# The exit code if the reader stops reading (`dlbench show | head`), which is no error.
EXIT_BROKEN_PIPE = 141
STANDARD_OUTPUT = 1


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dlbench {__version__}")
        raise typer.Exit


def build() -> typer.Typer:
    """Return the application, with one sub-command per file."""
    app = typer.Typer(
        help="Which framework, mode and device is fastest for your network on your machine?",
        epilog="Start with: dlbench run",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # drawing the help with rich takes longer than all the rest
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def root(
        version: bool = typer.Option(
            False, "--version", help="Print the version.", callback=_version, is_eager=True
        ),
    ) -> None:
        pass

    for name in registry.names("commands"):
        registry.load("commands", name).add(app)
    return app


def main() -> None:
    """Run the command line; a user's mistake ends in one message and an exit code."""
    try:
        code = _run()
        sys.stdout.flush()
    except DlbenchError as error:
        _flush()
        sys.exit(_complain(str(error), error.exit_code))
    except BrokenPipeError:
        sys.exit(_unheard())
    except SystemExit as end:  # so typer and rich end the program when the reader has gone
        sys.exit(_unheard() if isinstance(end.__context__, BrokenPipeError) else end.code)
    except OSError as error:
        refusal = refused(error)
        _flush()
        sys.exit(_complain(str(refusal), refusal.exit_code))
    except Exception as error:
        show = getattr(error, "show", None)  # what typer raises for wrong options
        if show is None:
            raise
        show()
        sys.exit(getattr(error, "exit_code", EXIT_USAGE))
    sys.exit(code)


def _run() -> int | None:
    """Run the command; return its exit code. Ctrl-C goes up: typer alone ends without a word."""
    command = typer.main.get_command(build())
    try:
        with command.make_context("dlbench", sys.argv[1:]) as context:
            code: int | None = command.invoke(context)
    except typer.Exit as end:  # of --help and --version
        return end.exit_code
    return code


def _unheard() -> int:
    """Discard the remaining output; return the exit code."""
    _discard_output()
    return EXIT_BROKEN_PIPE


def _flush() -> None:
    """Write what is buffered, or discard it if that is what cannot be written."""
    try:
        sys.stdout.flush()
    except (OSError, DlbenchError):
        _discard_output()


def _discard_output() -> None:
    """Send what is still buffered nowhere, or Python would complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STANDARD_OUTPUT)


def _complain(message: str, code: int) -> int:
    print(clean(f"dlbench: {message}"), file=sys.stderr)
    return code
