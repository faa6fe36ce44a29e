"""What else measures is named by its command, its process and its start."""

from dlbench.records.machine.occupant import Occupant


def test_an_occupant_is_told_to_the_minute() -> None:
    one = Occupant("dlbench run", 4711, "2026-11-28T21:50:59.123456+00:00")
    assert one.label == "dlbench run (process 4711, since 2026-11-28 21:50 UTC)"
