"""What a processor is and can reach: units times clock times width, and the table."""

from types import SimpleNamespace

import msgspec
import pytest

from dlbench.machine import processors
from dlbench.machine.accelerators import Accelerator
from dlbench.machine.processors import REPORTED, Seen, peak, processor
from dlbench.machine.topology import Topology
from dlbench.records.machine.hardware import Clock, Price, Products
from fakes.hardware import ENVIRONMENT

TOPOLOGY = Topology(cores=2, threads=4, cache_bytes=2**25)
CLOCKS = (Clock(1, 1.5), Clock(4, 2.0))  # zen3: 6 cycles, so 4 and 3 GHz
H200 = Accelerator("NVIDIA H200", 16896, 1.98, 2**37)


@pytest.fixture(autouse=True)
def reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system reports 2.5 GHz."""
    monkeypatch.setattr(processors.psutil, "cpu_freq", lambda: SimpleNamespace(current=2500.0))


def seen(clocks=CLOCKS, accelerators=(), **fields) -> Seen:
    environment = msgspec.structs.replace(ENVIRONMENT, **fields)
    return Seen(environment, TOPOLOGY, accelerators, clocks)


def products(device: str = "cpu", dtype: str = "float32", threads: int = 4) -> Products:
    return Products(device, dtype, threads, ())


def test_the_cpu_has_the_clock_that_was_measured_in_all_threads() -> None:
    found = processor("cpu", seen(), Price(385.0, "USD"))
    assert (found.name, found.cores, found.threads) == ("Made-up CPU 9000", 2, 4)
    assert (found.clock_ghz, found.clock_source) == (3.0, "measured by operations of 6 cycles")
    assert (found.memory_bytes, found.price) == (24 * 2**30, Price(385.0, "USD"))


@pytest.mark.parametrize("fields", [{"microarchitecture": "abacus"}, {"clocks": ()}])
def test_without_latencies_or_a_measurement_it_is_the_clock_that_the_system_reports(fields) -> None:
    found = processor("cpu", seen(**fields))
    assert (found.clock_ghz, found.clock_source) == (2.5, REPORTED)


@pytest.mark.parametrize("answer", [None, SimpleNamespace(current=0.0)])
def test_a_clock_may_be_unknown(answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processors.psutil, "cpu_freq", lambda: answer)
    found = processor("cpu", seen(clocks=()))
    assert (found.clock_ghz, found.clock_source) == (None, "")
    assert peak(products(), seen(clocks=())) is None


@pytest.mark.parametrize(
    ("dtype", "threads", "gflops"),
    [
        ("float32", 4, 2 * 3.0 * 32),  # two cores, whatever the number of threads
        ("float64", 4, 2 * 3.0 * 16),
        ("float32", 1, 1 * 4.0 * 32),  # with the clock of one thread
    ],
)
def test_the_peak_of_a_cpu_is_cores_times_clock_times_width(dtype, threads, gflops) -> None:
    assert peak(products(dtype=dtype, threads=threads), seen()).gflops == gflops


def test_it_says_how_and_checks_it_by_the_other_clock() -> None:
    found = peak(products(), seen())
    assert found.how == (
        "2 cores x 3.00 GHz x 32 operations a cycle (zen3: 2 x 256-bit FMA); "
        "clock measured by operations of 6 cycles"
    )
    assert found.check == "160 GFLOP/s by the clock that the system reports, 2.5 GHz"
    assert peak(products(), seen(clocks=())).check is None


def test_an_unknown_cpu_has_no_peak() -> None:
    assert peak(products(), seen(microarchitecture="abacus")) is None


def test_a_gpu_is_what_its_driver_says() -> None:
    found = processor("cuda", seen(accelerators=(H200,)))
    assert (found.name, found.cores, found.clock_ghz) == ("NVIDIA H200", 16896, 1.98)
    assert (found.threads, found.memory_bytes) == (None, 2**37)
    assert processor("cuda:1", seen(accelerators=(H200,))).name is None


def test_the_peak_of_a_gpu_is_that_of_the_table_beside_units_times_clock() -> None:
    found = peak(products("cuda"), seen(accelerators=(H200,)))
    assert found.gflops == 67_000.0
    assert found.how.startswith("NVIDIA H200 SXM: dense, float32 accumulation; ")
    assert found.check == "66,900 GFLOP/s by 16,896 units x 1.98 GHz x 2"


def test_of_tensor_units_there_is_no_check_and_of_unknown_dtypes_no_peak() -> None:
    here = seen(accelerators=(H200,))
    assert peak(products("cuda", "tf32"), here).check is None
    assert peak(products("cuda", "float64"), here) is None


@pytest.mark.parametrize("name", ["NVIDIA H100", "NVIDIA H2000", ""])
def test_an_unknown_gpu_has_no_peak(name: str) -> None:
    here = seen(accelerators=(Accelerator(name, 16896, 1.98, 2**37),))
    assert peak(products("cuda"), here) is None
    assert peak(products("cuda:1"), here) is None


def test_without_units_the_table_stands_alone() -> None:
    here = seen(accelerators=(Accelerator("NVIDIA H200", None, 1.98, None),))
    assert peak(products("cuda"), here).check is None
