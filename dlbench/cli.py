"""The `dlbench` command: finds its sub-commands in `dlbench/commands/`, and ends with exit codes.

Importing it loads no framework, no numpy and nothing else that takes time.
"""

import sys

import typer

from dlbench import __version__, catalog
from dlbench.errors import EXIT_INTERRUPTED, EXIT_USAGE, DlbenchError

# A reader who stops reading (`dlbench show | head`) is no error of ours.
EXIT_BROKEN_PIPE = 141


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dlbench {__version__}")
        raise typer.Exit


def build() -> typer.Typer:
    """The application, with one sub-command per file."""
    app = typer.Typer(
        help="Which framework, mode and device is fastest for your network on your machine?",
        epilog="Start with: dlbench run",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def root(
        version: bool = typer.Option(
            False, "--version", help="Print the version.", callback=_version, is_eager=True
        ),
    ) -> None:
        pass

    for name in catalog.names("commands"):
        catalog.load("commands", name).add(app)
    return app


def main() -> None:
    """Run the command line; a user's mistake ends in one message and an exit code."""
    try:
        code = build()(standalone_mode=False)
    except DlbenchError as error:
        sys.exit(_complain(str(error), error.exit_code))
    except KeyboardInterrupt:
        sys.exit(_complain("Interrupted.", EXIT_INTERRUPTED))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_BROKEN_PIPE)
    except Exception as error:
        show = getattr(error, "show", None)  # what typer raises for wrong options
        if show is None:
            raise
        show()
        sys.exit(getattr(error, "exit_code", EXIT_USAGE))
    sys.exit(code)


def _complain(message: str, code: int) -> int:
    print(f"dlbench: {message}", file=sys.stderr)
    return code
