"""A worker: the start of its backend, its cases, and steps that fail."""

import numpy as np
import pytest

from dlbench.backends.base import Setting
from dlbench.errors import Unavailable, UsageError
from dlbench.harness import wire
from dlbench.harness.worker import worker
from dlbench.harness.worker.compiler import FIRST_CALLS
from fakes.backend import Tensor
from fakes.orders import CASE, CHECK, PREPARE, START, TURN, WARM_UP, on, to

# --- start ----------------------------------------------------------------------------------------


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


# --- prepare --------------------------------------------------------------------------------------


def test_the_first_calls_are_timed_one_by_one(tell, backend):
    backend.costs_s = [60.0, 5.0, 0.5, 0.1]
    prepared = tell(START, PREPARE)
    assert prepared.calls_s == (60.0, 5.0, 0.5)


def test_nothing_runs_before_the_first_calls_and_parity_comes_last(tell, backend):
    tell(START, PREPARE, CHECK)
    started = ["wait"] * 4  # around each of two small products
    first_call = ["wait", "run", "wait"]
    placement = ["run", "wait"]
    parity = ["run", "array"]
    assert backend.events == started + first_call * FIRST_CALLS + placement + parity


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
    assert "run" not in backend.events


@pytest.mark.parametrize(("tensor", "where"), WRONG)
def test_results_must_lie_where_the_case_says(tell, backend, tensor, where):
    backend.spoil = lambda _: tensor
    failed = tell(START, PREPARE)
    assert failed == wire.Failed("failed", f"product is {where} instead of float32 on cpu.")


# --- steps that fail ------------------------------------------------------------------------------


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
    assert isinstance(tell(PREPARE, WARM_UP, TURN), wire.Timed)


def test_a_step_that_fails_only_later_is_reported_by_its_block(tell, backend):
    tell(START, PREPARE, WARM_UP)
    backend.fails = RuntimeError("the card fell off the bus")
    assert tell(TURN) == wire.Failed("failed", "RuntimeError: the card fell off the bus")


@pytest.mark.parametrize("order", [CHECK, WARM_UP, TURN], ids=["check", "warm-up", "block"])
def test_a_case_that_was_never_prepared_cannot_be_timed(tell, order):
    assert tell(START, order) == wire.Failed("failed", f"KeyError: {CASE!r}")


def test_before_its_start_a_worker_can_do_nothing(tell):
    assert tell(PREPARE).status == "failed"
