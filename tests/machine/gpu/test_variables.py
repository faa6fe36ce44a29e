"""What CUDA_VISIBLE_DEVICES shows, and in which order."""

import pytest

from dlbench.machine.gpu.variables import digits, shown
from fakes.nvml import uuid

A, B, C = uuid("a"), uuid("b"), uuid("c")
P, Q = "MIG-11111111-0000-0000-0000-000000000000", "MIG-22222222-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, [A, B, C]),
        ("", []),
        ("0", [A]),
        ("2,0", [C, A]),
        (" 1 , 2 ", [B, C]),
        ("1,7,0", [B]),
        ("-1", []),
        ("0,-1,1", [A]),
        ("NoDevFiles", []),
        ("1,1", []),
        (f"0,{A}", []),
        (B, [B]),
        (f"{C},{A}", [C, A]),
        ("GPU-bbbb", [B]),
        ("GPU-", []),
        ("GPU-dddd", []),
        (P, []),
    ],
    ids=str,
)
def test_of_three_cards_a_variable_shows(value, expected):
    assert shown([A, B, C], {}, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, [P, Q, B]),
        ("0", [P, Q]),
        ("1", [B]),
        (P, [P]),
        (f"{Q},{P}", [Q, P]),
        ("MIG-2222", [Q]),
        ("MIG-", []),
        (A, [P, Q]),
        (f"{A},{P}", []),
    ],
    ids=str,
)
def test_a_divided_card_is_its_parts(value, expected):
    assert shown([A, B], {A: [P, Q]}, value) == expected


def test_uuids_are_compared_without_the_word_before_them():
    assert digits(P) == P[4:]
    assert digits("GPU-ABCD") == digits("abcd") == digits("MIG-GPU-abcd") == "abcd"
