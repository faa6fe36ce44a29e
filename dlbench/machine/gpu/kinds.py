"""Which kinds of accelerators this system may have, without asking any framework.

A framework takes seconds to import: it is asked only where there may be something to find.
"""

import platform
from pathlib import Path

DEVICES, SYS = Path("/dev"), Path("/sys")

# PCI: the first byte of a class is 03 for display controllers; Intel's number. pci-ids.ucw.cz
DISPLAY, INTEL = "0x03", "0x8086"


def may_have(kind: str, devices: Path = DEVICES, sys: Path = SYS, system: str = "") -> bool:
    """Return whether there may be a device of a kind. system: its name, this one's if empty."""
    system = system or platform.system()
    if kind == "mps":  # Apple's own chips; support.apple.com/metal
        return system == "Darwin" and platform.machine() == "arm64"
    if kind == "rocm":  # its kernel driver: rocm.docs.amd.com
        return (devices / "kfd").exists()
    if kind == "xpu":
        return system == "Windows" or _has_intel_display(sys)
    return True


def _has_intel_display(sys: Path) -> bool:
    folders = (sys / "bus/pci/devices").glob("*")
    return any(
        _text(one / "class").startswith(DISPLAY) and _text(one / "vendor") == INTEL
        for one in folders
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
