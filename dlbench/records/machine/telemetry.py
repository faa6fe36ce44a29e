"""What a card tells of itself beside a block."""

from dlbench.records.base import Finite, NotNegative, Record, Seconds, Whole


class Telemetry(Record, frozen=True, gc=False):
    """The state of a card right after a block; None is what its driver does not tell.

    core_mhz, memory_mhz: its clocks; temperature_c: in degrees Celsius; reasons: the bits of NVML's
    nvmlClocksEventReasons, why the clocks are not higher; capped_s, hot_s: the seconds of the block
    in which the power limit, or heat, held them down; energy_j: the joules that the card has used
    since its driver was loaded. The counter of energy moves every 10 to 100 ms, so it is of use
    between blocks a second apart only.
    """

    core_mhz: NotNegative | None = None
    memory_mhz: NotNegative | None = None
    temperature_c: NotNegative | None = None
    reasons: Whole | None = None
    capped_s: Seconds | None = None
    hot_s: Seconds | None = None
    energy_j: Finite | None = None
