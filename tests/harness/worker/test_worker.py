"""A worker in this process, on a backend and a clock that are told what to do.

The backend multiplies matrices rightly, in time with the clock, unless a test spoils it.
"""

import io
import os
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from msgspec import structs

from dlbench import registry
from dlbench.backends.base import Setting, nothing
from dlbench.errors import Unavailable, UsageError
from dlbench.harness import fork_server, wire
from dlbench.harness.worker import timing, worker
from dlbench.harness.worker.__main__ import serve
from dlbench.harness.worker.blocks import LEAD_IN_AFTER_RESET
from dlbench.harness.worker.compiler import FIRST_CALLS
from dlbench.harness.worker.interference import LOST_SHARE, Counters
from dlbench.records.case import Target, Work, Workload
from dlbench.records.plan import Sampling
from fakes.backend import FakeBackend, Tensor
from fakes.clock import ToldClock

TARGET = Target("fake", "cpu", "eager", "float32", 2)
START = wire.Start(TARGET, "/scratch")
WORKLOAD = Workload("matmul", {"m": 4, "n": 3, "k": 2}, Work(48, 26))
CASE = "matmul/4x3x2"
PREPARE = wire.Prepare(CASE, WORKLOAD, {}, seed=0)
WARM_UP = wire.WarmUp(CASE, Sampling(block_s=4.0, warmup_s=100.0))
CHECK = wire.Check(CASE)
BLOCK = wire.Block(CASE)
RELEASE = wire.Release(CASE)


class ToldMonitor:
    """Sees nothing but what it is told: what others take of every block."""

    cores, resolution_s = 2, 0.0

    def __init__(self):
        self.seen = Counters(0.0, 0.0, 0.0, 0.0, 0.0, 0)
        self.foreign_s = self.throttled_s = 0.0

    def before(self):
        return self.seen

    def after(self):
        self.seen = self.seen._replace(
            busy_s=self.seen.busy_s + self.foreign_s,
            throttled_s=self.seen.throttled_s + self.throttled_s,
        )
        return self.seen

    def facts(self):
        return {"busy_clock": "told"}


@pytest.fixture
def monitor(monkeypatch):
    told = ToldMonitor()
    monkeypatch.setattr(worker, "Monitor", lambda: told)
    return told


@pytest.fixture
def clock(monkeypatch):
    told = ToldClock()
    monkeypatch.setattr(timing, "block", partial(timing.block, clock=told.ns))
    monkeypatch.setattr(timing, "now_s", told.seconds)
    return told


@pytest.fixture
def backend(clock, monkeypatch):
    """The only backend that there is."""
    fake, load = FakeBackend(clock), registry.load
    monkeypatch.setattr(
        registry,
        "load",
        lambda family, name: fake.module if family == "backends" else load(family, name),
    )
    return fake


@pytest.fixture
def tell(backend, monitor):
    """Carry out orders in one worker; the last reply."""
    live = worker.Worker()

    def carry_out(*orders):
        return [live.carry_out(order) for order in orders][-1]

    return carry_out


def on(device, dtype="float32", shape=()):
    return Tensor(np.zeros(shape, dtype), device)


def to(**target):
    fields = {name: getattr(TARGET, name) for name in TARGET.__struct_fields__}
    return wire.Start(Target(**{**fields, **target}), "/scratch")


# --- start --------------------------------------------------------------------------------------


def test_no_order_is_carried_out_before_a_backend_has_started(monitor):
    failed = worker.Worker().carry_out(PREPARE)
    assert failed == wire.Failed("failed", "no backend has been started.")


def test_a_backend_is_started_for_the_target_and_says_what_it_is(tell, backend):
    assert tell(START) == wire.Ready({"fake": "1.0", "busy_clock": "told"})
    assert backend.setting == Setting("cpu", "eager", "float32", 2, "/scratch")


@pytest.mark.parametrize("threads", [2, None], ids=["as told", "not known"])
def test_a_backend_may_use_the_threads_that_it_was_told(tell, backend, threads):
    backend.uses_threads = threads
    assert isinstance(tell(START), wire.Ready)


