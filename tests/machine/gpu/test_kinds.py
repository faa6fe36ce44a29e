"""Which kinds of accelerators a system may have, on systems that are told."""

import platform

import pytest

from dlbench.machine.gpu.kinds import may_have


def a_display(sys, vendor, kind="0x030000"):
    folder = sys / "bus/pci/devices/0000:00:02.0"
    folder.mkdir(parents=True)
    (folder / "class").write_text(f"{kind}\n")
    (folder / "vendor").write_text(f"{vendor}\n")


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [("Darwin", "arm64", True), ("Darwin", "x86_64", False), ("Linux", "arm64", False)],
)
def test_apples_chips_are_in_apples_machines(monkeypatch, tmp_path, system, machine, expected):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert may_have("mps", tmp_path, tmp_path, system) is expected


def test_rocm_needs_its_kernel_driver(tmp_path):
    assert not may_have("rocm", tmp_path, tmp_path, "Linux")
    (tmp_path / "kfd").touch()
    assert may_have("rocm", tmp_path, tmp_path, "Linux")


@pytest.mark.parametrize(
    ("vendor", "kind", "expected"),
    [("0x8086", "0x030000", True), ("0x8086", "0x020000", False), ("0x1002", "0x030000", False)],
)
def test_xpu_needs_a_display_controller_of_intel(tmp_path, vendor, kind, expected):
    a_display(tmp_path, vendor, kind)
    assert may_have("xpu", tmp_path, tmp_path, "Linux") is expected


def test_where_the_system_does_not_list_cards_there_is_no_xpu_but_windows_may_have_one(tmp_path):
    assert not may_have("xpu", tmp_path, tmp_path, "Linux")
    assert may_have("xpu", tmp_path, tmp_path, "Windows")


def test_of_other_kinds_nothing_is_known_beforehand(tmp_path):
    assert may_have("cuda", tmp_path, tmp_path, "Linux")
