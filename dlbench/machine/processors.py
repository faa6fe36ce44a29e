"""The processors of this machine, and what each can reach by what is published of it.

A CPU: cores times clock times operations of a cycle. A GPU: a table of its maker's figures, and
beside it units times clock times two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psutil

from dlbench import units
from dlbench.machine import peaks
from dlbench.machine.accelerators import Accelerator
from dlbench.machine.gpu.devices import KIND
from dlbench.machine.topology import Topology
from dlbench.records.base import DTYPES
from dlbench.records.machine.hardware import Clock, Peak, Price, Processor, Products
from dlbench.records.run import Environment

CPU = "cpu"
REPORTED = "as the system reports it"
HIGHEST = "the highest, as the driver reports it"

# The dtype of a GPU's plain units; others need tensor units, whose number no driver tells.
PLAIN = "float32"
MEGA = 1e6


@dataclass(frozen=True)
class Seen:
    """What is read and measured of a machine. clocks: of the CPU, by the number of threads."""

    environment: Environment
    topology: Topology
    accelerators: Sequence[Accelerator]
    clocks: tuple[Clock, ...] = ()

    @property
    def core(self) -> peaks.Core | None:
        """Return what is known of a core of the CPU; None if it is not known."""
        return peaks.core(self.environment.microarchitecture)

    def accelerator(self, device: str) -> Accelerator | None:
        """Return the GPU of a device such as `cuda:1`; None if NVIDIA's driver lists none."""
        kind, _, index = device.partition(":")
        known = self.accelerators if kind == KIND else ()
        return known[int(index or 0)] if int(index or 0) < len(known) else None


def processor(device: str, seen: Seen, price: Price | None = None) -> Processor:
    """Return what is known of the processor of a device."""
    if device == CPU:
        return _cpu(seen, price)
    found = seen.accelerator(device)
    if found is None:
        return Processor(device, name=None, price=price)
    return Processor(
        device,
        name=found.name,
        cores=found.cores,
        clock_ghz=found.clock_ghz,
        clock_source=HIGHEST if found.clock_ghz else "",
        memory_bytes=found.memory_bytes,
        price=price,
    )


def _cpu(seen: Seen, price: Price | None) -> Processor:
    most = max((clock.threads for clock in seen.clocks), default=seen.topology.threads)
    ghz, source = _clock(seen, most)
    return Processor(
        CPU,
        name=seen.environment.cpu,
        cores=seen.topology.cores,
        threads=seen.topology.threads,
        clock_ghz=ghz,
        clock_source=source,
        memory_bytes=seen.environment.memory_bytes,
        price=price,
    )


def _clock(seen: Seen, threads: int) -> tuple[float | None, str]:
    """Return the clock while so many threads compute, and where it comes from.

    Measured where the cycles of the chain are known; else what the system says.
    """
    cycles = seen.core.chain_cycles if seen.core else None
    measured = next((one for one in seen.clocks if one.threads == threads), None)
    if cycles is not None and measured is not None:
        return cycles / measured.chain_ns, f"measured by operations of {cycles} cycles"
    reported = reported_ghz()
    return reported, REPORTED if reported else ""


def reported_ghz() -> float | None:
    """Return the clock that the system reports; in virtual machines it may be a constant."""
    try:
        found = psutil.cpu_freq()
    except (OSError, RuntimeError):  # not on every system
        return None
    return found.current * MEGA / 1e9 if found is not None and found.current > 0 else None


def peak(products: Products, seen: Seen) -> Peak | None:
    """Return what the products of this dtype can reach at most; None if it is not known."""
    return _of_cpu(products, seen) if products.device == CPU else _of_gpu(products, seen)


def _of_cpu(products: Products, seen: Seen) -> Peak | None:
    core, (ghz, source) = seen.core, _clock(seen, products.threads)
    if core is None or ghz is None or DTYPES[products.dtype].rounding:
        return None  # of units for 16 bits, no table tells how many there are
    cores = min(products.threads, seen.topology.cores or products.threads)
    features = seen.environment.vector_features
    flops = core.flops_per_cycle(products.dtype, features)
    width = f"{core.microarchitecture}: {core.fma_units} x {core.width(features)}-bit FMA"
    how = (
        f"{units.counted(cores, 'core')} x {units.significant(ghz)} GHz x {flops} operations a "
        f"cycle ({width}); clock {source}"
    )
    check, reported = None, reported_ghz()
    if reported is not None and source != REPORTED:
        gflops = units.thousands(cores * reported * flops)
        check = f"{gflops} GFLOP/s by the clock that the system reports, {reported:.3g} GHz"
    return Peak(products.device, products.dtype, products.threads, cores * ghz * flops, how, check)


def _of_gpu(products: Products, seen: Seen) -> Peak | None:
    found = seen.accelerator(products.device)
    known = peaks.gpu(found.name) if found else None
    gflops = known.gflops(products.dtype) if known else None
    if found is None or known is None or gflops is None:
        return None
    how = (
        f"{known.product}: dense, {known.accumulation} accumulation; {known.source}, "
        f"read {known.read}"
    )
    is_plain = products.dtype == PLAIN
    check = next(_by_units(found), None) if is_plain else None
    return Peak(products.device, products.dtype, products.threads, gflops, how, check)


def _by_units(found: Accelerator) -> Iterator[str]:
    """Yield units times clock times two, if the driver tells both."""
    if found.cores is not None and found.clock_ghz is not None:
        gflops = found.cores * found.clock_ghz * peaks.FMA
        yield (
            f"{units.thousands(gflops)} GFLOP/s by {found.cores:,} units x "
            f"{units.significant(found.clock_ghz)} GHz x {peaks.FMA}"
        )