def test_a_backend_may_not_use_other_threads(tell, backend):
    backend.uses_threads = 8
    failed = tell(START)
    assert failed == wire.Failed("failed", "fake uses 8 threads instead of 2.")


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        pytest.param(
            Unavailable("TF32 needs compute capability 8.0"),
            wire.Failed("skipped", "TF32 needs compute capability 8.0."),
            id="unavailable",
        ),
        pytest.param(
            UsageError("unknown mode", value="lazy"),
            wire.Failed("failed", "unknown mode: 'lazy'."),
            id="our own error",
        ),
        pytest.param(
            ImportError("libcuda.so.1: cannot open\n  shared object file"),
            wire.Failed("failed", "ImportError: libcuda.so.1: cannot open"),
            id="the framework's error",
        ),
        pytest.param(MemoryError(), wire.Failed("out_of_memory", "MemoryError: no message")),
    ],
)
def test_a_backend_that_does_not_start_says_why(tell, backend, error, failed):
    backend.fails_to_start = error
    assert tell(START) == failed


def test_a_backend_that_is_not_in_the_catalogue_is_an_error():
    failed = worker.Worker().carry_out(to(backend="fortran"))
    assert failed.status == "failed"
    assert failed.reason.startswith("unknown backend: 'fortran'. Allowed: jax, numpy")


# --- prepare ------------------------------------------------------------------------------------


def test_the_first_calls_are_timed_one_by_one(tell, backend):
    backend.costs_s = [60.0, 5.0, 0.5, 0.1]
    prepared = tell(START, PREPARE)
    assert prepared.calls_s == (60.0, 5.0, 0.5)


def test_nothing_runs_before_the_first_calls_and_parity_comes_last(tell, backend):
    tell(START, PREPARE, CHECK)
    first_call = ["wait", "run", "wait"]
    placement = ["run", "wait"]
    parity = ["run", "array"]
    assert backend.events == first_call * FIRST_CALLS + placement + parity


def test_a_backend_that_is_right_passes_parity(tell):
    (check,) = tell(START, PREPARE, CHECK).parity
    assert check.quantity == "product"
    assert check.passed


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        pytest.param(lambda p: Tensor(p.array * np.float32(2)), pytest.approx(1, 1e-5), id="wrong"),
        pytest.param(lambda p: Tensor(p.array * np.float32("nan")), None, id="not a number"),
    ],
)
def test_a_backend_that_is_wrong_is_told_of_not_failed(tell, backend, spoil, error):
    backend.spoil = spoil
    (check,) = tell(START, PREPARE, CHECK).parity
    assert not check.passed
    assert check.error == error


def test_a_result_of_another_shape_is_a_failure(tell, backend):
    backend.spoil = lambda product: Tensor(product.array[:, :2])
    reason = "ValueError: product has shape (4, 2), the oracle's has (4, 3)"
    assert tell(START, PREPARE, CHECK) == wire.Failed("failed", reason)


@pytest.mark.parametrize(
    ("target", "tensor"),
    [
        pytest.param(START, on("cpu"), id="as the case says"),
        pytest.param(START, on("cpu", "int64"), id="class labels"),
        pytest.param(to(dtype="float64"), on("cpu", "float64"), id="float64"),
    ],
)
def test_inputs_may_lie_where_the_case_says(tell, backend, target, tensor):
    backend.more_inputs = {"y": tensor}
    assert isinstance(tell(target, PREPARE), wire.Prepared)


WRONG = [
    pytest.param(on("cuda:0"), "float32 on cuda:0", id="on the GPU"),
    pytest.param(on("cpu", "float64"), "float64 on cpu", id="of another type"),
    pytest.param(on("cuda:0", "int64"), "int64 on cuda:0", id="labels on the GPU"),
]


@pytest.mark.parametrize(("tensor", "where"), WRONG)
def test_inputs_must_lie_where_the_case_says(tell, backend, tensor, where):
    backend.more_inputs = {"x": tensor}
    failed = tell(START, PREPARE)
    assert failed == wire.Failed("failed", f"x is {where} instead of float32 on cpu.")
    assert backend.events == []


@pytest.mark.parametrize(("tensor", "where"), WRONG)
def test_results_must_lie_where_the_case_says(tell, backend, tensor, where):
    backend.spoil = lambda _: tensor
    failed = tell(START, PREPARE)
    assert failed == wire.Failed("failed", f"product is {where} instead of float32 on cpu.")


# --- compiling ----------------------------------------------------------------------------------

AGAIN = "was compiled again while it was measured ({})."


@pytest.fixture
def static(tmp_path):
    """The order to start in a static mode."""
    return wire.Start(TARGET, str(tmp_path), "static")


def test_what_a_static_mode_compiled_is_counted_call_by_call(tell, backend, static):
    backend.compiles = [0, 1, 2, 2]
    compiling = tell(static, PREPARE).compiling
    assert compiling.graphs == (0, 1, 2, 2)
    assert compiling.caches == "cold"


