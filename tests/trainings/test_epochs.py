"""The epochs of trainings, one value a column."""

from msgspec.structs import replace

from dlbench.analysis.frames import frame
from dlbench.records.measurement import Sample
from dlbench.trainings.epochs import EPOCH_COLUMNS, flat_epochs
from fakes.trainings import NUMPY, TORCH, broken, trained


def test_an_epoch_has_its_target_its_figures_and_what_disturbed_it():
    block = Sample(1, 0.5, 0.0, foreign_s=0.25, cpu_s=0.5, flags=("busy", "throttled"))
    result = trained(0.8, seed=3)
    known = replace(result, epochs=(replace(result.epochs[0], block=block),))
    [line] = flat_epochs([known])
    assert set(line) == set(EPOCH_COLUMNS)
    assert (line["target"], line["seed"], line["backend"]) == (NUMPY.id, 3, "numpy")
    assert (line["epoch"], line["seconds"], line["accuracy"]) == (1, 0.5, 0.8)
    assert (line["disturbed"], line["flags"], line["foreign_s"]) == (True, "busy throttled", 0.25)


def test_what_an_old_record_does_not_say_is_unknown():
    [line] = flat_epochs([trained(0.8)])
    unknown = ("disturbed", "flags", "foreign_s", "waited_s", "steal_s", "throttled_s", "cpu_s")
    assert [line[name] for name in unknown] == [None] * len(unknown)


def test_epochs_make_a_typed_data_frame():
    results = (trained(0.5, 0.8), broken(0.4, target=TORCH))
    found = frame(flat_epochs(results), EPOCH_COLUMNS)
    assert list(found["epoch"]) == [1, 2, 1]
    assert list(found["backend"]) == ["numpy", "numpy", "torch"]
    types = found.dtypes.astype(str)
    assert (types["disturbed"], types["foreign_s"], types["threads"]) == (
        ("boolean", "float64", "int64")
    )
    assert list(frame([], EPOCH_COLUMNS)) == list(EPOCH_COLUMNS)
