"""Adding a command is adding one file: it is in the help, and it runs."""

from fakes.package import PackageCopy

HELLO = '''
"""Say hello."""

from typing import Annotated

import typer

HELP = """Say hello.

Example: dlbench hello world
"""


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("hello", help=HELP)(hello)


def hello(name: Annotated[str, typer.Argument(help="To whom.")]) -> int:
    """Say it."""
    typer.echo(f"hello {name}")
    return 0
'''


def test_a_command_is_added_by_adding_a_file(tmp_path) -> None:
    package = PackageCopy(tmp_path)
    package.add("dlbench/commands/hello.py", HELLO)
    listed = [line.split(maxsplit=1) for line in package.run("--help").splitlines()]
    assert ["hello", "Say hello."] in listed
    assert package.run("hello", "world") == "hello world\n"