def test_what_compiling_has_started_is_waited_for_after_the_first_calls(tell, backend, static):
    """Neither in their time nor in that of blocks."""
    backend.compiles = [1]
    tell(static, PREPARE)
    [settled] = [index for index, event in enumerate(backend.events) if event == "settle"]
    assert backend.events[:settled].count("run") == FIRST_CALLS
    assert backend.events[settled - 1] == "wait"


def test_a_dynamic_mode_compiles_nothing(tell, backend):
    prepared = tell(START, PREPARE)
    assert prepared.compiling is None
    assert backend.folder is None


def test_starting_the_compiler_is_what_the_first_time_takes_longer(tell, backend, static):
    backend.compiles, backend.compiler_costs_s = [1], [7.0, 2.0, 100.0]
    assert tell(static, PREPARE).compiling.start_s == 5.0


def test_a_second_compilation_that_takes_longer_makes_the_start_free(tell, backend, static):
    backend.compiles, backend.compiler_costs_s = [1], [2.0, 2.5]
    assert tell(static, PREPARE).compiling.start_s == 0.0


def test_every_case_has_a_folder_of_its_own_which_the_next_process_finds(backend, monitor, static):
    backend.compiles = [1]
    first, folders = worker.Worker(), []
    first.carry_out(static)
    for case in ("one", "two"):
        compiling = first.carry_out(wire.Prepare(case, WORKLOAD, {}, seed=0)).compiling
        folders.append(backend.folder)
        assert compiling.caches == "cold"
    assert len(set(folders)) == 2
    second = worker.Worker()
    second.carry_out(static)
    assert second.carry_out(wire.Prepare("one", WORKLOAD, {}, seed=0)).compiling.caches == "warm"
    assert backend.folder == folders[0]
    # with a start that another process made cheap it is neither
    assert second.carry_out(wire.Prepare("three", WORKLOAD, {}, seed=0)).compiling is None


def test_what_a_framework_does_not_keep_is_cold_every_time(backend, monitor, static):
    backend.compiles, backend.keeps = [1], False
    for _ in range(2):
        one = worker.Worker()
        one.carry_out(static)
        assert one.carry_out(PREPARE).compiling.caches == "cold"


def test_the_compiler_starts_when_it_is_needed_and_once(tell, backend, static):
    """And not when the worker starts, which others do at the same time."""
    backend.compiles, backend.compiler_costs_s = [1], [7.0, 2.0, 100.0]
    tell(static)
    assert backend.clock.seconds() == 0.0
    tell(PREPARE)
    assert tell(wire.Prepare("other", WORKLOAD, {}, seed=0)).compiling.start_s == 5.0
    assert backend.compiler_costs_s == [100.0]


def test_a_static_mode_that_compiles_nothing_has_failed(tell, backend, static):
    backend.compiles = [0]
    reason = "the mode eager is static, but compiled nothing."
    assert tell(static, PREPARE) == wire.Failed("failed", reason)


def test_a_static_mode_without_a_compiler_is_a_mistake_of_the_backends_author(
    tell, backend, static
):
    backend.has_compiler = False
    reason = "the backend has no compiler for the static mode eager."
    assert tell(static) == wire.Failed("failed", reason)


def test_without_a_compiler_nothing_is_compiled_again(tell, backend):
    backend.has_compiler = False
    assert isinstance(tell(START, PREPARE, WARM_UP, BLOCK), wire.Timed)


def test_a_block_that_compiles_again_has_failed(tell, backend, static):
    backend.compiles = [0, 1]
    assert isinstance(tell(static, PREPARE, WARM_UP, BLOCK), wire.Timed)
    backend.compiles = [1, 3]
    assert tell(BLOCK) == wire.Failed("failed", AGAIN.format("2 times"))


def test_compiling_before_the_timed_steps_of_a_block_is_no_less_a_failure(tell, backend, static):
    """It would be neither in the time nor in the costs of compiling."""
    backend.compiles, more = [0, 1], [0]
    backend.reset = lambda: backend.compiles.append(backend.compiles.pop() + more[0])
    assert isinstance(tell(static, PREPARE, WARM_UP, BLOCK), wire.Timed)
    more[0] = 1
    assert tell(BLOCK) == wire.Failed("failed", AGAIN.format("1 time"))


def test_a_warm_up_that_compiles_again_has_failed(tell, backend, static):
    backend.compiles = [0, 1]
    tell(static, PREPARE)
    backend.compiles = [1, 2]
    assert tell(WARM_UP) == wire.Failed("failed", AGAIN.format("1 time"))


