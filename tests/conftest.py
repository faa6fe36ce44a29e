"""What holds for all tests: none reaches the network."""

import socket

import pytest

NETWORKS = {socket.AF_INET, socket.AF_INET6}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Name the address that was asked for, in place of connecting."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _refusing(getattr(socket.socket, name)))


def _refusing(connect):
    def refuse(self, address):
        assert self.family not in NETWORKS, f"a test wanted to reach {address}"
        return connect(self, address)

    return refuse
