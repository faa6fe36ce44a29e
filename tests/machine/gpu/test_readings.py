"""A card that is read again and again, in told time."""

import pynvml
import pytest

from dlbench.machine.gpu.readings import LONGEST_CALL_S, Card, CardLost, Reading
from fakes.nvml import FakeCard, FakeNvml, uuid

HERE = uuid("a")


@pytest.fixture
def nvml():
    return FakeNvml(FakeCard(uuid("b"), mhz=300), FakeCard(HERE))


def card_of(nvml):
    return Card(HERE, nvml, nvml.clock.seconds)


def test_the_card_is_found_by_its_uuid_and_not_by_its_number(nvml):
    assert card_of(nvml).read().core_mhz == 1980


def test_a_card_tells_clocks_temperature_reasons_and_totals(nvml):
    nvml.cards[1].ran(joules=12.5, capped_s=0.25, hot_s=0.5)
    nvml.cards[1].reasons = 4
    assert card_of(nvml).read() == Reading(1980, 3201, 40, 4, 0.25, 0.5, 12.5)


def test_totals_are_the_counters_alone(nvml):
    nvml.cards[1].ran(joules=1.0)
    assert card_of(nvml).totals() == Reading(capped_s=0.0, hot_s=0.0, energy_j=1.0)


def test_a_call_of_5_ms_is_left_out_between_blocks(nvml):
    nvml.takes_s = {"nvmlDeviceGetTemperature": 0.005, "nvmlDeviceGetFieldValues": 0.0005}
    card = card_of(nvml)
    assert card.slow == ["temperature_c"]
    assert card.costs_s["temperature_c"] == pytest.approx(0.005)
    assert card.costs_s["counters"] == pytest.approx(0.0005)
    nvml.asked.clear()
    assert card.read().temperature_c is None
    assert "nvmlDeviceGetTemperature" not in nvml.asked
    assert card.read_in_full().temperature_c == 40


def test_counters_that_take_long_are_no_totals(nvml):
    nvml.takes_s = {"nvmlDeviceGetFieldValues": 2 * LONGEST_CALL_S}
    assert card_of(nvml).totals() == Reading()


def test_one_slow_call_in_three_does_not_leave_it_out(nvml):
    first = iter([0.2])
    ask = nvml.clock.advance
    nvml.takes_s = {"nvmlDeviceGetTemperature": 0.0001}
    nvml.clock.advance = lambda seconds: ask(next(first, seconds) if seconds else 0.0)
    assert card_of(nvml).slow == []


@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_NO_PERMISSION, pynvml.NVML_ERROR_NOT_SUPPORTED])
def test_what_a_card_may_not_tell_is_unknown(nvml, code):
    nvml.refuses = {
        "nvmlDeviceGetTemperature": code,
        "nvmlDeviceGetFieldValues": code,
        "nvmlDeviceGetComputeRunningProcesses": code,
    }
    card = card_of(nvml)
    assert card.read() == Reading(1980, 3201, None, 0)
    assert card.users() is None


def test_a_counter_that_the_card_lacks_is_unknown_and_the_others_are_known(nvml):
    del nvml.cards[1].counters[pynvml.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION]
    assert card_of(nvml).totals() == Reading(capped_s=0.0, hot_s=0.0)


def test_users_are_the_processes_on_this_card(nvml):
    nvml.cards[0].pids, nvml.cards[1].pids = [1], [2, 3]
    assert card_of(nvml).users() == {2, 3}


@pytest.mark.parametrize("name", ["nvmlInit", "nvmlDeviceGetHandleByUUID"])
def test_a_card_that_nobody_knows_is_refused(nvml, name):
    nvml.refuses[name] = pynvml.NVML_ERROR_NOT_FOUND
    with pytest.raises(pynvml.NVMLError):
        card_of(nvml)


@pytest.mark.parametrize("ask", [Card.read, Card.totals, Card.read_in_full, Card.users])
def test_a_card_that_is_lost_says_so(nvml, ask):
    card = card_of(nvml)
    nvml.lost.add(HERE)
    with pytest.raises(CardLost, match=f"card {HERE} was lost: GPU is lost") as caught:
        ask(card)
    assert "nvidia-smi" in str(caught.value)