def test_a_lead_in_of_its_own_may_compile_when_it_runs_first_and_no_later(tell, backend, static):
    """Single steps, where what is timed is a whole epoch in one graph."""
    backend.compiles, more, matmul = [0, 1], [1, 0, 1], backend.matmul

    def lead_in():
        backend.compiles = [backend.compiles[0] + more.pop()]

    backend.matmul = lambda a, b: replace(matmul(a, b), lead_in=lead_in)
    tell(static, PREPARE)
    assert tell(WARM_UP) == wire.Failed("failed", AGAIN.format("1 time"))
    more[:] = [0] * 100 + [1]
    assert isinstance(tell(WARM_UP, BLOCK), wire.Timed)


def test_a_static_mode_that_raises_has_failed_and_is_not_run_another_way(tell, backend, static):
    backend.fails = RuntimeError("graph break in user code")
    reason = "RuntimeError: graph break in user code"
    assert tell(static, PREPARE) == wire.Failed("failed", reason)
    assert backend.events.count("run") == 1


# --- steps that fail ----------------------------------------------------------------------------

WORDY = """

  RuntimeError in the kernel
  at line 12 of gemm.cu
"""


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        pytest.param(
            ValueError(WORDY), "failed", "ValueError: RuntimeError in the kernel", id="one line"
        ),
        pytest.param(ValueError(), "failed", "ValueError: no message", id="no message"),
        pytest.param(
            ValueError("x" * 1000), "failed", f"ValueError: {'x' * 1000}"[:300], id="a long line"
        ),
        pytest.param(
            MemoryError("8 EiB"), "out_of_memory", "MemoryError: 8 EiB", id="no memory for Python"
        ),
        pytest.param(
            RuntimeError("no room on the card"),
            "out_of_memory",
            "RuntimeError: no room on the card",
            id="no memory for the framework",
        ),
        pytest.param(
            Unavailable("no kernel for this GPU"), "skipped", "no kernel for this GPU.", id="skip"
        ),
    ],
)
def test_a_step_that_raises_becomes_a_reply(tell, backend, error, status, reason):
    backend.fails = error
    assert tell(START, PREPARE) == wire.Failed(status, reason)


def test_the_whole_error_is_in_the_log(tell, backend, capsys):
    backend.fails = ValueError(WORDY)
    tell(START, PREPARE)
    log = capsys.readouterr().err
    assert "Traceback" in log
    assert "line 12 of gemm.cu" in log


def test_a_worker_goes_on_after_a_failure(tell, backend):
    backend.fails = ValueError("once")
    tell(START, PREPARE)
    backend.fails = None
    assert isinstance(tell(PREPARE, WARM_UP, BLOCK), wire.Timed)


def test_a_step_that_fails_only_later_is_reported_by_its_block(tell, backend):
    tell(START, PREPARE, WARM_UP)
    backend.fails = RuntimeError("the card fell off the bus")
    assert tell(BLOCK) == wire.Failed("failed", "RuntimeError: the card fell off the bus")


@pytest.mark.parametrize("order", [CHECK, WARM_UP, BLOCK], ids=["check", "warm-up", "block"])
def test_a_case_that_was_never_prepared_cannot_be_timed(tell, order):
    assert tell(START, order) == wire.Failed("failed", f"KeyError: {CASE!r}")


def test_before_its_start_a_worker_can_do_nothing(tell):
    assert tell(PREPARE).status == "failed"


# --- warm-up, blocks, release -------------------------------------------------------------------


def test_a_block_has_the_iterations_that_the_warm_up_found(tell, backend):
    backend.costs_s = [0.5]
    warm = tell(START, PREPARE, WARM_UP)
    assert warm.samples[-1].iterations == 2  # a probe is a quarter of a block
    started_s = backend.clock.seconds() + LEAD_IN_AFTER_RESET * 0.5
    sample = tell(BLOCK).sample
    assert (sample.iterations, sample.host_s, sample.started_s) == (8, 4.0, started_s)


def test_a_block_says_what_came_before_it_and_what_disturbed_it(tell, monitor):
    tell(START, PREPARE, WARM_UP)
    quiet = tell(BLOCK).sample
    assert quiet.lead_s == LEAD_IN_AFTER_RESET * 1.0
    assert (quiet.foreign_s, quiet.waited_s, quiet.steal_s, quiet.flags) == (0.0, 0.0, 0.0, ())
    monitor.foreign_s = 3.0
    busy = tell(BLOCK).sample
    assert (busy.foreign_s, busy.flags) == (3.0, ("busy",))


