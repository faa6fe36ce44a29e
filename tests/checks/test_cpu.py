"""The checks of the CPU, on machines whose files are told."""

import pytest

from dlbench.checks import governor, quota, steal, thermal, turbo
from dlbench.machine.grants import Grant
from fakes.cgroups import Machine
from fakes.facts import CARD, CORES, DRIVER, QUIET, facts, sound, stat, state, write

CPU = "sys/devices/system/cpu"


# --- governor -----------------------------------------------------------------------------------


def governed(root, governors, driver="acpi-cpufreq"):
    for core, name in enumerate(governors):
        write(root, f"{CPU}/cpu{core}/cpufreq/scaling_governor", name)
        write(root, f"{CPU}/cpu{core}/cpufreq/scaling_driver", driver)
    return governor.check(facts(root))


@pytest.mark.parametrize(
    ("governors", "driver", "expected", "seen"),
    [
        (["performance"] * 2, "acpi-cpufreq", "good", "performance on 2 of 2 cores"),
        (["performance"] * 2, "intel_pstate", "good", "performance on 2 of 2 cores"),
        (["schedutil"] * 2, "acpi-cpufreq", "notice", "schedutil on 2 of 2 cores"),
        (["powersave"] * 2, "intel_pstate", "notice", "powersave on 2 of 2 cores"),
        (["powersave"] * 2, "amd-pstate-epp", "notice", "powersave on 2 of 2 cores"),
        (["powersave"] * 2, "acpi-cpufreq", "bad", "powersave on 2 of 2 cores"),
        (["powersave"] * 2, "intel_cpufreq", "bad", "powersave on 2 of 2 cores"),
        (["performance", "ondemand"], "x", "notice", "performance on 1, ondemand on 1 of 2 cores"),
        (["performance"], "acpi-cpufreq", "unknown", "performance on 1 of 2 cores"),
        ([], "", "unknown", "the system does not tell"),
    ],
)
def test_the_governor(tmp_path, governors, driver, expected, seen):
    outcome = governed(tmp_path, governors, driver)
    assert (outcome.state, outcome.seen) == (expected, seen)


def test_cores_that_may_not_be_used_do_not_count(tmp_path):
    assert state(governed(tmp_path, ["performance", "performance", "powersave"])) == "good"


# --- turbo --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "value", "expected"),
    [
        ("intel_pstate/no_turbo", 1, "good"),
        ("intel_pstate/no_turbo", 0, "notice"),
        ("cpufreq/boost", 0, "good"),
        ("cpufreq/boost", 1, "notice"),
        ("cpufreq/boost", "", "unknown"),
        ("cpufreq/other", 1, "unknown"),
    ],
)
def test_turbo(tmp_path, file, value, expected):
    write(tmp_path, f"{CPU}/{file}", value)
    assert state(turbo.check(facts(tmp_path))) == expected


def test_turbo_that_is_on_says_how_to_switch_it_off(tmp_path):
    write(tmp_path, f"{CPU}/intel_pstate/no_turbo", 0)
    advice = turbo.check(facts(tmp_path)).advice
    assert advice.endswith(f"echo 1 | sudo tee {tmp_path / CPU / 'intel_pstate/no_turbo'}")


# --- steal --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "ever", "expected"),
    [
        (0.0, (0, 0), "good"),
        (0.001, (1, 1), "good"),
        (0.0, (40, 40), "notice"),
        (0.01, (0, 0), "notice"),
        (0.03, (0, 0), "bad"),
        (None, (0, 0), "unknown"),
        (0.0, (), "unknown"),
    ],
)
def test_steal(tmp_path, now, ever, expected):
    stat(tmp_path, *ever)
    observed = QUIET._replace(stolen=now)
    assert state(steal.check(facts(tmp_path, observed=observed))) == expected


def test_steal_is_a_share_of_all_time_of_the_usable_cores(tmp_path):
    stat(tmp_path, 1000, 0, 9000, working=1000)
    assert steal.check(facts(tmp_path)).seen == "0 % now, 33 % since the machine started"


