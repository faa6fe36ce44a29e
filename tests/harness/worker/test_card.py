"""What a card tells of a block, and the flags of that."""

import os

import msgspec
import pynvml
import pytest

from dlbench.harness.worker import card as cards
from dlbench.harness.worker.card import CardWatch, NoCard, relatives, watch
from dlbench.machine.gpu.readings import Card, CardLost, Reading
from dlbench.records.machine.telemetry import Telemetry
from dlbench.records.measurement import Sample
from fakes.nvml import FakeCard, FakeNvml, uuid
from fakes.orders import PREPARE, START, TURN, WARM_UP

HERE = uuid("a")
BLOCK = Sample(iterations=10, host_s=0.5, started_s=3.0)
POWER, HEAT = pynvml.nvmlClocksEventReasonSwPowerCap, pynvml.nvmlClocksEventReasonHwThermalSlowdown
STRANGER = 10**9


@pytest.fixture
def nvml():
    return FakeNvml(FakeCard(HERE, pids=[os.getpid()]))


@pytest.fixture
def watched(nvml):
    """A watch in told time, in a run of this process and one other."""
    return CardWatch(Card(HERE, nvml, nvml.clock.seconds), lambda: {os.getpid(), 7})


def timed(watched, meanwhile=lambda: None):
    """A block during which something happens to the card."""
    before = watched.before()
    meanwhile()
    return watched.after(BLOCK, before)


def test_a_block_has_the_state_of_the_card_at_its_end(nvml, watched):
    def work():
        nvml.cards[0].ran(joules=30.0)
        nvml.cards[0].mhz, nvml.cards[0].celsius = 1900, 61

    nvml.cards[0].ran(joules=1000.0)
    found = timed(watched, work)
    assert found.card == Telemetry(1900, 3201, 61, 0, 0.0, 0.0, 1030.0)
    assert msgspec.structs.replace(found, card=None) == BLOCK


def test_time_at_the_power_limit_counts_and_is_told(nvml, watched):
    nvml.cards[0].ran(capped_s=100.0)
    found = timed(watched, lambda: nvml.cards[0].ran(capped_s=0.125))
    assert found.card.capped_s == pytest.approx(0.125)
    assert found.flags == ("capped",)
    assert not found.is_disturbed


def test_time_of_heat_counts_and_is_told(nvml, watched):
    found = timed(watched, lambda: nvml.cards[0].ran(hot_s=0.5))
    assert (found.card.hot_s, found.flags) == (0.5, ("hot",))
    assert not found.is_disturbed


@pytest.mark.parametrize(("reason", "flag"), [(POWER, "capped"), (HEAT, "hot")])
def test_where_counters_stand_still_the_reasons_of_the_moment_tell(nvml, watched, reason, flag):
    nvml.cards[0].reasons = reason
    found = timed(watched)
    assert (found.card.capped_s, found.card.hot_s) == (0.0, 0.0)
    assert found.flags == (flag,)


def test_a_counter_that_begins_anew_is_unknown_over_that_block(nvml, watched):
    nvml.cards[0].ran(capped_s=5.0)

    def reloaded():
        nvml.cards[0].counters[pynvml.NVML_FI_DEV_PERF_POLICY_POWER] = 0

    assert timed(watched, reloaded).card.capped_s is None


def test_flags_of_the_block_are_kept(watched):
    found = watched.after(msgspec.structs.replace(BLOCK, flags=("busy",)), watched.before())
    assert found.flags == ("busy",)


@pytest.mark.parametrize(
    ("others", "expected"), [([], ()), ([7], ()), ([STRANGER], ("shared",))], ids=str
)
def test_a_card_is_shared_with_processes_that_are_not_of_this_run(nvml, watched, others, expected):
    nvml.cards[0].pids += others
    watched.begin()
    found = timed(watched)
    assert found.flags == expected
    assert found.is_disturbed is bool(expected)


def test_who_came_after_the_look_is_seen_at_the_next_one(nvml, watched):
    watched.begin()
    nvml.cards[0].pids.append(STRANGER)
    assert timed(watched).flags == ()
    watched.begin()
    assert timed(watched).flags == ("shared",)
    nvml.cards[0].pids.remove(STRANGER)
    watched.begin()
    assert timed(watched).flags == ()


