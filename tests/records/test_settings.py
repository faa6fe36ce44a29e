"""A setting that differs from a default, in the words of a user."""

import pytest

from dlbench.records.settings import PLACEHOLDERS, Departure, in_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not set"),
        (False, "False"),
        (0, "0"),
        ("highest", "highest"),
        ("{threads}", PLACEHOLDERS["{threads}"]),
        ("{scratch}/cuda", PLACEHOLDERS["{scratch}"] + "/cuda"),
        ("{nothing}", "{nothing}"),
    ],
)
def test_a_value_is_told_in_words(value, words) -> None:
    assert in_words(value) == words


def test_the_option_measures_with_the_default() -> None:
    assert Departure("x", "so", measured_by={"dtype": "tf32"}).option == "--dtype tf32"
    assert Departure("x", "so").option == ""
