"""What the options of several commands have in common."""

from typing import Any

import typer

# Given once with commas, or repeated.
Words = list[str] | None


def option(flag: str, help_text: str) -> Any:
    """An option whose default the help does not show: without it, the suite or machine decides."""
    return typer.Option(flag, help=help_text, show_default=False)
