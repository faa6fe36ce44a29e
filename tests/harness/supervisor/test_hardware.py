"""What is measured of a machine, in workers whose every rate is known."""

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.hardware import HardwareRun
from dlbench.harness.supervisor.probe import busy_s
from dlbench.records.machine.hardware import Clock, HardwarePlan, Products
from dlbench.records.machine.roofs import Bandwidth, Ceiling, Floor
from dlbench.records.measurement import Notice, Progress, Sample
from fakes.hardware import CHAIN_NS, FLOOR_S, GB_S, PRODUCT_FLOOR_S, Rated, target
from fakes.workers import BROKEN, Dies

ALPHA, BETA = (target("alpha"), "dynamic"), (target("beta"), "dynamic")
GRAPH = (target("beta", "graph"), "static")
ONE = tuple((target(name, threads=1), "dynamic") for name in ("alpha", "beta"))


def rates(one, m, n, k):
    """Alpha's best product is 1024 x 1024 x 2048; beta is a tenth slower."""
    rate = 110e9 if (m, n, k) == (1024, 1024, 2048) else 100e9 if m >= 1024 else 60e9
    return rate * one.threads / 2 * {"alpha": 1.0, "beta": 0.9}[one.backend]


def plan(**fields) -> HardwarePlan:
    given = {
        "products": (
            Products("cpu", "float32", 2, (ALPHA, BETA)),
            Products("cpu", "float32", 1, ONE),
        ),
        "floors": (ALPHA, BETA, GRAPH),
        "threads": (1, 2),
        "array_bytes": 2**20,
        "memory_bytes": {"cpu": 2**28},
        "budget_s": 60.0,
    }
    return HardwarePlan(**{**given, **fields})


def measured(made: HardwarePlan, stable: Rated | None = None) -> list[object]:
    rated = stable or Rated(rates)
    return [*HardwareRun(made, rated.launch, rated.clock.seconds).measure()]