def test_a_device_with_a_clock_is_timed_by_it_too(tell, backend):
    backend.has_device_clock = FakeClock(backend.clock)
    tell(START, PREPARE, WARM_UP)
    assert tell(BLOCK).sample.device_s == 4.0


class FakeClock:
    def __init__(self, clock):
        self.clock = clock

    def mark(self):
        return self.clock.seconds()

    def seconds(self, start, end):
        return end - start


def test_a_block_that_was_sized_while_others_disturbed_the_warm_up_grows(tell, backend):
    backend.costs_s = [16.0]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s = [0.125]
    found = [tell(BLOCK).sample for _ in range(3)]
    assert [(sample.iterations, sample.host_s) for sample in found] == [
        (1, 0.125),
        (32, 4.0),
        (32, 4.0),
    ]


def test_a_block_that_others_disturb_makes_the_next_ones_no_shorter(tell, backend):
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s = [16.0]
    assert [tell(BLOCK).sample.iterations for _ in range(2)] == [8, 8]


def test_a_block_that_is_late_because_of_others_ends_early(tell, backend, monitor):
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s, monitor.foreign_s = [16.0], 100.0
    found = tell(BLOCK).sample
    assert (found.iterations, found.host_s, found.flags) == (1, 16.0, ("busy",))
    backend.costs_s, monitor.foreign_s = [0.5], 0.0
    assert tell(BLOCK).sample.iterations == 8


def test_why_a_block_ended_early_stays_said_if_its_end_is_quiet(tell, backend, monitor):
    """Waiting for a device is in the block's time, of a share of which the flags are."""
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s, taken_s = [16.0], [1.0, 0.0]
    backend.device.wait = lambda: backend.clock.advance(20.0)
    after = monitor.after

    def told_after():
        monitor.foreign_s = taken_s.pop(0)
        return after()

    monitor.after = told_after
    found = tell(BLOCK).sample
    assert (found.iterations, found.host_s, found.foreign_s) == (1, 36.0, 1.0)
    assert found.foreign_s < LOST_SHARE * found.host_s
    assert found.flags == ("busy",)


def test_a_block_that_others_disturb_and_that_is_not_late_is_whole(tell, backend, monitor):
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s, monitor.foreign_s = [0.75], 100.0
    assert (tell(BLOCK).sample.iterations, tell(BLOCK).sample.flags) == (8, ("busy",))


def test_what_the_quota_took_is_the_case_s_own_and_ends_no_block(tell, backend, monitor):
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s, monitor.throttled_s = [16.0], 100.0
    found = tell(BLOCK).sample
    assert (found.iterations, found.flags) == (8, ("throttled",))


def test_where_the_size_of_a_block_is_known_one_of_them_warms_up(tell, backend):
    backend.costs_s = [0.5]
    tell(START, PREPARE)
    warm = tell(structs.replace(WARM_UP, iterations=6))
    assert [sample.iterations for sample in warm.samples] == [6]
    assert tell(BLOCK).sample.iterations == 6


def test_a_warm_up_that_others_disturb_makes_the_blocks_no_shorter(tell, backend, monitor):
    tell(START, PREPARE)
    backend.costs_s, monitor.foreign_s = [16.0], 100.0
    warm = tell(structs.replace(WARM_UP, iterations=8))
    assert [sample.iterations for sample in warm.samples] == [1]
    backend.costs_s, monitor.foreign_s = [0.5], 0.0
    assert tell(BLOCK).sample.iterations == 8


def test_every_block_starts_where_training_starts(tell, backend):
    tell(START, PREPARE, WARM_UP)
    backend.events.clear()
    tell(BLOCK, BLOCK)
    lead_in = ["run"] * LEAD_IN_AFTER_RESET
    assert backend.events == ["reset", *lead_in, "wait", *["run"] * 4, "wait"] * 2


def test_a_step_that_changes_nothing_has_a_share_of_its_block_as_lead_in(tell, backend):
    backend.reset = nothing
    tell(START, PREPARE, WARM_UP)
    backend.events.clear()
    tell(BLOCK)
    assert backend.events == ["run", "wait", *["run"] * 4, "wait"]
    backend.costs_s = [0.01]
    tell(WARM_UP)
    backend.events.clear()
    tell(BLOCK)
    assert backend.events == [*["run"] * 20, "wait", *["run"] * 400, "wait"]