def test_where_the_driver_counts_by_other_ids_nobody_is_a_stranger(nvml, watched):
    nvml.cards[0].pids = [STRANGER, STRANGER + 1]
    watched.begin()
    assert timed(watched).flags == ()


def test_without_permission_nothing_is_known_and_nothing_fails(nvml):
    for name in (
        "nvmlDeviceGetClockInfo",
        "nvmlDeviceGetTemperature",
        "nvmlDeviceGetCurrentClocksThrottleReasons",
        "nvmlDeviceGetFieldValues",
        "nvmlDeviceGetComputeRunningProcesses",
    ):
        nvml.refuses[name] = pynvml.NVML_ERROR_NO_PERMISSION
    silent = CardWatch(Card(HERE, nvml, nvml.clock.seconds), set)
    silent.begin()
    found = timed(silent)
    assert (found.card, found.flags) == (Telemetry(), ())
    assert silent.facts()["card_watched"] == "no: the driver tells nothing"


def test_what_takes_long_is_asked_once_after_the_warm_up(nvml):
    nvml.takes_s = {"nvmlDeviceGetTemperature": 0.005}
    slow = CardWatch(Card(HERE, nvml, nvml.clock.seconds), set)
    found = timed(slow)
    assert found.card.temperature_c is None
    assert slow.in_full(found).card == msgspec.structs.replace(found.card, temperature_c=40)
    assert slow.facts()["card_watched_once"] == "temperature_c"


def test_what_is_quick_is_not_asked_again(nvml, watched):
    found = timed(watched)
    nvml.asked.clear()
    assert watched.in_full(found) is found
    assert nvml.asked == []


def test_the_facts_say_what_each_call_takes(nvml):
    nvml.takes_s = {"nvmlDeviceGetTemperature": 0.0002}
    facts = CardWatch(Card(HERE, nvml, nvml.clock.seconds), set).facts()
    assert facts["card"] == HERE
    assert "temperature_c 200 µs" in facts["card_watched"]
    assert facts["card_watched_once"] is None


def test_a_card_that_is_lost_in_a_block_says_so(nvml, watched):
    with pytest.raises(CardLost):
        timed(watched, lambda: nvml.lost.add(HERE))


def test_without_a_card_blocks_stay_as_they_are():
    none = NoCard()
    none.begin()
    assert none.before() == Reading()
    assert none.after(BLOCK, none.before()) is none.in_full(BLOCK) is BLOCK
    assert none.facts() == {}


def test_the_cpu_is_not_watched():
    assert isinstance(watch(""), NoCard)


def test_a_card_that_nvml_does_not_know_is_not_watched_and_why_is_told(monkeypatch):
    def refuse(card):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)

    monkeypatch.setattr(cards, "Card", refuse)
    assert watch(HERE).facts() == {"card_watched": "no: Not Found"}


def test_relatives_are_the_supervisor_and_what_it_has_started():
    assert {os.getppid(), os.getpid()} <= relatives()


@pytest.fixture
def on_card(tell, monkeypatch, nvml):
    """A worker of that card, which has started; carries out orders."""

    def watched(uuid):
        return CardWatch(Card(uuid, nvml, nvml.clock.seconds), set)

    monkeypatch.setattr(cards, "watch", watched)
    return lambda *orders: tell(msgspec.structs.replace(START, card=HERE), *orders)


def test_a_worker_says_which_card_it_watches(on_card):
    assert on_card().facts["card"] == HERE


def test_a_worker_reads_its_card_around_every_block(on_card):
    warm = on_card(PREPARE, WARM_UP)
    assert [one.card.core_mhz for one in warm.samples] == [1980] * len(warm.samples)
    timed_ = on_card(PREPARE, WARM_UP, TURN)
    assert [one.card.core_mhz for one in timed_.samples] == [1980]


def test_a_worker_asks_what_takes_long_once_for_each_case(on_card, nvml):
    nvml.takes_s = {"nvmlDeviceGetTemperature": 0.005}
    warm = on_card(PREPARE, WARM_UP)
    celsius = [one.card.temperature_c for one in warm.samples]
    assert celsius == [None] * (len(celsius) - 1) + [40]


def test_a_card_that_is_lost_between_turns_fails_the_case_with_that_reason(on_card, tell, nvml):
    on_card(PREPARE, WARM_UP, TURN)
    nvml.lost.add(HERE)
    reply = tell(TURN)
    assert reply.status == "failed"
    assert f"card {HERE} was lost" in reply.reason