def test_a_hypervisor_that_has_never_told_any_is_not_believed(tmp_path):
    stat(tmp_path, 0, 0)
    write(tmp_path, "proc/cpuinfo", "model name : x\nflags : fpu hypervisor sse2")
    assert state(steal.check(facts(tmp_path))) == "unknown"
    stat(tmp_path, 1, 0)
    assert state(steal.check(facts(tmp_path))) == "good"


# --- quota --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grant", "expected", "seen"),
    [
        (Grant(2, CORES), "good", "2 of 2 cores, no quota"),
        (Grant(8, CORES), "good", "2 of 8 cores, no quota"),
        (Grant(8, CORES, 4.0), "good", "2 of 8 cores, quota of 4"),
        (Grant(2, CORES, 1.0), "notice", "2 of 2 cores, quota of 1"),
        (Grant(2, CORES, 1.5), "bad", "2 of 2 cores, quota of 1.5"),
        (Grant(2, CORES, 0.5), "bad", "2 of 2 cores, quota of 0.5"),
    ],
)
def test_the_quota(tmp_path, grant, expected, seen):
    sound(tmp_path)
    outcome = quota.check(facts(tmp_path, grant=grant))
    assert (outcome.state, outcome.seen) == (expected, seen)


def test_half_a_core_stops_one_thread(tmp_path):
    outcome = quota.check(facts(tmp_path, grant=Grant(2, CORES, 0.5)))
    assert outcome.meaning.startswith("1 thread needs more than that, and is stopped")


def test_no_quota_where_the_own_group_is_hidden_is_unknown(tmp_path):
    Machine(tmp_path).within("/slice/own")
    outcome = quota.check(facts(tmp_path))
    assert (outcome.state, "hidden" in outcome.seen) == ("unknown", True)


def test_no_quota_where_there_are_no_groups_is_unknown(tmp_path):
    assert state(quota.check(facts(tmp_path))) == "unknown"


# --- heat ---------------------------------------------------------------------------------------


def zone(root, at, limit=None, kind="passive", number=0):
    folder = f"sys/class/thermal/thermal_zone{number}"
    write(root, f"{folder}/type", "cpu-thermal")
    write(root, f"{folder}/temp", at)
    if limit is not None:
        write(root, f"{folder}/trip_point_0_temp", limit)
        write(root, f"{folder}/trip_point_0_type", kind)


@pytest.mark.parametrize(
    ("at", "limit", "kind", "expected"),
    [
        (60000, 95000, "passive", "good"),
        (91000, 95000, "passive", "notice"),
        (91000, 95000, "critical", "notice"),
        (91000, 95000, "active", "unknown"),  # a fan starts, the clock stays
        (60000, None, "", "unknown"),
        (60000, 0, "passive", "unknown"),  # a switched-off trip point
        ("", 95000, "passive", "unknown"),
    ],
)
def test_heat(tmp_path, at, limit, kind, expected):
    zone(tmp_path, at, limit, kind)
    assert state(thermal.check(facts(tmp_path))) == expected


def test_a_cpu_that_was_slowed_down_is_bad(tmp_path):
    zone(tmp_path, 60000, 95000)
    outcome = thermal.check(facts(tmp_path, throttled_times=3))
    assert (outcome.state, outcome.seen) == ("bad", "CPU slowed down 3 times")


def test_a_count_of_none_is_good_without_any_thermometer(tmp_path):
    outcome = thermal.check(facts(tmp_path, throttled_times=0))
    assert (outcome.state, outcome.seen) == ("good", "not slowed down")


def test_a_gpu_that_is_slowed_down_is_bad(tmp_path):
    zone(tmp_path, 60000, 95000)
    hot = DRIVER._replace(cards=(CARD, CARD._replace(slowed_by=("heat",))))
    outcome = thermal.check(facts(tmp_path, driver=hot))
    assert (outcome.state, outcome.seen) == ("bad", "GPU 1 slowed down by heat")
