"""The compiler of a static mode: its start, its caches, and late compilations."""

from dataclasses import replace

import pytest

from dlbench.harness import wire
from dlbench.harness.worker import worker
from dlbench.harness.worker.compiler import FIRST_CALLS
from fakes.orders import PREPARE, START, TARGET, TURN, WARM_UP, WORKLOAD

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
    [idle] = [index for index, event in enumerate(backend.events) if event == "wait_until_idle"]
    assert backend.events[:idle].count("run") == FIRST_CALLS
    assert backend.events[idle - 1] == "wait"


def test_a_dynamic_mode_compiles_nothing(tell, backend):
    prepared = tell(START, PREPARE)
    assert prepared.compiling is None
    assert backend.folder is None


def test_starting_the_compiler_is_what_the_first_time_takes_longer(tell, backend, static):
    backend.compiles, backend.compiler_costs_s = [1], [7.0, 2.0, 100.0]
    assert tell(static, PREPARE).compiling.start_s == 5.0


def test_starting_to_compute_is_what_the_first_product_takes_longer_once(tell, backend):
    """In a dynamic mode; the start of a compiler contains it."""
    backend.start_costs_s, backend.costs_s = [7.0, 2.0, 100.0], [3.0, 1.0]
    prepared = tell(START, PREPARE)
    assert (prepared.start_s, prepared.calls_s) == (5.0, (3.0, 1.0, 1.0))
    assert tell(wire.Prepare("other", WORKLOAD, {}, seed=0)).start_s == 5.0
    assert backend.start_costs_s == [100.0]


def test_a_static_mode_has_the_start_of_its_compiler_instead(tell, backend, static):
    backend.compiles, backend.start_costs_s = [1], [7.0, 2.0]
    assert tell(static, PREPARE).start_s is None
    assert backend.start_costs_s == [7.0, 2.0]


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
    assert isinstance(tell(START, PREPARE, WARM_UP, TURN), wire.Timed)


def test_a_block_that_compiles_again_has_failed(tell, backend, static):
    backend.compiles = [0, 1]
    assert isinstance(tell(static, PREPARE, WARM_UP, TURN), wire.Timed)
    backend.compiles = [1, 3]
    assert tell(TURN) == wire.Failed("failed", AGAIN.format("2 times"))


def test_compiling_before_the_timed_steps_of_a_block_is_no_less_a_failure(tell, backend, static):
    """It would be neither in the time nor in the costs of compiling."""
    backend.compiles, more = [0, 1], [0]
    backend.reset = lambda: backend.compiles.append(backend.compiles.pop() + more[0])
    assert isinstance(tell(static, PREPARE, WARM_UP, TURN), wire.Timed)
    more[0] = 1
    assert tell(TURN) == wire.Failed("failed", AGAIN.format("1 time"))


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
    assert isinstance(tell(WARM_UP, TURN), wire.Timed)


def test_a_static_mode_that_raises_has_failed_and_is_not_run_another_way(tell, backend, static):
    backend.fails = RuntimeError("graph break in user code")
    reason = "RuntimeError: graph break in user code"
    assert tell(static, PREPARE) == wire.Failed("failed", reason)
    assert backend.events.count("run") == 1
