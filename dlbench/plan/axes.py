"""The axes along which two targets can be compared: batch, size, width and depth.

Each turns a whole number into a workload of its kind. It must not know any target.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from dlbench.errors import UsageError, unknown
from dlbench.plan.network import check
from dlbench.records.case import Workload
from dlbench.records.layers import FullyConnected, Layer
from dlbench.records.network import Network
from dlbench.workloads.base import Params


@dataclass(frozen=True)
class Axis:
    """An axis. kinds: the workloads that have it, the default first; first, last: its usual ends.

    most: larger values are typing errors; network: makes the network of a value, None where the
    axis is none of a network.
    """

    name: str
    kinds: tuple[str, ...]
    first: int
    last: int
    most: int
    network: Callable[[Network, int], Network] | None = None

    @property
    def has_network(self) -> bool:
        """Return whether its workloads are those of a network."""
        return self.network is not None

    def point(self, network: Network | None, value: int) -> tuple[Params, Network | None]:
        """Return the parameters of the workload at a value, and its network."""
        if network is None or self.network is None:
            return dict.fromkeys(("m", "n", "k"), value), None
        made = self.network(network, value)
        batch = value if self.name == "batch" else network.batch
        return {"network": made.name, "batch": batch}, made

    def value(self, workload: Workload) -> int:
        """Return the value at which a workload of `point` stands."""
        if self.name in workload.axes:
            return int(workload.axes[self.name])
        name = str(workload.params["network"])  # such as iris-w64
        return int(name.rpartition("-")[2][1:])


def _same(network: Network, _: int) -> Network:
    return network


def _wide(network: Network, units: int) -> Network:
    """Return the network with as many units in every hidden layer."""
    _dense(network, "width")
    *hidden, last = network.layers
    layers = (
        replace(layer, units=units) if isinstance(layer, FullyConnected) else layer
        for layer in hidden
    )
    return _made(network, f"w{units}", (*layers, last))


def _deep(network: Network, count: int) -> Network:
    """Return the network with as many hidden layers: the last one is left out or repeated.

    A hidden layer comes with what follows it up to the next one, such as its dropout.
    """
    first = network.layers.index(_dense(network, "depth")[0])
    blocks: list[list[Layer]] = []
    for layer in network.layers[first:-1]:
        if isinstance(layer, FullyConnected):
            blocks.append([])
        blocks[-1].append(layer)
    repeated = (blocks + blocks[-1:] * count)[:count]
    layers = (layer for block in repeated for layer in block)
    return _made(network, f"d{count}", (*network.layers[:first], *layers, network.layers[-1]))


def _dense(network: Network, axis: str) -> list[Layer]:
    """Return the fully connected layers, hidden ones first; UsageError if none is hidden."""
    found: list[Layer] = [layer for layer in network.layers if isinstance(layer, FullyConnected)]
    if len(found) == 1:
        raise UsageError(
            f"network {network.name} has no hidden layer, so no {axis}",
            value=axis,
            allowed="batch, or a network with a hidden layer",
            hint="See: dlbench list networks",
        )
    return found


def _made(network: Network, suffix: str, layers: tuple[Layer, ...]) -> Network:
    made = replace(network, name=f"{network.name}-{suffix}", layers=layers)
    check(f"network {made.name}", made)
    return made


STEPS = ("train_step", "predict", "forward", "backward")

AXES: Mapping[str, Axis] = {
    axis.name: axis
    for axis in (
        Axis("batch", STEPS, 1, 4096, 1_000_000, _same),
        # A product of 4096 takes a second on two cores, and its check several.
        Axis("size", ("matmul",), 16, 2048, 65_536),
        Axis("width", STEPS, 8, 4096, 65_536, _wide),
        Axis("depth", STEPS, 1, 64, 1024, _deep),
    )
}


def axis_named(name: str) -> Axis:
    """Return an axis; UsageError if there is none of this name."""
    if name == "threads":
        raise UsageError.worded(
            "--axis threads: not possible, as a target has its thread count. "
            "Try: dlbench run train_step --network iris --threads 1-4",
            value=name,
            allowed=", ".join(AXES),
            hint="Try: dlbench run train_step --network iris --threads 1-4",
        )
    if name not in AXES:
        raise unknown("axis", name, AXES)
    return AXES[name]