def test_every_probe_of_the_warm_up_starts_where_training_starts(tell, backend):
    tell(START, PREPARE)
    backend.events.clear()
    probes = len(tell(WARM_UP).samples)
    assert backend.events.count("reset") == probes
    assert backend.events[:4] == ["reset", *["run"] * LEAD_IN_AFTER_RESET, "wait"]


def test_cases_are_held_side_by_side(tell, backend):
    other = "another case"
    tell(START, PREPARE, WARM_UP)
    backend.costs_s = [0.5]
    tell(wire.Prepare(other, WORKLOAD, {}, seed=1), wire.WarmUp(other, WARM_UP.sampling))
    assert tell(BLOCK).sample.iterations == 4
    assert tell(wire.Block(other)).sample.iterations == 8


def test_a_released_case_is_forgotten_and_the_backend_told(tell, backend):
    assert tell(START, PREPARE, WARM_UP, RELEASE) == wire.Ready()
    assert backend.events[-1] == "release"
    assert tell(BLOCK).reason == f"KeyError: {CASE!r}"
    assert tell(RELEASE) == wire.Ready()


# --- the loop -----------------------------------------------------------------------------------


def test_orders_are_served_until_the_wire_is_closed(backend):
    orders, replies = io.BytesIO(), io.BytesIO()
    for order in (START, PREPARE, CHECK, WARM_UP, BLOCK, RELEASE):
        wire.send(orders, order)
    orders.seek(0)
    serve(orders, replies)
    replies.seek(0)
    received = [type(reply) for reply in iter(lambda: wire.receive_reply(replies), None)]
    assert received == [wire.Ready, wire.Prepared, wire.Verified, wire.Warm, wire.Timed, wire.Ready]


def answers(*orders):
    """What a worker says that is told these orders, until its wire is closed."""
    told, replies = io.BytesIO(), io.BytesIO()
    for order in orders:
        wire.send(told, order)
    told.seek(0)
    serve(told, replies)
    replies.seek(0)
    return list(iter(lambda: wire.receive_reply(replies), None))


@pytest.mark.parametrize("renewable", [False, True])
def test_who_can_be_renewed_is_a_copy_from_the_start(backend, monitor, monkeypatch, renewable):
    copies = []
    monkeypatch.setattr(fork_server, "serve", lambda: copies.append("a copy") is None)
    (ready,) = answers(structs.replace(START, renewable=renewable))
    assert (len(copies), ready.process) == ((1, os.getpid()) if renewable else (0, None))
    assert ready.facts == {"fake": "1.0", "busy_clock": "told"}


def test_where_no_copy_can_be_made_the_worker_goes_on_as_it_is(backend, monitor, monkeypatch):
    monkeypatch.setattr(fork_server, "serve", lambda: False)
    ready, prepared = answers(structs.replace(START, renewable=True), PREPARE)
    assert (type(ready), ready.process) == (wire.Ready, None)
    assert prepared.calls_s


def test_a_copy_counts_for_itself(backend, monitor, monkeypatch):
    """What the counters of the process that was copied have seen is not the copy's."""
    monitors = []
    monkeypatch.setattr(worker, "Monitor", lambda: monitors.append("one") or monitor)
    monkeypatch.setattr(fork_server, "serve", lambda: monitors.append("copied") is None)
    answers(structs.replace(START, renewable=True))
    assert monitors == ["one", "copied", "one"]


def test_a_copy_that_has_not_the_threads_it_should_have_is_refused(backend, monitor, monkeypatch):
    def copied():
        backend.uses_threads = 7
        return True

    monkeypatch.setattr(fork_server, "serve", copied)
    (failed,) = answers(structs.replace(START, renewable=True))
    assert failed == wire.Failed("failed", "fake uses 7 threads instead of 2.")


def test_who_did_not_start_is_not_copied(backend, monitor, monkeypatch):
    backend.fails_to_start = Unavailable("there is no such device")
    monkeypatch.setattr(fork_server, "serve", lambda: pytest.fail("copied"))
    (failed,) = answers(structs.replace(START, renewable=True))
    assert failed.status == "skipped"


def test_a_copy_that_is_to_be_renewed_gives_way(backend, monitor, monkeypatch):
    monkeypatch.setattr(fork_server, "serve", lambda: True)
    monkeypatch.setattr(fork_server, "give_way", lambda: sys.exit("gave way"))
    with pytest.raises(SystemExit, match="gave way"):
        answers(structs.replace(START, renewable=True), wire.Renew())
