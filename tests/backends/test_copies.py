"""Copies between host and device by PyTorch; on a CPU the device is the host itself."""

import pytest

from fakes.backends import (
    DEVICE,
    SELECTED,
    WARNINGS,
    declared_environment,  # noqa: F401 - a fixture
    started,
)

pytestmark = [
    *WARNINGS,
    pytest.mark.skipif("torch" not in SELECTED, reason="torch is not selected"),
]
SIZE = 10_007
KINDS = [False, pytest.param(True, marks=pytest.mark.skipif(DEVICE == "cpu", reason="no GPU"))]


@pytest.fixture(params=KINDS, ids=["pageable", "pinned"])
def buffers(request):
    with started("torch") as backend:
        yield backend.device.buffers(SIZE, pinned=request.param)


def test_bytes_come_back_as_they_were_sent(buffers) -> None:
    assert buffers.survive()
    assert len(buffers.host) == len(buffers.there) == SIZE


def test_each_direction_copies_that_way(buffers) -> None:
    buffers.host.fill_(7)
    buffers.there.fill_(9)
    buffers.up()
    assert bool((buffers.there == 7).all())
    buffers.there.fill_(9)
    buffers.down()
    assert bool((buffers.host == 9).all())


def test_lost_bytes_are_seen(buffers, monkeypatch) -> None:
    monkeypatch.setattr(type(buffers), "down", lambda _: None)
    assert not buffers.survive()
