"""How a target is called and drawn: the same name, colour and marker in all charts of a report.

It must not know matplotlib.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlbench import labels
from dlbench.model import Target
from dlbench.rows import Row, timed_rows

# Okabe and Ito (2008), Color Universal Design, without black and yellow: one of them would
# vanish on a dark or on a light page.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
# One more than there are colours, so that colour and marker together repeat only after 42.
MARKERS = ("o", "s", "D", "^", "v", "P", "X")


@dataclass(frozen=True)
class Look:
    """The name of a target, and how its points are drawn."""

    label: str
    colour: str
    marker: str

    @property
    def style(self) -> dict[str, Any]:
        """As matplotlib takes it."""
        return {"color": self.colour, "marker": self.marker}


def looks(rows: Sequence[Row], drawn: Sequence[Row]) -> dict[Target, Look]:
    """The look of every target among `drawn`; `rows`, all of the report, settle which it is."""
    names = labels.target_names(_targets(rows))
    wanted = {row.target for row in drawn}
    return {
        target: Look(name, COLOURS[n % len(COLOURS)], MARKERS[n % len(MARKERS)])
        for n, (target, name) in enumerate(names.items())
        if target in wanted
    }


def shared(rows: Sequence[Row]) -> str:
    """What all measured targets have in common; empty if nothing."""
    return labels.shared(_targets(rows))


def _targets(rows: Sequence[Row]) -> list[Target]:
    """Those measured, in the order of all."""
    wanted = {row.target for row in timed_rows(rows)}
    return [target for target in dict.fromkeys(row.target for row in rows) if target in wanted]
