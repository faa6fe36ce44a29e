"""Arrays in the dtypes of dlbench: what a type cannot hold is rounded, and nothing else is."""

import numpy as np
import pytest

from dlbench.records.base import DTYPES
from dlbench.reference.arrays import cast, upcast

# bfloat16 has 7 bits behind the point: from 1 on, a number every 1/128.
STEP = 2.0**-7


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (1.0, 1.0),
        (1 + STEP, 1 + STEP),
        (1 + STEP / 4, 1.0),
        (1 + 3 * STEP / 4, 1 + STEP),
        # half way between two: to the one whose last bit is 0
        (1 + STEP / 2, 1.0),
        (1 + 3 * STEP / 2, 1 + 2 * STEP),
        (2 + STEP, 2.0),
        (-(1 + 3 * STEP / 4), -(1 + STEP)),
        (2.0**-100 * (1 + STEP / 4), 2.0**-100),
        (3e38, 226 * 2.0**120),
        (0.0, 0.0),
        (np.inf, np.inf),
        (np.nan, np.nan),
    ],
)
def test_bfloat16_is_rounded_to_the_nearest(value, rounded) -> None:
    found = cast(np.array([value], np.float32), "bfloat16")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.float32(rounded), rtol=1e-7)


def test_numbers_of_bfloat16_stay_and_others_move_by_half_a_step_at_most() -> None:
    drawn = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    once = cast(drawn, "bfloat16")
    np.testing.assert_array_equal(cast(once, "bfloat16"), once)
    off = np.abs(once - drawn) / np.abs(drawn)
    assert STEP / 4 < off.max() <= STEP / 2
    assert not (once.view(np.uint32) & 0xFFFF).any(), "bfloat16 is the upper half of a float32"


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_has_its_type_in_numpy_and_leaves_labels_alone(dtype) -> None:
    assert cast(np.ones(3), dtype).dtype == DTYPES[dtype].array
    labels = np.arange(3)
    assert cast(labels, dtype) is labels
    assert upcast(cast(np.ones(3), dtype)).dtype == np.float64


def test_an_autocast_rounds_nothing_beforehand() -> None:
    value = np.array([1 + STEP / 4], np.float32)
    assert cast(value, "autocast-bfloat16") == value
