"""How often heat has slowed the CPU down, in files that are told."""

import pytest

from dlbench.machine.heat import throttled_times
from fakes.facts import write


@pytest.mark.parametrize(
    ("counts", "expected"), [((3, 0, 4), 7), ((0, 0), 0), (("", 5), 5), (("",), None), ((), None)]
)
def test_the_counts_of_all_cores_are_added(tmp_path, counts, expected):
    for core, count in enumerate(counts):
        folder = f"devices/system/cpu/cpu{core}/thermal_throttle"
        write(tmp_path, f"{folder}/core_throttle_count", count)
    assert throttled_times(tmp_path) == expected
