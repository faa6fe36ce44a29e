"""What the user asks to see is checked."""

import pytest

from dlbench.errors import UsageError
from dlbench.report.view import DEFAULT, ORDERS, View, view_of


def test_without_options_everything_is_as_usual() -> None:
    assert view_of(None, None, "rank", None) == DEFAULT


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_is_taken(order: str) -> None:
    assert view_of(None, None, order, None).sort == order


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ((None, None, "speed", None), "rank, name, plan"),
        ((None, None, "rank", -1), "--top -1"),
        ((None, 5.0, "rank", None), "--margin 5"),
    ],
)
def test_a_mistake_is_answered_with_what_is_allowed(options, part: str) -> None:
    with pytest.raises(UsageError, match=part):
        view_of(*options)


@pytest.mark.parametrize(
    ("top", "count", "most"), [(None, 40, None), (None, 41, 5), (0, 41, None), (3, 10, 3)]
)
def test_a_long_page_is_cut_unless_the_user_chose(top, count: int, most) -> None:
    assert View(top=top).most(40, 5, count) == most
