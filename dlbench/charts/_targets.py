"""How a target is called and drawn: the same name, colour and marker in all charts of a report.

It must not know matplotlib.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlbench import units
from dlbench.grid import TARGET_AXES
from dlbench.rows import Row

# Okabe and Ito (2008), Color Universal Design, without black and yellow: one of them would
# vanish on a dark or on a light page.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
# One more than there are colours, so that colour and marker together repeat only after 42.
MARKERS = ("o", "s", "D", "^", "v", "P", "X")

MOST_CHARACTERS = 48

Key = tuple[str, ...]


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


def key(row: Row) -> Key:
    """What makes two rows the same target."""
    return tuple(str(getattr(row.target, axis)) for axis in TARGET_AXES)


def measured(rows: Sequence[Row]) -> list[Row]:
    """Rows with a time that may be compared: what failed, parity too, has no point in a chart."""
    return [row for row in rows if row.status == "ok" and row.time.seconds]


def looks(rows: Sequence[Row], drawn: Sequence[Row]) -> dict[Key, Look]:
    """The look of every target among `drawn`; `rows`, all of the report, settle which it is."""
    keys = _keys(rows)
    varying = _varying(keys)
    wanted = set(map(key, drawn))
    return {
        target: Look(_label(target, varying), COLOURS[n % len(COLOURS)], MARKERS[n % len(MARKERS)])
        for n, target in enumerate(keys)
        if target in wanted
    }


def shared(rows: Sequence[Row]) -> str:
    """What all measured targets have in common; empty if nothing."""
    keys = _keys(rows)
    return shortened(", ".join(_words(keys[0], [not varies for varies in _varying(keys)])))


def _keys(rows: Sequence[Row]) -> list[Key]:
    wanted = set(map(key, measured(rows)))
    return [target for target in dict.fromkeys(map(key, rows)) if target in wanted]


def _varying(keys: Sequence[Key]) -> list[bool]:
    return [len(set(values)) > 1 for values in zip(*keys, strict=True)]


def one_line(text: str) -> str:
    """Text from results without line breaks and control characters."""
    spaced = (" " if character.isspace() else character for character in text)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced)


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """Text from results, fit for a label."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"


def _label(target: Key, varying: Sequence[bool]) -> str:
    """The axes that vary; the backend, if there is only one target."""
    shown = varying if any(varying) else [axis == "backend" for axis in TARGET_AXES]
    return shortened(" ".join(_words(target, shown)))


def _words(target: Key, shown: Sequence[bool]) -> list[str]:
    named = dict(zip(TARGET_AXES, target, strict=True))
    named["threads"] = units.counted(int(named["threads"]), "thread")
    return [value for value, show in zip(named.values(), shown, strict=True) if show and value]
