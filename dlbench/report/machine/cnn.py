"""The lecture's chart: convolutional networks as published, and this machine at its ceiling.

dlbench measures no convolutions. The published times are of a forward and a backward pass of 16
images; beside them stands the time that the same operations take at the measured ceiling.
"""

from collections.abc import Mapping, Sequence

from dlbench import units
from dlbench.formats.base import Cell, Table
from dlbench.machine import peaks
from dlbench.machine.peaks import Convolutional
from dlbench.records.machine.roofs import Ceiling

# Of every published time.
IMAGES = 16

# Passes: the backward pass computes the gradients of inputs and of kernels, so it needs as many
# operations as two forward passes.
PASSES = 3
# A multiplication and an addition.
OPERATIONS = 2

DTYPE = "float32"
MS, GIGA = 1e3, 1e9

NOTE = (
    "Convolutional networks: published times are jcjohnson/cnn-benchmarks, operations are He et "
    "al. (2016). This machine's are not measured: all operations at its float32 ceiling. "
    "Winograd's algorithm, as in cuDNN, needs fewer"
)

PUBLISHED: Mapping[str, tuple[str, ...]] = {
    "xeon_ms": ("2 Xeon", "E5-2630 v3"),
    "titan_ms": ("Pascal", "Titan X"),
    "cudnn_ms": ("Titan X,", "cuDNN 5.1"),
}


def devices(ceilings: Sequence[Ceiling]) -> dict[str, float]:
    """Return the highest float32 ceiling of each device, in GFLOP/s."""
    found: dict[str, float] = {}
    for one in ceilings:
        if one.target.dtype == DTYPE:
            device = one.target.device
            found[device] = max(one.gflops, found.get(device, 0.0))
    return found


def at_ceiling_ms(one: Convolutional, gflops: float) -> float:
    """Return the milliseconds of both passes of all images at so many GFLOP/s."""
    return MS * PASSES * OPERATIONS * IMAGES * one.multiply_adds / (GIGA * gflops)


def table(ceilings: Sequence[Ceiling]) -> Table:
    """Return a line for every network; without a float32 ceiling there are none."""
    known = devices(ceilings)
    heads = tuple(("this", f"{word(device)},", "at best") for device in known)
    rows = tuple((one.network, _line(one, [*known.values()])) for one in peaks.convolutional())
    return Table(
        title=f"The lecture's chart: forward and backward pass of {IMAGES} images, ms",
        heads=(*PUBLISHED.values(), *heads),
        rows=rows if known else (),
        notes=(),
        label="network",
        starred=False,
    )


def word(device: str) -> str:
    """Return a device in a word, such as CPU."""
    return device.upper() if device == "cpu" else device.replace("cuda", "GPU")


def _line(one: Convolutional, rates: Sequence[float]) -> tuple[Cell, ...]:
    published = (float(getattr(one, name)) for name in PUBLISHED)
    here = (at_ceiling_ms(one, gflops) for gflops in rates)
    return tuple(Cell(units.thousands(ms)) for ms in (*published, *here))
