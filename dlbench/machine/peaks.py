"""What processors can reach by what is published of them; the tables beside it name the sources.

GPUs are found by the exact name that the driver gives, CPUs by archspec's microarchitecture.
"""

import csv
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

from msgspec import convert

from dlbench.records.base import DTYPES, Record

TABLES = Path(__file__).parent / "tables"

T = TypeVar("T", bound=Record)

# A fused multiply-add is two floating-point operations.
FMA = 2
BITS = 8

# The widest vectors that the available instructions have; without any of these, 128 bits.
WIDTHS = {"avx512f": 512, "avx": 256}
LEAST_WIDTH = 128


class Core(Record, frozen=True):
    """A core of a microarchitecture.

    fma_bits: the width of a unit for fused multiply-adds; fma_units: those that start one in each
    cycle; chain_cycles: the latencies of a multiplication and an addition of float64, one after the
    other, None where sources differ.
    """

    microarchitecture: str
    fma_bits: int
    fma_units: int
    source: str
    chain_cycles: int | None = None

    def width(self, features: Collection[str]) -> int:
        """Return the bits of a vector, by what the core and the available instructions have."""
        allowed = max((WIDTHS.get(name, LEAST_WIDTH) for name in features), default=LEAST_WIDTH)
        return min(self.fma_bits, allowed)

    def flops_per_cycle(self, dtype: str, features: Collection[str]) -> int:
        """Return the floating-point operations of a cycle. features: available instructions."""
        return FMA * self.fma_units * self.width(features) // (BITS * DTYPES[dtype].bytes)


class Gpu(Record, frozen=True):
    """A GPU: what its maker promises of dense products that accumulate in `accumulation`.

    names: those that drivers give it, with ` | ` between them; read: the day when the source was.
    """

    names: str
    product: str
    accumulation: str
    read: str
    source: str
    float32_tflops: float | None = None
    tf32_tflops: float | None = None
    bfloat16_tflops: float | None = None
    float16_tflops: float | None = None
    memory_gb_s: float | None = None
    memory_gb: float | None = None

    def gflops(self, dtype: str) -> float | None:
        """Return the peak in GFLOP/s; None if it is not known."""
        tflops: float | None = getattr(self, f"{dtype}_tflops", None)
        return None if tflops is None else 1e3 * tflops


class Told(Record, frozen=True):
    """A row of the lecture's table. speed_gflops: in float32."""

    name: str
    cores: int
    clock_ghz: float
    memory: str
    price: str
    speed_gflops: float
    threads: int | None = None


class Convolutional(Record, frozen=True):
    """A network of the lecture's chart: forward and backward pass of 16 images, in milliseconds.

    multiply_adds: of the forward pass of one image; xeon_ms: on two Intel Xeon E5-2630 v3;
    titan_ms: on an NVIDIA Pascal Titan X; cudnn_ms: there with cuDNN 5.1.
    """

    network: str
    multiply_adds: float
    xeon_ms: float
    titan_ms: float
    cudnn_ms: float
    source: str


def core(microarchitecture: str | None) -> Core | None:
    """Return the core of a microarchitecture by archspec's name; None if it is not known."""
    known = _rows("microarchitectures", Core)
    return next((one for one in known if one.microarchitecture == microarchitecture), None)


def gpu(name: str) -> Gpu | None:
    """Return the GPU to which the driver gives exactly this name; None if it is not known."""
    return next((one for one in _rows("gpus", Gpu) if name in one.names.split(" | ")), None)


def lecture() -> tuple[Told, ...]:
    """Return the rows of the lecture's table (docs/lecture.md)."""
    return _rows("lecture", Told)


def convolutional() -> tuple[Convolutional, ...]:
    """Return the networks of the lecture's chart, as published (docs/lecture.md)."""
    return _rows("cnn", Convolutional)


@cache
def _rows(table: str, kind: type[T]) -> tuple[T, ...]:
    """Return the rows of a table; an empty field is unknown."""
    return tuple(convert(row, kind, strict=False) for row in _lines(TABLES / f"{table}.csv"))


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {name: value for name, value in row.items() if value}