def those(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_the_fastest_product_is_found_for_every_setting() -> None:
    first, second = those(Ceiling, measured(plan()))
    assert (first.target, (first.m, first.n, first.k)) == (ALPHA[0], (1024, 1024, 2048))
    assert first.gflops == pytest.approx(110.0)
    assert first.median_gflops == pytest.approx(110.0)
    assert (second.target.threads, second.gflops) == (1, pytest.approx(55.0))
    assert first.tried > 6
    assert first.blocks.disturbed == 0


def test_later_settings_are_searched_with_the_best_frameworks_alone() -> None:
    rated = Rated(rates)
    measured(plan(), rated)
    started = [worker.target for worker in rated.workers]
    assert started == [ALPHA[0], BETA[0], ONE[0][0], GRAPH[0]]


def test_every_device_is_searched_with_all_frameworks_first() -> None:
    """Alpha is the best on the CPU, beta on the GPU, where a product of 512 is not the best one."""

    def of_device(one, m, n, k):
        if one.device == "cpu":
            return rates(one, m, n, k)
        return {"alpha": 1e12, "beta": 9e12}[one.backend] * min(1.0, m / 4096)

    there = tuple((replace(one, device="cuda"), kind) for one, kind in (ALPHA, BETA))
    more = (*plan().products, Products("cuda", "float32", 2, there))
    given = plan(products=more, floors=(), memory_bytes={"cpu": 2**28, "cuda": 2**30})
    found = those(Ceiling, measured(given, Rated(of_device)))
    assert [(one.target.backend, one.target.device) for one in found] == [
        ("alpha", "cpu"),
        ("alpha", "cpu"),
        ("beta", "cuda"),
    ]
    assert found[-1].gflops == pytest.approx(9000.0)


def test_frameworks_that_are_near_each_other_are_all_searched() -> None:
    rated = Rated(lambda *_: 100e9)
    measured(plan(floors=()), rated)
    assert [worker.target for worker in rated.workers] == [
        *(target for target, _ in (ALPHA, BETA, *ONE))
    ]


def test_the_clock_and_the_bandwidth_are_measured_for_every_number_of_threads() -> None:
    events = measured(plan())
    assert [(one.threads, one.chain_ns) for one in those(Clock, events)] == [
        (1, pytest.approx(CHAIN_NS)),
        (2, pytest.approx(CHAIN_NS)),
    ]
    assert [(one.threads, one.gb_s, one.array_bytes) for one in those(Bandwidth, events)] == [
        (1, pytest.approx(GB_S), 2**20),
        (2, pytest.approx(2 * GB_S), 2**20),
    ]


def test_the_smallest_steps_are_timed_in_every_mode() -> None:
    found = those(Floor, measured(plan()))
    assert [(one.target, one.step) for one in found] == [
        (target, step) for target in (ALPHA[0], BETA[0], GRAPH[0]) for step in ("predict", "matmul")
    ]
    seconds = {"predict": FLOOR_S, "matmul": PRODUCT_FLOOR_S}
    assert all(one.step_s == pytest.approx(seconds[one.step]) for one in found)


def test_a_smallest_step_that_fails_is_told_and_the_other_is_measured() -> None:
    wrong = [wire.Verified((BROKEN,)), None]
    rated = Rated(rates, scripts={"beta": {"check": [*wrong]}})
    events = measured(plan(floors=(BETA,)), rated)
    assert [one.step for one in those(Floor, events)] == ["matmul"]
    told = [one.text for one in those(Notice, events)]
    assert any(
        text.startswith(f"Not measured: the smallest predict of {BETA[0].id}: ") for text in told
    )


def test_it_ends_about_when_it_should_and_says_how_far_it_is() -> None:
    rated = Rated(rates)
    events = measured(plan(), rated)
    assert 20.0 < rated.clock.seconds() < 66.0
    told = those(Progress, events)
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert {one.total for one in told} == {2 + 3 + 4}
    assert all(0.0 <= one.part <= 1.0 for one in told)


def test_modes_for_which_there_is_no_time_are_told() -> None:
    events = measured(plan(budget_s=1.0))
    assert {one.target for one in those(Floor, events)} == {ALPHA[0], BETA[0]}
    assert those(Notice, events)[-1].text == (
        "Not measured: the smallest steps of beta graph: the time was up; try a longer --budget "
        "than 1"
    )


def test_the_budget_gives_every_setting_a_product_at_least() -> None:
    assert len(those(Ceiling, measured(plan(budget_s=8.0)))) == 2


def test_a_product_with_a_wrong_result_is_never_a_ceiling() -> None:
    spoilt = Rated(rates, scripts={"alpha": {"check": [wire.Verified((BROKEN,))] * 99}})
    events = measured(plan(), spoilt)
    assert {one.target.backend for one in those(Ceiling, events)} == {"beta"}
    assert any("relative error" in one.text for one in those(Notice, events))


def test_a_framework_that_does_not_start_is_told_and_the_others_are_measured() -> None:
    failing = Rated(rates, scripts={"alpha": {"start": [wire.Failed("failed", "no licence")] * 3}})
    events = measured(plan(), failing)
    assert {one.target.backend for one in those(Ceiling, events)} == {"beta"}
    assert len(those(Bandwidth, events)) == 2
    assert those(Notice, events)[0].text == f"Not measured: {ALPHA[0].id}: no licence"


def test_where_no_framework_starts_there_is_a_reason_and_no_finding() -> None:
    failure = [wire.Failed("failed", "no licence")] * 9
    scripts = {name: {"start": [*failure]} for name in ("alpha", "beta")}
    events = measured(plan(), Rated(rates, scripts=scripts))
    assert those((Ceiling, Bandwidth, Clock, Floor), events) == []
    assert those(Notice, events)


def test_a_worker_that_dies_costs_what_it_would_have_measured_and_no_more() -> None:
    died = Dies(wire.Failed("failed", "the worker process died with signal 11"))
    events = measured(plan(), Rated(rates, scripts={"alpha": {"gauge": [None, died]}}))
    assert len(those(Clock, events)) == 1
    assert {one.target.backend for one in those(Ceiling, events)} >= {"beta"}


def test_an_unreadable_gauge_is_told() -> None:
    refused = wire.Failed("failed", "the sum has a wrong result")
    scripts = {"alpha": {"gauge": [refused] * 4}}
    events = measured(plan(), Rated(rates, scripts=scripts))
    texts = [one.text for one in those(Notice, events)]
    assert texts.count("Not measured: the memory bandwidth: the sum has a wrong result") == 2
    assert those(Bandwidth, events) == []


def test_all_workers_end_also_after_an_interrupt() -> None:
    rated = Rated(rates)
    running = HardwareRun(plan(), rated.launch, rated.clock.seconds).measure()
    while not isinstance(next(running), Clock):
        pass
    with pytest.raises(KeyboardInterrupt):
        running.throw(KeyboardInterrupt)
    assert [worker.alive for worker in rated.workers] == [False, False]


def test_few_products_are_kept_in_memory() -> None:
    rated = Rated(rates)
    prepared, most = set(), 0
    for _ in HardwareRun(plan(floors=()), rated.launch, rated.clock.seconds).measure():
        prepared = {
            line.partition(": prepare ")[2]
            for line in rated.journal
            if ": prepare " in line and line.replace("prepare", "release") not in rated.journal
        }
        most = max(most, len(prepared))
    assert most <= 3
    assert prepared == set()


def test_other_programs_do_not_slow_the_clock() -> None:
    """A block counts by the CPU time of each thread, by the clock only where that is unknown."""
    slowed = Sample(10, host_s=5.0, started_s=0.0, cpu_s=0.8)
    quiet = Sample(10, host_s=0.5, started_s=0.0, cpu_s=0.82)
    assert busy_s([slowed, quiet], threads=2) == pytest.approx(0.04)
    unknown = [replace(one, cpu_s=None) for one in (slowed, quiet)]
    assert busy_s(unknown, threads=2) == pytest.approx(0.05)


@pytest.mark.parametrize("turns", range(1, 13))
def test_products_of_dead_workers_are_told_once_and_not_tried_again(turns) -> None:
    died = Dies(wire.Failed("failed", "the worker process died with signal 9"))
    scripts = {name: {"turn": [*[None] * turns, died]} for name in ("alpha", "beta")}
    events = measured(plan(floors=()), Rated(rates, scripts=scripts))
    texts = [one.text for one in those(Notice, events)]
    assert any("died with signal 9" in text for text in texts)
    assert len(texts) == len(set(texts))
