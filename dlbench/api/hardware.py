"""Measure what this machine can reach, beside what is published of it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar, get_args

from dlbench import __version__
from dlbench.api.alone import WAIT, measuring
from dlbench.api.invocation import Interrupted, Watch, consume, now, unwatched
from dlbench.api.machine import this_machine
from dlbench.api.run import told
from dlbench.errors import UsageError
from dlbench.experience import roofs
from dlbench.harness.supervisor.hardware import HardwareRun
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.machine import environment
from dlbench.machine.accelerators import accelerators
from dlbench.machine.processors import Seen, peak, processor
from dlbench.machine.topology import topology
from dlbench.plan.hardware import make
from dlbench.plan.price import price_of
from dlbench.plan.request import HardwareRequest
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Declaration
from dlbench.records.machine.hardware import Clock, Finding, Hardware, HardwarePlan, Price
from dlbench.records.machine.roofs import Bandwidth, Ceiling, Floor, Transfer
from dlbench.records.measurement import Notice
from dlbench.report.machine.occupants import measured_beside

F = TypeVar("F")


def hardware(*, progress: Watch = unwatched, other_runs: str = WAIT, **options: Any) -> Hardware:
    """Measure this machine: matrix products, memory bandwidth, clock, and the smallest steps.

    options: the fields of HardwareRequest, such as device="cpu", dtype="float32" or
    price="385 USD". progress: called with every event. other_runs: as in `run`. What was measured
    is kept in the cache folder, so that later runs on this machine can be judged by it.

    Raises UsageError for a mistake in the arguments, and where nothing can be measured. Ctrl-C
    raises Interrupted, a KeyboardInterrupt whose `result` holds what was measured.
    """
    request = HardwareRequest.of(options)
    price = price_of(request.price) if request.price else None
    declarations = read_declarations()
    seen = Seen(environment.capture(declarations), topology(), accelerators())
    plan = make(request, this_machine(declarations), seen.topology, seen.accelerators)
    if price is not None:
        _refuse_price_of_several(price, plan)
    with measuring("dlbench hardware", other_runs, progress) as presence:
        started, began = now(), monotonic()
        findings, notes, interrupted = _measure(plan, declarations, progress)
        notes += [measured_beside(others)] if (others := presence.others()) else []
    seen = Seen(seen.environment, seen.topology, seen.accelerators, _those(Clock, findings))
    devices = dict.fromkeys(one.device for one in plan.products)
    found = Hardware(
        started=started,
        dlbench=__version__,
        seconds=monotonic() - began,
        environment=seen.environment,
        processors=tuple(processor(device, seen, price) for device in devices),
        peaks=tuple(one for products in plan.products if (one := peak(products, seen))),
        ceilings=_those(Ceiling, findings),
        bandwidths=_those(Bandwidth, findings),
        floors=_those(Floor, findings),
        clocks=seen.clocks,
        notes=(*plan.notes, *notes),
        cache_bytes=seen.topology.cache_bytes,
        transfers=_those(Transfer, findings) or None,
    )
    told((None, roofs.remember(found)), progress)
    if interrupted:
        raise Interrupted(found, "measured")
    return found


def _refuse_price_of_several(price: Price, plan: HardwarePlan) -> None:
    """Raise UsageError if it is not clear of what the price is."""
    devices = list(dict.fromkeys(one.device for one in plan.products))
    if len(devices) > 1:
        raise UsageError(
            "--price is of one device, and several are measured",
            value=price.text,
            allowed=f"one of {', '.join(devices)}",
            hint=f'Try: dlbench hardware --device {devices[0]} --price "{price.text}"',
        )


def _measure(
    plan: HardwarePlan, declarations: Mapping[str, Declaration], watch: Watch
) -> tuple[list[Finding], list[str], bool]:
    """Return what was found, what was not and why, and whether the user interrupted."""
    findings: list[Finding] = []
    notes: list[str] = []

    def keep(event: object) -> None:
        if isinstance(event, Notice):
            notes.append(event.text)
        elif isinstance(event, get_args(Finding)):
            findings.append(event)

    with tempfile.TemporaryDirectory(prefix="dlbench-") as logs:
        try:
            with Launcher(declarations, Path(logs)) as launch:
                interrupted = consume(HardwareRun(plan, launch).measure(), keep, watch)
        except KeyboardInterrupt:  # while workers end
            interrupted = True
    return findings, notes, interrupted


def _those(kind: type[F], findings: list[Finding]) -> tuple[F, ...]:
    return tuple(one for one in findings if isinstance(one, kind))
