"""What was measured of a machine is kept for later runs on it."""

from msgspec.structs import replace

from dlbench.experience import roofs
from dlbench.experience.roofs import merged
from dlbench.machine.cache import folder
from dlbench.records.machine.roofs import Blocks, Floor
from fakes.hardware import ENVIRONMENT, QUIET, found, target

BUSY = Blocks(8, 5)


def ceilings(*rates: float, blocks: Blocks = QUIET, **fields):
    """What was found of a machine: a ceiling for each rate, of the same device and dtype."""
    one = found().ceilings[0]
    those = (
        replace(one, target=replace(one.target, **fields), gflops=rate, blocks=blocks)
        for rate in rates
    )
    return found(ceilings=tuple(those)).roofs


def rates(*measured) -> list[float]:
    """The ceilings that are known after measurements, one after the other."""
    known = None
    for one in measured:
        known = merged(known, one)
    return [one.gflops for one in known.ceilings]


def test_what_was_measured_is_known_afterwards() -> None:
    assert roofs.known(ENVIRONMENT) == (None, "")
    assert roofs.remember(found(cache_bytes=2**25)) == ""
    assert roofs.known(ENVIRONMENT) == (found(cache_bytes=2**25).roofs, "")


def test_another_machine_or_version_does_not_know_it() -> None:
    roofs.remember(found())
    assert roofs.known(replace(ENVIRONMENT, cpu="Another CPU")) == (None, "")
    assert roofs.known(replace(ENVIRONMENT, versions={"numpy": "3.0"})) == (None, "")


def test_nothing_is_kept_of_a_measurement_that_found_nothing() -> None:
    roofs.remember(found())
    assert roofs.remember(found(ceilings=(), bandwidths=(), floors=())) == ""
    assert roofs.known(ENVIRONMENT) == (found().roofs, "")


def test_the_latest_measurement_counts_whether_it_is_higher_or_lower() -> None:
    assert rates(ceilings(180.0), ceilings(150.0)) == [150.0]
    assert rates(ceilings(150.0), ceilings(180.0)) == [180.0]


def test_a_disturbed_measurement_does_not_replace_a_better_one() -> None:
    assert rates(ceilings(180.0), ceilings(90.0, blocks=BUSY)) == [180.0]
    assert rates(ceilings(90.0), ceilings(180.0, blocks=BUSY)) == [180.0]
    assert rates(ceilings(90.0, blocks=BUSY), ceilings(80.0)) == [80.0]


def test_a_disturbed_floor_does_not_replace_a_shorter_one() -> None:
    short, long = (Floor(target("alpha"), step_s, BUSY) for step_s in (1e-6, 9e-6))
    for first, second in ((short, long), (long, short)):
        known = merged(found(floors=(first,)).roofs, found(floors=(second,)).roofs)
        assert known.floors == (short,)


def test_other_devices_dtypes_and_threads_stay_known() -> None:
    others = [ceilings(1.0, **{name: value}) for name, value in OTHERS.items()]
    assert sorted(rates(ceilings(180.0), *others, ceilings(170.0))) == [1.0, 1.0, 1.0, 170.0]


OTHERS = {"device": "cuda", "dtype": "float64", "threads": 1}


def test_a_framework_that_reaches_the_ceiling_takes_the_place_of_another() -> None:
    assert rates(ceilings(180.0), ceilings(190.0, backend="beta")) == [190.0]


def test_a_damaged_book_is_told_and_replaced() -> None:
    roofs.remember(found())
    [path] = folder().iterdir()
    path.write_text('{"measured": 3}', encoding="utf-8")
    known, note = roofs.known(ENVIRONMENT)
    assert known is None
    assert "is damaged" in note
    roofs.remember(found())
    assert roofs.known(ENVIRONMENT) == (found().roofs, "")
