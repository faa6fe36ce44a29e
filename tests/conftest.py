"""What holds for all tests: none reaches the network, and none knows a terminal."""

import socket

import pytest

NETWORKS = {socket.AF_INET, socket.AF_INET6}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Name the address that was asked for, in place of connecting."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _refusing(getattr(socket.socket, name)))


@pytest.fixture(autouse=True)
def nothing_learnt(monkeypatch, tmp_path_factory):
    """Start without what earlier runs on this machine have shown."""
    monkeypatch.setenv("DLBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def endless_lines(monkeypatch):
    """Forget the width that a terminal, or what runs the tests in parallel, has set."""
    monkeypatch.delenv("COLUMNS", raising=False)


def _refusing(connect):
    def refuse(self, address):
        assert self.family not in NETWORKS, f"a test wanted to reach {address}"
        return connect(self, address)

    return refuse
