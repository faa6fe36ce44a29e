"""Cards as records, on an NVML of cards that were never built."""

import pynvml
import pytest

from dlbench.machine.gpu.cuda import Counted
from dlbench.machine.gpu.devices import Source, devices, named
from dlbench.machine.gpu.variables import VISIBLE, digits
from dlbench.records.machine.device import Device, Link
from fakes.nvml import FakeCard, FakeNvml, uuid

SLOW, FAST = uuid("a"), uuid("b")
P, Q = "MIG-11111111-0000-0000-0000-000000000000", "MIG-22222222-0000-0000-0000-000000000000"


def source(nvml, sys, order=(), **variables):
    """Where all is told; order: the UUIDs as CUDA counts them."""
    counted = tuple(Counted(digits(one), 132, 6144, 60 * 2**20) for one in order)
    return Source(nvml, variables, lambda given: counted, sys)


@pytest.fixture
def two():
    """NVML counts by the place on the bus: here the slow one comes first."""
    return FakeNvml(FakeCard(SLOW, "NVIDIA T4"), FakeCard(FAST, "NVIDIA H200"))


def names(found):
    return [(one.device, one.name) for one in found]


def test_a_card_has_all_that_the_driver_and_cuda_tell(tmp_path):
    folder = tmp_path / "bus/pci/devices/0000:3b:00.0"
    folder.mkdir(parents=True)
    (folder / "numa_node").write_text("1\n")
    nvml = FakeNvml(FakeCard(FAST, pids=[7, 8]))
    assert devices(source(nvml, tmp_path, [FAST])) == (
        Device(
            device="cuda",
            uuid=FAST,
            name="NVIDIA H200",
            driver="580.65",
            capability="9.0",
            cores=16896,
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
            numa_node=1,
            others=2,
        ),
    )
    assert nvml.opened == 0, "it is closed again"


def test_cuda_0_is_the_first_of_cuda_and_not_of_nvml(two, tmp_path):
    found = devices(source(two, tmp_path, [FAST, SLOW]))
    assert names(found) == [("cuda", "NVIDIA H200"), ("cuda:1", "NVIDIA T4")]


def test_where_cuda_does_not_answer_the_order_is_that_of_nvml(two, tmp_path):
    found = devices(source(two, tmp_path))
    assert names(found) == [("cuda", "NVIDIA T4"), ("cuda:1", "NVIDIA H200")]
    assert found[0].multiprocessors is found[0].l2_bytes is None
    assert found[0].bus_bits == 6144, "NVML tells it too"


def test_a_hidden_card_is_listed_without_a_name(two, tmp_path):
    found = devices(source(two, tmp_path, [FAST, SLOW], **{VISIBLE: "1"}))
    assert names(found) == [("cuda", "NVIDIA T4"), ("", "NVIDIA H200")]
    found = devices(source(two, tmp_path, [FAST, SLOW], **{VISIBLE: ""}))
    assert [one.device for one in found] == ["", ""]


def test_a_divided_card_is_its_parts(tmp_path):
    parts = [FakeCard(P, "NVIDIA H200 MIG 1g.18gb"), FakeCard(Q, "NVIDIA H200 MIG 2g.35gb")]
    nvml = FakeNvml(FakeCard(FAST, parts=parts), FakeCard(SLOW, "NVIDIA T4"))
    found = devices(source(nvml, tmp_path, **{VISIBLE: f"{Q},{P}"}))
    assert [(one.device, one.uuid) for one in found] == [("cuda", Q), ("cuda:1", P), ("", SLOW)]
    assert [one.mig for one in found] == [True, True, False]
    assert (found[0].multiprocessors, found[0].cores, found[0].power_limit_w) == (16, None, None)


def test_a_card_that_may_not_tell_has_gaps_and_stays(two, tmp_path):
    for name in ("nvmlDeviceGetComputeMode", "nvmlDeviceGetComputeRunningProcesses"):
        two.refuses[name] = pynvml.NVML_ERROR_NO_PERMISSION
    for name in ("nvmlDeviceGetMigMode", "nvmlDeviceGetEccMode", "nvmlDeviceGetMemoryInfo"):
        two.refuses[name] = pynvml.NVML_ERROR_NOT_SUPPORTED
    found = devices(source(two, tmp_path, [FAST, SLOW]))
    assert [one.name for one in found] == ["NVIDIA H200", "NVIDIA T4"]
    for field in ("compute_mode", "others", "mig", "ecc", "memory_bytes", "free_bytes"):
        assert getattr(found[0], field) is None, field


def test_nothing_is_told_by_a_driver_that_refuses_everything_but_uuids(two, tmp_path):
    every = [name for name in dir(pynvml) if name.startswith(("nvmlDeviceGet", "nvmlSystemGet"))]
    kept = {"nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetUUID"}
    two.refuses = dict.fromkeys(set(every) - kept, pynvml.NVML_ERROR_NO_PERMISSION)
    first, _ = devices(source(two, tmp_path))
    assert first == Device("cuda", SLOW, "unknown card")


@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_UNKNOWN])
@pytest.mark.parametrize("name", ["nvmlInit", "nvmlDeviceGetCount"])
def test_without_a_working_driver_there_is_none(two, tmp_path, name, code):
    two.refuses[name] = code
    assert devices(source(two, tmp_path)) == ()


def test_a_lost_card_takes_no_other_with_it(two, tmp_path):
    two.lost.add(SLOW)
    assert names(devices(source(two, tmp_path))) == [("cuda", "NVIDIA H200")]


@pytest.mark.parametrize("text", ["-1", "", "none"])
def test_a_node_that_is_none_is_unknown(tmp_path, text):
    folder = tmp_path / "bus/pci/devices/0000:3b:00.0"
    folder.mkdir(parents=True)
    (folder / "numa_node").write_text(text)
    [card] = devices(source(FakeNvml(FakeCard(FAST)), tmp_path))
    assert card.numa_node is None


def test_without_cards_cuda_is_not_asked(tmp_path):
    def fail(given):
        raise AssertionError("nobody needs it")

    assert devices(Source(FakeNvml(), {}, fail, tmp_path)) == ()


def test_the_first_of_a_kind_has_no_number():
    assert [named(0), named(1), named(0, "xpu"), named(2, "xpu")] == [
        "cuda",
        "cuda:1",
        "xpu",
        "xpu:2",
    ]
