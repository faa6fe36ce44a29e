"""Workers whose rates are known, and what is found of a machine that was never built."""

from collections.abc import Callable

from dlbench.harness import wire
from dlbench.harness.supervisor.hardware import SUM_BYTES
from dlbench.harness.wire import Order, Reply
from dlbench.records.case import Target
from dlbench.records.machine.hardware import Clock, Hardware, Peak, Price, Processor
from dlbench.records.machine.roofs import Bandwidth, Blocks, Ceiling, Floor
from dlbench.records.measurement import Sample
from dlbench.records.run import Environment
from fakes.workers import CALLS_S, FACTS, HELD, Stable

# FLOP/s of a product (m, k) by (k, n) on a target.
Rates = Callable[[Target, int, int, int], float]

GB_S, CHAIN_NS, FLOOR_S, PRODUCT_FLOOR_S = 20.0, 2.0, 2e-6, 1e-6

# The start in seconds and the rate in GB/s of copies.
COPIES = {
    "up": (1e-5, 6.0),
    "down": (1.2e-5, 7.0),
    "up_pinned": (8e-6, 25.0),
    "down_pinned": (9e-6, 26.0),
}


class Rated(Stable):
    """Launches workers with known rates, in time with the told clock.

    rates: of products, by target and sides; every order of a case takes `step_s` of the clock. The
    sum moves GB_S, a link of the chain takes CHAIN_NS, the smallest steps FLOOR_S and
    PRODUCT_FLOOR_S.
    """

    def __init__(self, rates: Rates, **options) -> None:
        super().__init__(**options)
        self.rates = rates
        self.step_s: dict[str, float] = {}

    def launch(self, target, slot=None, *, warm=False):
        worker, start = super().launch(target, slot, warm=warm)
        worker.stable = Told(self, target)
        return worker, start

    def carried_out(self, target: Target, order: Order) -> Reply:
        if isinstance(order, wire.Gauge):
            return self._timed(self._gauged_s(order), order.blocks)
        if isinstance(order, wire.Prepare):
            self.step_s[order.case] = self._step_s(target, order)
        step_s = self.step_s.get(getattr(order, "case", ""), 0.0)
        match order:
            case wire.Prepare():
                self.clock.advance(3 * step_s)
                reply = wire.Prepared(CALLS_S)
            case wire.Check():
                self.clock.advance(step_s)
                reply = wire.Verified((HELD,))
            case wire.WarmUp():
                reply = wire.Warm((self._block(step_s),))
            case wire.Turn():
                reply = self._timed(step_s, order.blocks)
            case _:
                reply = wire.Ready(FACTS)
        return reply

    def _timed(self, step_s: float, blocks: int) -> wire.Timed:
        return wire.Timed(tuple(self._block(step_s) for _ in range(blocks)))

    def _gauged_s(self, order: wire.Gauge) -> float:
        if order.name == "sum":
            return order.size * SUM_BYTES / (1e9 * GB_S * order.threads)
        if order.name == "chain":
            return order.size * 1e-9 * CHAIN_NS
        start_s, gb_s = COPIES[order.name]
        return start_s + 1e-9 * order.size / gb_s

    def _step_s(self, target: Target, order: wire.Prepare) -> float:
        workload = order.workload
        if workload.kind != "matmul":
            return FLOOR_S
        m, n, k = (int(workload.params[side]) for side in "mnk")
        if m == n == k == 1:
            return PRODUCT_FLOOR_S
        return workload.work.flops / self.rates(target, m, n, k)

    def _block(self, step_s: float) -> Sample:
        iterations = max(1, round(0.05 / step_s))
        self.clock.advance(iterations * step_s)
        return Sample(iterations, iterations * step_s, self.clock.seconds())


class Told:
    """What a scripted worker asks of those that launched it: here by its own target."""

    def __init__(self, rated: Rated, target: Target) -> None:
        self.rated, self.target = rated, target

    def __getattr__(self, name: str):
        return getattr(self.rated, name)

    def next_answer(self, target: Target, order: Order):
        scripted = self.rated.scripts.get(target.backend, {}).get(str(order.__struct_config__.tag))
        answer = scripted.pop(0) if scripted else None
        return self.rated.carried_out(self.target, order) if answer is None else answer


def target(backend: str, mode: str = "eager", **fields) -> Target:
    """A target on the CPU."""
    given = {"device": "cpu", "dtype": "float32", "threads": 2, **fields}
    return Target(backend=backend, mode=mode, **given)


QUIET = Blocks(8, 0)
ENVIRONMENT = Environment(
    system="Linux",
    cpu="Made-up CPU 9000",
    cores=2,
    usable_cores=2,
    memory_bytes=24 * 2**30,
    gpus=(),
    python="3.11",
    versions={},
    variables={},
    microarchitecture="zen3",
    vector_features=("avx", "avx2", "fma"),
)


def found(**fields) -> Hardware:
    """What was found of a CPU with two cores."""
    given = {
        "started": "2026-01-01T00:00:00+00:00",
        "dlbench": "0.1.0",
        "seconds": 60.0,
        "environment": ENVIRONMENT,
        "processors": (
            Processor(
                device="cpu",
                name=ENVIRONMENT.cpu,
                cores=2,
                threads=2,
                clock_ghz=3.0,
                clock_source="measured by operations of 6 cycles",
                memory_bytes=ENVIRONMENT.memory_bytes,
                price=Price(400.0, "USD"),
            ),
        ),
        "peaks": (
            Peak("cpu", "float32", 2, 192.0, "2 cores x 3.00 GHz x 32", "160 by another clock"),
        ),
        "ceilings": (
            Ceiling(target("alpha"), 1024, 1024, 1024, 180.0, 175.0, 12, QUIET),
            Ceiling(target("beta", threads=1), 512, 1024, 2048, 91.0, 90.0, 7, QUIET),
        ),
        "bandwidths": (Bandwidth(1, 12.5, 256 * 2**20, QUIET), Bandwidth(2, 21.0, 2**28, QUIET)),
        "floors": (
            Floor(target("beta", "graph"), 5e-5, QUIET),
            Floor(target("alpha"), 2e-6, QUIET),
        ),
        "clocks": (Clock(2, 2.0),),
    }
    return Hardware(**{**given, **fields})
