"""The cards of a machine in words, and what disturbed them."""

from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis, rows_of
from dlbench.records.machine.device import Device, Link
from dlbench.records.measurement import Measurement
from dlbench.report import notes
from dlbench.report.document import machine
from dlbench.report.machine.cards import facts, names, not_by_cpu, warnings
from dlbench.results.folder import Results
from fakes.runs import ENVIRONMENT, NUMPY, TORCH, case, matmul, run_of, samples

CARD = replace(TORCH, device="cuda")
FIRST, SECOND = case(matmul(8), NUMPY), case(matmul(8), CARD)


def results(*flags):
    """A run of two cases, of which the one on the card has these flags, block by block."""
    blocks = samples(*[1.0] * len(flags))
    flagged = tuple(replace(one, flags=kinds) for one, kinds in zip(blocks, flags, strict=True))
    lines = (
        Measurement(FIRST.id, "ok", samples=samples(*[2.0] * len(flags))),
        Measurement(SECOND.id, "ok", samples=flagged),
    )
    return Results(run_of([FIRST, SECOND]), lines)


def told(found):
    return warnings(found.measurements, rows_of(found))


def test_a_quiet_card_is_not_told():
    assert told(results((), ("busy",), ("ramp",))) == []


def test_each_flag_has_a_sentence_with_its_share_and_its_cases():
    found = told(results(("capped",), ("capped", "hot"), ("slow_clock",), ("shared",)))
    assert len(found) == 4
    assert found[0].startswith("the card's power limit held its clock down in 2 of 4 samples")
    assert "matmul 8 on torch" in found[0]
    assert found[1].startswith("heat held the card's clock down in 1 of 4 samples")
    assert "more than 5 % below its highest in 1 of 4 samples" in found[2]
    assert "nvidia-smi shows which" in found[3]


def test_what_disturbs_a_card_is_not_laid_on_the_cpu():
    quiet = [()] * 3
    shared = results(*[("shared",)] * 4)
    assert not_by_cpu(shared.measurements) == {FIRST.id, SECOND.id}
    assert not_by_cpu(results(*quiet, ("busy", "shared")).measurements) == {FIRST.id}
    assert not_by_cpu(results(*quiet, ("capped",)).measurements) == set()
    assert not_by_cpu(results(*quiet, ("busy",)).measurements) == set()


def test_the_warning_of_busy_cpus_leaves_them_out():
    found = results(*[("shared",)] * 4)
    reading = RunAnalysis(found).against()
    assert "other programs used the CPU" in " ".join(notes.warnings(found.run, reading))
    spared = not_by_cpu(found.measurements)
    assert "used the CPU" not in " ".join(notes.warnings(found.run, reading, spared))


def test_a_card_is_told_with_all_that_is_known():
    card = Device(
        device="cuda",
        uuid="GPU-1",
        name="NVIDIA H200",
        driver="580.65",
        capability="9.0",
        multiprocessors=132,
        memory_bytes=2**37,
        free_bytes=2**36,
        bus_bits=6144,
        l2_bytes=60 * 2**20,
        core_mhz=1980,
        memory_mhz=3201,
        power_limit_w=700.0,
        ecc=True,
        mig=False,
        compute_mode="default",
        pcie=Link(4, 16, 5, 16),
        numa_node=0,
        others=2,
    )
    [(name, text)] = facts(replace(ENVIRONMENT, devices=(card,)))
    assert name == "cuda"
    assert text == (
        "NVIDIA H200, GPU-1, driver 580.65, capability 9.0, compute mode default, NUMA node 0, "
        "132 multiprocessors, 128 GiB (64.0 GiB free), 6144-bit memory bus, 60.0 MiB L2 cache, "
        "up to 1980 MHz, memory up to 3201 MHz, power limit 700 W, PCIe 4 x16 (up to 5 x16), "
        "ECC on, MIG off, 2 other programs"
    )


def test_what_is_unknown_is_left_out():
    cards = (Device("", "GPU-2", "NVIDIA T4", pcie=Link(3, None, 3, None)),)
    assert facts(replace(ENVIRONMENT, devices=cards)) == [
        ("hidden card", "NVIDIA T4, GPU-2, PCIe 3")
    ]
    assert facts(ENVIRONMENT) == []


def test_the_line_of_the_machine_names_cards_with_driver_and_limit():
    cards = (
        Device("cuda", "GPU-1", "NVIDIA H200", driver="580.65", power_limit_w=700.0),
        Device("cuda:1", "GPU-2", "NVIDIA T4"),
        Device("", "GPU-3", "NVIDIA L4"),
    )
    here = replace(ENVIRONMENT, devices=cards, gpus=("NVIDIA H200", "NVIDIA T4"))
    assert names(here) == ["NVIDIA H200 (driver 580.65, 700 W)", "NVIDIA T4"]
    assert "16.0 GiB, NVIDIA H200 (driver 580.65, 700 W), NVIDIA T4; Python" in machine(here)


def test_a_run_before_cards_were_recorded_has_their_names():
    assert names(replace(ENVIRONMENT, gpus=("Tesla",))) == ["Tesla"]
