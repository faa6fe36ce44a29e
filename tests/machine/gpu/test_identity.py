"""A device is one card for as long as dlbench runs."""

import pytest

from dlbench.machine.gpu import identity, nvml
from dlbench.records.machine.device import Device
from fakes.nvml import uuid

A, B = uuid("a"), uuid("b")


@pytest.fixture
def cards(monkeypatch):
    """The cards as the driver lists them now; a test may change them."""
    found = [Device("cuda", A, "H200"), Device("cuda:1", B, "T4"), Device("", uuid("c"), "T4")]
    monkeypatch.setattr(identity, "devices", lambda: tuple(found))
    identity._found.cache_clear()
    yield found
    identity._found.cache_clear()


def test_a_device_is_a_card_by_its_uuid(cards):
    assert [identity.card_of(name) for name in ("cuda", "cuda:1", "cuda:2", "cpu", "mps")] == [
        A,
        B,
        "",
        "",
        "",
    ]


def test_it_stays_the_same_card_whatever_becomes_of_the_numbers(cards):
    assert identity.card_of("cuda:1") == B
    del cards[0]
    assert identity.card_of("cuda:1") == B


def test_other_variables_show_other_cards(cards, monkeypatch):
    assert identity.card_of("cuda") == A
    cards[:] = [Device("cuda", B, "T4")]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert identity.card_of("cuda") == B


def test_a_worker_sees_its_card_alone_and_one_of_the_cpu_none():
    assert identity.environment_of("cpu", "") == {"CUDA_VISIBLE_DEVICES": ""}
    assert identity.environment_of("cuda:1", B) == {"CUDA_VISIBLE_DEVICES": B}


def test_where_no_card_is_known_a_worker_sees_what_the_user_sees():
    assert identity.environment_of("mps", "") == {}


def test_a_loss_is_told_with_the_card(cards, monkeypatch):
    asked = []
    monkeypatch.setattr(nvml, "lost", lambda card: asked.append(card) or card == B)
    assert identity.loss_of("cuda") == ""
    assert identity.loss_of("cuda:1") == (
        f"cuda:1 was lost: its driver does not find card {B} any more"
    )
    assert asked == [A, B]


def test_of_what_is_no_card_nothing_is_asked(cards, monkeypatch):
    monkeypatch.setattr(nvml, "lost", lambda card: pytest.fail("nobody knows such a card"))
    assert identity.loss_of("cpu") == identity.loss_of("mps") == ""


def test_a_loss_is_noticed_once_and_stays():
    answers = iter(["", "cuda was lost"])
    losses = identity.Losses(lambda device: next(answers))
    assert [losses.notice("cuda") for _ in range(3)] == ["", "cuda was lost", "cuda was lost"]
    assert losses.told == {"cuda": "cuda was lost"}
