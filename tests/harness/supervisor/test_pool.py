"""The worker pool: unwanted replies become failures with a short reason."""

from dlbench.errors import LONGEST_REASON
from dlbench.harness import wire
from dlbench.harness.supervisor.pool import as_failure


def test_a_failure_keeps_its_status_and_its_reason():
    failed = wire.Failed("out_of_memory", "MemoryError: 8 EiB")
    assert as_failure(failed) == failed


def test_a_reason_of_any_length_is_cut():
    reason = as_failure(wire.Failed("failed", "x" * 10**6)).reason
    assert reason == "x" * LONGEST_REASON


def test_an_answer_to_another_order_is_a_failure():
    expected = "unexpected answer Warm from the worker process"
    assert as_failure(wire.Warm(())) == wire.Failed("failed", expected)
