"""The lecture's chart of convolutional networks, and this machine at its ceiling."""

import pytest
from msgspec.structs import replace

from dlbench.machine import peaks
from dlbench.report.machine import cnn
from fakes.hardware import found

CEILING = found().ceilings[0]  # 180 GFLOP/s in float32
NETWORKS = {one.network: one for one in peaks.convolutional()}


def convolution(side: int, inputs: int, outputs: int) -> int:
    """The multiplications of a layer of 3 x 3 kernels on a picture of side x side."""
    return side**2 * 3**2 * inputs * outputs


def vgg(convolutions: tuple[int, ...]) -> int:
    """VGG by Simonyan & Zisserman (2015): so many layers at each of five sizes, then three more."""
    total, inputs = 0, 3
    for place, (count, outputs) in enumerate(
        zip(convolutions, (64, 128, 256, 512, 512), strict=True)
    ):
        for _ in range(count):
            total += convolution(224 // 2**place, inputs, outputs)
            inputs = outputs
    return total + 7 * 7 * 512 * 4096 + 4096 * 4096 + 4096 * 1000


@pytest.mark.parametrize(
    ("network", "layers"), [("VGG-16", (2, 2, 3, 3, 3)), ("VGG-19", (2, 2, 4, 4, 4))]
)
def test_the_operations_are_those_of_the_layers(network: str, layers: tuple[int, ...]) -> None:
    assert NETWORKS[network].multiply_adds == pytest.approx(vgg(layers), rel=0.02)


def test_the_gpu_of_the_lecture_is_64_to_77_times_as_fast() -> None:
    """As docs/lecture.md says of all networks of its source."""
    factors = [one.xeon_ms / one.cudnn_ms for one in NETWORKS.values()]
    assert all(64 <= round(factor) <= 77 for factor in factors)
    assert all(one.source for one in NETWORKS.values())


def test_this_machine_takes_the_time_of_all_operations_at_its_ceiling() -> None:
    """VGG-16: 3 passes of 16 images, 2 operations for each of 15.3e9, at 180 GFLOP/s."""
    line = dict(cnn.table((CEILING,)).rows)["VGG-16"]
    assert [cell.text for cell in line] == ["8,500", "359", "129", "8,160"]
    assert cnn.at_ceiling_ms(NETWORKS["VGG-16"], 180.0) == pytest.approx(
        1e3 * 3 * 16 * 2 * 15.3e9 / 180e9
    )


def test_every_device_has_a_column_with_its_highest_float32_ceiling() -> None:
    lower = replace(CEILING, gflops=90.0)
    double = replace(CEILING, target=replace(CEILING.target, dtype="float64"), gflops=999.0)
    gpu = replace(CEILING, target=replace(CEILING.target, device="cuda"), gflops=18_000.0)
    assert cnn.devices((lower, CEILING, double, gpu)) == {"cpu": 180.0, "cuda": 18_000.0}
    heads = [" ".join(head) for head in cnn.table((CEILING, gpu)).heads]
    assert heads[-2:] == ["this CPU, at best", "this GPU, at best"]


def test_without_a_float32_ceiling_there_is_no_table() -> None:
    double = replace(CEILING, target=replace(CEILING.target, dtype="float64"))
    assert cnn.table((double,)).rows == ()
    assert cnn.table(()).rows == ()
