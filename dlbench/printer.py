"""The printer: what is printed of results goes through it, so that nothing commands a terminal.

Names of folders, results, messages of frameworks and arguments may hold anything. What is no text
is replaced when it is printed, whoever wrote it and however it was spelled in a file.
"""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from dlbench.text import clean


class Printer(Console):
    """A console that shows clean text; its own commands, such as colours, stay."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render anything, with clean text; tables and live pictures are rendered here too."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else clean(text), style, control)


# The format whose text has been rendered by a console, with its colours.
DRAWN = "table"


def put(console: Console, text: str, form: str) -> None:
    """Write a text in a format. On a terminal, a table has colours, and is clean already."""
    is_drawn = form == DRAWN and console.is_terminal
    console.file.write(text if is_drawn else clean(text))
    console.file.flush()  # what is printed next may go another way
