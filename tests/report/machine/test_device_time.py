"""What is said of a GPU that does not work all the time."""

import pytest
from msgspec.structs import replace

from dlbench.report.machine.device_time import MOST_TOLD, lines
from dlbench.report.metrics import texts_of
from fakes import runs
from fakes.runs import NUMPY, TORCH, case, changed, forward, matmul

GPU = replace(TORCH, device="cuda")


def row(seconds=102e-6, target=GPU, workload=None, **device):
    of = case(workload or forward("mnist-512", 32), target)
    [found] = runs.rows((of, seconds))
    return changed(found, **device)


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        (
            {"bound": "launch", "device_share": 19 / 102},
            "the GPU works 19 of 102 µs; the rest is the host asking for work",
        ),
        (
            {"bound": "launch"},
            "the GPU waits for the host, which cannot ask for work fast enough",
        ),
        (
            {"bound": "both", "device_share": 1.0},
            "the GPU works 102 of 102 µs; asking for work takes the host about as long",
        ),
        ({"bound": "input"}, "bringing the data takes more than a fifth of the time"),
    ],
)
def test_the_sentence(device, sentence):
    (line,) = lines([row(**device)])
    assert line.endswith(f": {sentence}")
    assert line.startswith("forward mnist-512 on torch: ")


@pytest.mark.parametrize(
    ("seconds", "share", "text"),
    [
        (2.74e-3, 0.5, "1.37 of 2.74 ms"),
        (102e-6, 1e-3, "0.1 of 102 µs"),
        (0.5, 0.999, "500 of 500 ms"),
    ],
)
def test_both_times_have_one_unit(seconds, share, text):
    assert f"the GPU works {text};" in lines([row(seconds, bound="launch", device_share=share)])[0]


@pytest.mark.parametrize(
    "quiet",
    [row(bound="device", device_share=1.0), row(), row(target=NUMPY)],
    ids=["works all the time", "unknown", "no GPU"],
)
def test_nothing_is_said_where_there_is_nothing_to_say(quiet):
    assert lines([quiet]) == []


def test_the_fastest_of_a_workload_on_a_gpu_is_the_one_that_counts():
    other = replace(GPU, mode="compile")
    slower = row(200e-6, other, bound="launch")
    assert lines([row(bound="device"), slower]) == []
    (line,) = lines([row(bound="launch"), row(300e-6, other), row(1e-6, NUMPY)])
    assert "torch" in line


def test_many_workloads_are_not_all_told():
    many = [row(bound="launch", workload=matmul(size)) for size in range(2, MOST_TOLD + 5)]
    *told, last = lines(many)
    assert len(told) == MOST_TOLD
    assert last == "The GPU also waits in 3 more workloads: dlbench show --metric device"


@pytest.mark.parametrize(
    ("device", "text"),
    [
        ({"bound": "launch", "device_share": 19 / 102}, "19 launch"),
        ({"bound": "device"}, "device"),
        ({"device_share": 0.5}, "50"),
    ],
)
def test_the_cell_of_a_table(device, text):
    assert texts_of("device", row(**device)) == (text, "")


def test_a_case_without_a_device_has_no_cell():
    assert texts_of("device", row(target=NUMPY)) is None
