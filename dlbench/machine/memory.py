"""The resident memory of a process during some work: its peak, and how far it rises.

Linux records the peak, and can reset it (proc(5): clear_refs, VmHWM).
"""

from pathlib import Path

KIBI = 1024


# The text that resets the peak; proc(5).
RESET_PEAK = "5"


class PeakMemory:
    """Measures the rise of resident memory from now on."""

    def __init__(self, proc: Path = Path("/proc/self")) -> None:
        self.status = proc / "status"
        self.before = self._begin(proc / "clear_refs")

    def _begin(self, clear_refs: Path) -> int | None:
        """Reset the peak; return the resident bytes, None if unknown."""
        try:
            clear_refs.write_text(RESET_PEAK, encoding="ascii")
        except OSError:  # no Linux, or a kernel without it
            return None
        return self._bytes("VmRSS")

    def peak(self) -> int | None:
        """Return the most resident bytes since the beginning; None if unknown."""
        return None if self.before is None else self._bytes("VmHWM")

    def rise(self) -> int | None:
        """Return the bytes of the peak above the first resident bytes; None if unknown."""
        peak = self.peak()
        return None if peak is None or self.before is None else max(0, peak - self.before)

    def _bytes(self, field: str) -> int | None:
        try:
            lines = self.status.read_text(encoding="ascii").splitlines()
        except OSError:
            return None
        found = [line.split()[1] for line in lines if line.startswith(f"{field}:")]
        return KIBI * int(found[0]) if found else None
