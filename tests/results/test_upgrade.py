"""Records of older versions are read with the rules of the present one."""

from dlbench.harness.worker.interference import LOST_SHARE
from dlbench.records.measurement import Measurement, Sample
from dlbench.results.upgrade import BUSY_BY_OTHERS, BUSY_BY_USE, WAITED_SHARE, upgraded


def line(**fields: object) -> Measurement:
    sample = Sample(1, 1.0, 0.0, flags=("busy", "throttled"), **fields)
    return Measurement("a", "ok", samples=(sample,))


def flags(version: int, **fields: object) -> tuple[str, ...]:
    (found,) = upgraded([line(**fields)], version)
    return found.samples[0].flags


def test_a_block_whose_threads_did_not_wait_was_not_disturbed() -> None:
    assert flags(BUSY_BY_USE - 1, waited_s=0.0) == ("throttled",)
    assert flags(BUSY_BY_USE - 1, waited_s=2 * WAITED_SHARE) == ("busy", "throttled")


def test_where_waiting_is_unknown_the_flag_stays() -> None:
    assert flags(BUSY_BY_USE - 1) == ("busy", "throttled")


def test_what_the_present_rules_have_flagged_stays() -> None:
    assert flags(BUSY_BY_USE, waited_s=0.0) == ("busy", "throttled")


def test_the_bound_is_that_of_the_present_rule() -> None:
    assert WAITED_SHARE == LOST_SHARE


def test_a_block_that_waited_for_its_quota_alone_was_not_disturbed() -> None:
    long = {"waited_s": 0.5, "throttled_s": 0.5}
    assert flags(BUSY_BY_OTHERS - 1, **long) == ("throttled",)
    assert flags(BUSY_BY_OTHERS - 1, waited_s=0.6, throttled_s=0.5) == ("busy", "throttled")
    assert flags(BUSY_BY_OTHERS, **long) == ("busy", "throttled")
