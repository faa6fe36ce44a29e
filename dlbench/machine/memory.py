"""How far a process's resident memory rises while something is done.

Linux notes the highest it has been, and can be told to begin anew (proc(5): clear_refs, VmHWM).
"""

from pathlib import Path

KIBI = 1024


# What proc(5) says to write so that the peak begins anew.
RESET_PEAK = "5"


class PeakMemory:
    """Notes what is resident now; `rise` says how far it has risen since, None where unknown."""

    def __init__(self, proc: Path = Path("/proc/self")) -> None:
        self.status = proc / "status"
        self.before = self._begin(proc / "clear_refs")

    def _begin(self, clear_refs: Path) -> int | None:
        try:
            clear_refs.write_text(RESET_PEAK, encoding="ascii")
        except OSError:  # no Linux, or a kernel without it
            return None
        return self._bytes("VmRSS")

    def rise(self) -> int | None:
        """Bytes of the peak above what was resident at first."""
        peak = None if self.before is None else self._bytes("VmHWM")
        return None if peak is None or self.before is None else max(0, peak - self.before)

    def _bytes(self, field: str) -> int | None:
        try:
            lines = self.status.read_text(encoding="ascii").splitlines()
        except OSError:
            return None
        found = [line.split()[1] for line in lines if line.startswith(f"{field}:")]
        return KIBI * int(found[0]) if found else None
