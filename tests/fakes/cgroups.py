"""Files of a kernel below a folder: what a process is told of its control groups."""

from pathlib import Path

# The line of a mount: ids, device, the group that is its root, where it is, options, type.
LINE = "31 23 0:28 {root} {point} rw,nosuid shared:9 - {kind} {kind} rw{controllers}\n"


class Machine:
    """proc: the folder in place of /proc; all else lies beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.proc = root, root / "proc"
        self.file("proc/self/mountinfo", b"22 1 0:21 / / rw - ext4 /dev/root rw\n")

    def file(self, path: str, content: bytes) -> "Machine":
        """Write a file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return self

    def mount(self, point: str, root: str = "/", controllers: str = "") -> "Machine":
        """Mount a hierarchy: of version 2, or with controllers of version 1."""
        kind = "cgroup" if controllers else "cgroup2"
        path = str(self.root / point).replace("\\", "\\134").replace(" ", "\\040")
        options = f",{controllers}" if controllers else ""
        line = LINE.format(root=root, point=path, kind=kind, controllers=options)
        return self._append("proc/self/mountinfo", line)

    def within(self, group: str, controllers: str = "") -> "Machine":
        """Put the process into a group."""
        return self._append(
            "proc/self/cgroup", f"{9 if controllers else 0}:{controllers}:{group}\n"
        )

    def _append(self, path: str, text: str) -> "Machine":
        before = (self.root / path).read_bytes() if (self.root / path).exists() else b""
        return self.file(path, before + text.encode())
