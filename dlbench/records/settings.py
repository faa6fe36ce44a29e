"""What a backend does otherwise than its framework: settings, and definitions."""

from msgspec import field

from dlbench.records.base import Record

# Stand for what depends on the target or the machine, in a value of a Departure.
PLACEHOLDERS = {
    "{cores}": "one per core",
    "{threads}": "as --threads says",
    "{scratch}": "<a new folder>",
    "{network}": "as the network says",
    "{device}": "the target's device",
}

Value = str | bool | int | float | None


class Departure(Record, frozen=True):
    """A setting that differs from the framework's default.

    name: as the framework writes it; default: the framework's value, None if it is not set; ours:
    the value that dlbench sets, both with PLACEHOLDERS; why: the reason, a sentence without a stop;
    devices: the kinds of device on which it matters, empty for all; measured_by: an axis of the
    target and its value that measures with the default, empty if there is none.
    """

    name: str
    why: str
    default: Value = None
    ours: Value = None
    devices: tuple[str, ...] = ()
    measured_by: dict[str, str] = field(default_factory=dict)

    @property
    def option(self) -> str:
        """Return the option that measures with the default, such as `--dtype tf32`."""
        return " ".join(f"--{axis} {value}" for axis, value in self.measured_by.items())


class Difference(Record, frozen=True):
    """A result that differs between frameworks by definition, within the tolerance.

    quantity: the beginning of the names of the quantities; optimizers: those after whose step they
    differ; note: what differs, a sentence without a stop.
    """

    quantity: str
    optimizers: tuple[str, ...]
    note: str


def in_words(value: Value) -> str:
    """Return a value of a Departure for people."""
    text = "not set" if value is None else str(value)
    for placeholder, words in PLACEHOLDERS.items():
        text = text.replace(placeholder, words)
    return text
