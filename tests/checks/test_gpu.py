"""The checks of GPUs, on a driver and frameworks that are told."""

import pytest
from msgspec.structs import replace

from dlbench.checks import architectures, compute_mode, driver, gpu, power
from dlbench.checks.base import LeftOut
from dlbench.machine.cards import Driver, NoDriver
from fakes.facts import ALPHA_SAYS, BETA_SAYS, CARD, DRIVER, facts, state, write
from fakes.machine import ALPHA, BETA

ABSENT = NoDriver("NVML Shared Library Not Found")
BROKEN = NoDriver("Driver/library version mismatch", is_installed=True)
NONE_SEEN = {"gpus": (), "gpu_error": ""}


def saying(root, driver=DRIVER, variables=None, **beta):
    """What beta says, beside a driver."""
    frameworks = {"alpha": ALPHA_SAYS, "beta": replace(BETA_SAYS, **beta)}
    return facts(root, driver=driver, frameworks=frameworks, variables=variables or {})


def pci(root, *cards):
    """Cards on the bus: each a class and a maker."""
    (root / "sys/bus/pci/devices").mkdir(parents=True)
    for number, (kind, maker) in enumerate(cards):
        write(root, f"sys/bus/pci/devices/0000:00:0{number}.0/class", kind)
        write(root, f"sys/bus/pci/devices/0000:00:0{number}.0/vendor", maker)


# --- which GPUs are seen ------------------------------------------------------------------------


def test_all_is_well_if_every_framework_sees_all(tmp_path):
    outcome = gpu.check(facts(tmp_path))
    assert (outcome.state, outcome.seen) == ("good", "1 GPU (Accel 9), beta sees 1")


@pytest.mark.parametrize(
    ("beta", "variables", "why"),
    [
        ({"cuda": ""}, {}, "its build is for the CPU alone"),
        ({}, {"CUDA_VISIBLE_DEVICES": ""}, "CUDA_VISIBLE_DEVICES='' hides it"),
        ({}, {"CUDA_VISIBLE_DEVICES": "-1"}, "CUDA_VISIBLE_DEVICES='-1' hides it"),
        ({}, {"CUDA_VISIBLE_DEVICES": "7,0"}, "CUDA_VISIBLE_DEVICES='7,0' hides it"),
        ({"gpu_error": "driver too old"}, {"CUDA_VISIBLE_DEVICES": "0"}, "driver too old"),
        ({"gpu_error": "no device"}, {"CUDA_VISIBLE_DEVICES": "GPU-8932f937"}, "no device"),
        ({}, {}, "built for CUDA 13.0, it finds none and does not say why"),
    ],
)
def test_a_framework_that_sees_none_is_told_with_the_reason(tmp_path, beta, variables, why):
    outcome = gpu.check(saying(tmp_path, variables=variables, **{**NONE_SEEN, **beta}))
    assert outcome.state == "bad"
    assert outcome.seen == "1 GPU (Accel 9), beta sees none"
    assert outcome.meaning == f"cases on the GPU are skipped; beta: {why}"


def test_a_framework_that_did_not_answer_sees_none(tmp_path):
    told = facts(tmp_path, frameworks={"beta": "no answer within 60 s"})
    outcome = gpu.check(told)
    assert (outcome.state, "no answer within 60 s" in outcome.meaning) == ("bad", True)


def test_one_of_two_frameworks_without_a_gpu_is_a_notice(tmp_path):
    told = facts(
        tmp_path,
        declared={"beta": BETA, "gamma": BETA},
        frameworks={"beta": BETA_SAYS, "gamma": replace(BETA_SAYS, cuda="", **NONE_SEEN)},
    )
    outcome = gpu.check(told)
    assert (outcome.state, outcome.seen) == (
        "notice",
        "1 GPU (Accel 9), beta sees 1, gamma sees none",
    )


def test_a_framework_that_sees_fewer_is_a_notice(tmp_path):
    two = DRIVER._replace(cards=(CARD, CARD))
    outcome = gpu.check(saying(tmp_path, driver=two))
    assert (outcome.state, outcome.seen) == ("notice", "2 GPUs (Accel 9), beta sees 1")


def test_a_card_for_which_nothing_is_installed_is_a_notice(tmp_path):
    told = facts(tmp_path, declared={"alpha": ALPHA}, frameworks={"alpha": ALPHA_SAYS})
    assert state(gpu.check(told)) == "notice"


@pytest.mark.parametrize(
    ("found", "cards", "expected"),
    [
        (ABSENT, [("0x030200", "0x10de")], "notice"),
        (ABSENT, [("0x030000", "0x10de")], "notice"),
        (BROKEN, [("0x030200", "0x10de")], "bad"),
        (BROKEN, [], "bad"),
        (Driver("600", (13, 0)), [("0x030200", "0x10de")], "bad"),
        (ABSENT, [("0x030000", "0x1002")], "notice"),
    ],
)
def test_a_card_without_a_driver(tmp_path, found, cards, expected):
    pci(tmp_path, *cards)
    assert state(gpu.check(facts(tmp_path, driver=found))) == expected


