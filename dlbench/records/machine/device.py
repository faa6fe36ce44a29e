"""The accelerators of a machine, as their driver describes them."""

from dlbench.records.base import NotNegative, Record, Whole


class Link(Record, frozen=True):
    """A PCIe link: its generation and its number of lanes, now and at most.

    A card that does nothing may lower `generation`.
    """

    generation: Whole | None = None
    lanes: Whole | None = None
    most_generation: Whole | None = None
    most_lanes: Whole | None = None


class Device(Record, frozen=True):
    """A card, or a MIG instance of one; None is what the driver does not tell.

    device: its name in dlbench, such as `cuda:1`, empty if the user's variables hide it;
    capability: of computing, such as `9.0`; cores: its units for single precision; bus_bits: the
    width of the memory's bus; l2_bytes: the cache that all multiprocessors share; core_mhz,
    memory_mhz: the highest clocks; power_limit_w: the limit that applies now; ecc: whether memory
    errors are corrected; mig: whether the card is divided, or is a part; compute_mode: who may
    compute on it; numa_node: the node of the host that it is next to; others: the number of
    programs of others that compute on it.
    """

    device: str
    uuid: str
    name: str
    driver: str | None = None
    capability: str | None = None
    cores: Whole | None = None
    multiprocessors: Whole | None = None
    memory_bytes: Whole | None = None
    free_bytes: Whole | None = None
    bus_bits: Whole | None = None
    l2_bytes: Whole | None = None
    core_mhz: NotNegative | None = None
    memory_mhz: NotNegative | None = None
    power_limit_w: NotNegative | None = None
    ecc: bool | None = None
    mig: bool | None = None
    compute_mode: str | None = None
    pcie: Link | None = None
    numa_node: Whole | None = None
    others: Whole | None = None
