"""What is published of processors, and how it is found."""

import csv
import re

import pytest
from archspec.cpu import TARGETS

from dlbench.machine import peaks


def rows(table: str) -> list[dict[str, str]]:
    with (peaks.TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


AVX2, AVX512 = ("avx", "avx2", "fma"), ("avx", "avx2", "fma", "avx512f")


@pytest.mark.parametrize(
    ("name", "features", "float32", "float64"),
    [
        ("haswell", AVX2, 32, 16),
        ("sandybridge", ("avx",), 16, 8),
        ("skylake_avx512", AVX512, 64, 32),
        ("zen", AVX2, 16, 8),
        ("zen3", AVX2, 32, 16),
        ("zen4", AVX512, 32, 16),
    ],
)
def test_operations_of_a_cycle(name, features, float32, float64) -> None:
    """Of stackoverflow.com/q/15655835, which has them by vector instruction."""
    core = peaks.core(name)
    assert core.flops_per_cycle("float32", features) == float32
    assert core.flops_per_cycle("float64", features) == float64


def test_vectors_are_as_wide_as_the_instructions_that_the_machine_lets_use() -> None:
    core = peaks.core("skylake_avx512")
    assert [core.width(known) for known in (AVX512, AVX2, ("sse4_2",), ())] == [512, 256, 128, 128]


def test_an_unknown_microarchitecture_has_no_core() -> None:
    assert peaks.core("abacus") is None
    assert peaks.core(None) is None


def test_every_microarchitecture_is_one_of_archspec_and_has_its_source() -> None:
    for row in rows("microarchitectures"):
        assert row["microarchitecture"] in TARGETS
        assert peaks.core(row["microarchitecture"]).source


def test_the_clock_is_known_by_the_latencies_that_the_source_gives() -> None:
    for row in rows("microarchitectures"):
        if found := re.search(r"Latencies (\d) \+ (\d)", row["source"]):
            assert int(found[1]) + int(found[2]) == int(row["chain_cycles"])


def test_a_gpu_is_found_by_its_exact_name_only() -> None:
    h200 = peaks.gpu("NVIDIA H200")
    assert (h200.gflops("float32"), h200.gflops("tf32")) == (67_000.0, 494_500.0)
    assert peaks.gpu("NVIDIA H200 NVL").gflops("float32") == 60_000.0
    for other in ("H200", "NVIDIA H200 ", "NVIDIA", "", "NVIDIA A10G", "NVIDIA H100"):
        assert peaks.gpu(other) is None


def test_what_is_not_published_is_unknown() -> None:
    turing = peaks.gpu("NVIDIA GeForce RTX 2080 Ti")
    assert turing.gflops("float32") == 13_450.0
    assert turing.gflops("tf32") is None
    assert turing.gflops("float64") is None


def test_every_gpu_has_its_source_and_its_day_and_no_name_is_given_twice() -> None:
    names = [name for row in rows("gpus") for name in row["names"].split(" | ")]
    assert len(names) == len({*names})
    for row in rows("gpus"):
        assert row["source"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["read"])
        assert peaks.gpu(row["names"].split(" | ")[0]).float32_tflops > 0


def test_the_lecture_has_its_two_rows() -> None:
    cpu, gpu = peaks.lecture()
    assert (cpu.name, cpu.cores, cpu.threads, cpu.clock_ghz) == ("Intel Core i7-7700K", 4, 8, 4.2)
    assert (cpu.price, cpu.speed_gflops) == ("385 USD", 540.0)
    assert (gpu.name, gpu.cores, gpu.threads, gpu.clock_ghz) == (
        "NVIDIA RTX 2080 Ti",
        3584,
        None,
        1.6,
    )
    assert (gpu.price, gpu.speed_gflops, gpu.memory) == ("1199 USD", 13_400.0, "11 GB GDDR6")


def test_the_lecture_s_cpu_has_the_peak_that_its_core_and_clock_give() -> None:
    cpu, _ = peaks.lecture()
    flops = peaks.core("skylake").flops_per_cycle("float32", AVX2)  # Kaby Lake has the same core
    assert cpu.cores * cpu.clock_ghz * flops == pytest.approx(cpu.speed_gflops, rel=0.01)