@pytest.mark.parametrize("cards", [[], [("0x030000", "0x1234")], [("0x020000", "0x10de")]])
def test_a_machine_without_a_gpu_has_nothing_to_check(tmp_path, cards):
    pci(tmp_path, *cards)
    assert gpu.check(facts(tmp_path, driver=ABSENT)) == LeftOut("there is no GPU")


def test_a_system_that_lists_no_cards_is_unknown(tmp_path):
    assert state(gpu.check(facts(tmp_path, driver=ABSENT))) == "unknown"


# --- driver against build -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest", "cuda", "expected"),
    [
        ((13, 0), "13.0", "good"),
        ((13, 1), "13.0", "good"),
        ((13, 0), "12.8", "good"),
        ((13, 0), "13", "good"),
        ((12, 4), "12.8", "notice"),
        ((12, 8), "13.0", "bad"),
        ((12, 8), "13", "bad"),
        (None, "13.0", "unknown"),
        ((13, 0), "thirteen", "unknown"),
    ],
)
def test_the_driver_against_a_build(tmp_path, newest, cuda, expected):
    told = saying(tmp_path, driver=DRIVER._replace(cuda=newest), cuda=cuda)
    assert state(driver.check(told)) == expected


def test_a_build_for_the_cpu_has_no_version(tmp_path):
    assert isinstance(driver.check(saying(tmp_path, cuda="")), LeftOut)
    assert isinstance(driver.check(facts(tmp_path, driver=ABSENT)), LeftOut)


# --- architectures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capability", "names", "expected"),
    [
        ((9, 0), ("sm_80", "sm_90"), "good"),
        ((8, 6), ("sm_80",), "good"),
        ((8, 0), ("sm_86",), "bad"),
        ((8, 9), ("sm_70", "compute_70"), "notice"),
        ((12, 0), ("sm_90", "compute_90"), "notice"),
        ((12, 0), ("sm_120",), "good"),
        ((12, 1), ("sm_120a",), "bad"),
        ((12, 0), ("sm_120a",), "good"),
        ((12, 1), ("sm_120f",), "good"),
        ((12, 0), ("compute_90a",), "bad"),
        ((6, 1), ("sm_75", "compute_75"), "bad"),
        ((9, 0), (), "unknown"),
        ((9, 0), None, "unknown"),
        (None, ("sm_90",), "unknown"),
        ((9, 0), ("gfx942",), "bad"),
    ],
)
def test_architectures_against_a_capability(tmp_path, capability, names, expected):
    card = CARD._replace(capability=capability)
    told = saying(tmp_path, driver=DRIVER._replace(cards=(card,)), architectures=names)
    assert state(architectures.check(told)) == expected


def test_the_worst_of_several_cards_counts(tmp_path):
    cards = (CARD, CARD._replace(capability=(12, 0)))
    outcome = architectures.check(saying(tmp_path, driver=DRIVER._replace(cards=cards)))
    assert outcome.state == "notice"
    assert outcome.seen == "for capability 9.0, capability 12.0: beta has code to compile"


def test_builds_for_the_cpu_have_no_architecture(tmp_path):
    assert isinstance(architectures.check(saying(tmp_path, cuda="")), LeftOut)


# --- compute mode -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("default", "good"),
        ("exclusive process", "bad"),
        ("prohibited", "bad"),
        (None, "unknown"),
    ],
)
def test_the_compute_mode(tmp_path, mode, expected):
    cards = (CARD, CARD._replace(mode=mode))
    assert state(compute_mode.check(saying(tmp_path, DRIVER._replace(cards=cards)))) == expected


# --- power --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "default", "expected", "seen"),
    [
        (700.0, 700.0, "good", "GPU 0: 700 W"),
        (350.0, 700.0, "notice", "GPU 0: 350 W of 700 W"),
        (800.0, 700.0, "good", "GPU 0: 800 W"),
        (None, 700.0, "unknown", "GPU 0 does not tell its limit"),
        (700.0, None, "unknown", "GPU 0 does not tell its limit"),
    ],
)
def test_the_power_limit(tmp_path, limit, default, expected, seen):
    card = CARD._replace(limit_w=limit, default_w=default)
    outcome = power.check(saying(tmp_path, DRIVER._replace(cards=(card,))))
    assert (outcome.state, outcome.seen) == (expected, seen)


def supply(root, name, kind, **values):
    write(root, f"sys/class/power_supply/{name}/type", kind)
    for field, value in values.items():
        write(root, f"sys/class/power_supply/{name}/{field}", value)


@pytest.mark.parametrize(("online", "expected"), [(1, "good"), (0, "bad")])
def test_a_laptop_on_its_battery(tmp_path, online, expected):
    supply(tmp_path, "BAT0", "Battery")
    supply(tmp_path, "AC", "Mains", online=online)
    assert state(power.check(facts(tmp_path, driver=ABSENT))) == expected


def test_the_battery_of_a_mouse_does_not_count(tmp_path):
    supply(tmp_path, "hidpp", "Battery", scope="Device")
    assert isinstance(power.check(facts(tmp_path, driver=ABSENT)), LeftOut)
