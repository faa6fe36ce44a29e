"""Copies between host and device, in workers whose every rate is known."""

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.hardware import HardwareRun
from dlbench.harness.supervisor.reach.copies import SIZES
from dlbench.records.machine.hardware import HardwarePlan, Products
from dlbench.records.machine.roofs import Transfer
from dlbench.records.measurement import Notice
from fakes.hardware import COPIES, Rated, target

ALPHA, BETA = (target(name, device="cuda") for name in ("alpha", "beta"))
REFUSED = wire.Failed("skipped", "the backend cannot copy to a device on its own")


def rates(*_) -> float:
    return 1e12


def measured(*products: Products, scripts=None) -> list[object]:
    made = HardwarePlan(
        products=products,
        floors=(),
        threads=(),
        array_bytes=2**20,
        memory_bytes={"cpu": 2**28, "cuda": 2**28},
        budget_s=4.0,
    )
    rated = Rated(rates, scripts=scripts or {})
    return [*HardwareRun(made, rated.launch, rated.clock.seconds).measure()]


def on(*targets, dtype: str = "float32") -> Products:
    those = tuple((replace(one, dtype=dtype), "dynamic") for one in targets)
    return Products(targets[0].device, dtype, 2, those)


def transfers(events) -> list[Transfer]:
    return [one for one in events if isinstance(one, Transfer)]


def notices(events) -> list[str]:
    return [one.text for one in events if isinstance(one, Notice)]


def test_start_and_rate_are_found_for_both_directions_and_kinds_of_memory() -> None:
    found = transfers(measured(on(ALPHA)))
    assert [(one.direction, one.pinned) for one in found] == [
        ("up", False),
        ("down", False),
        ("up", True),
        ("down", True),
    ]
    for one, (start_s, gb_s) in zip(found, COPIES.values(), strict=True):
        assert one.start_s == pytest.approx(start_s, rel=0.02)
        assert one.gb_s == pytest.approx(gb_s, rel=0.02)
        assert (one.target, one.sizes) == (ALPHA, SIZES)
        assert one.worst < 0.02
        assert one.blocks.count > 0


def test_a_device_is_measured_once_and_the_cpu_never() -> None:
    cpu = on(target("alpha"))
    assert len(transfers(measured(cpu, on(ALPHA), on(ALPHA, dtype="tf32")))) == len(COPIES)
    assert transfers(measured(cpu)) == []


def test_a_backend_that_cannot_copy_leaves_it_to_the_next() -> None:
    events = measured(on(ALPHA, BETA), scripts={"alpha": {"gauge": [REFUSED] * 4}})
    assert {one.target.backend for one in transfers(events)} == {"beta"}
    assert not any("copies" in text for text in notices(events))


def test_where_none_can_copy_the_reason_is_told() -> None:
    scripts = {name: {"gauge": [REFUSED] * 4} for name in ("alpha", "beta")}
    events = measured(on(ALPHA, BETA), scripts=scripts)
    assert transfers(events) == []
    assert notices(events) == [
        f"Not measured: copies of pageable memory, up, on {one.id}: {REFUSED.reason}"
        for one in (ALPHA, BETA)
    ]


def test_memory_that_cannot_be_locked_costs_its_own_lines_alone() -> None:
    locked = wire.Failed("failed", "cannot lock so much memory")
    scripts = {"alpha": {"gauge": [None] * 8 + [locked] * 2}}
    events = measured(on(ALPHA), scripts=scripts)
    assert [one.pinned for one in transfers(events)] == [False, False]
    assert notices(events) == [
        f"Not measured: copies of pinned memory, {way}, on {ALPHA.id}: {locked.reason}"
        for way in ("up", "down")
    ]


def test_times_that_do_not_grow_with_the_bytes_tell_no_rate(monkeypatch) -> None:
    monkeypatch.setattr(Rated, "_gauged_s", lambda _, order: 1e-3 / order.size**0.1)
    events = measured(on(ALPHA))
    assert transfers(events) == []
    assert notices(events)[0].endswith("no rate can be told")
