"""The control groups of this process that may limit its CPU time, wherever they are mounted.

cgroups(7); docs.kernel.org/admin-guide/cgroup-v2.html and .../cgroup-v1/cgroups.html. It must not
know what the files of a group mean.
"""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

# The controller of version 2, which has one hierarchy for all, in /proc/self/cgroup: no name.
UNIFIED = ""

# mountinfo writes a space, a tab, a newline and a backslash in octal; proc_pid_mountinfo(5).
_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A hierarchy of groups in the file system.

    root: the group that `point` shows; controllers: of version 1, only UNIFIED in version 2.
    """

    root: PurePosixPath
    point: Path
    controllers: frozenset[str]


def mounts(proc: Path) -> list[Mount]:
    """Return the mounted hierarchies; none if the system does not tell."""
    return [found for line in _lines(proc / "self" / "mountinfo") if (found := _mount(line))]


def _mount(line: str) -> Mount | None:
    """Read a line: `36 35 98:0 /root /point options ... - type source options`."""
    before, separator, after = line.partition(" - ")
    left, right = before.split(), after.split()
    if not separator or len(left) < 5 or len(right) < 3:  # noqa: PLR2004 - the fields that are read
        return None
    root, point = map(_plain, left[3:5])
    controllers = {"cgroup": right[2].split(","), "cgroup2": [UNIFIED]}.get(right[0])
    if controllers is None:
        return None
    return Mount(PurePosixPath(root), Path(point), frozenset(controllers))


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), text)


def own_groups(proc: Path) -> dict[str, PurePosixPath]:
    """Return the groups of this process by controller; UNIFIED is that of version 2."""
    fields = (line.split(":", 2) for line in _lines(proc / "self" / "cgroup"))
    return {
        name: PurePosixPath(field[2])
        for field in fields
        if len(field) == 3  # noqa: PLR2004 - hierarchy, controllers, path
        for name in field[1].split(",")
    }


def folders(proc: Path, controller: str) -> list[Path]:
    """Return the folder of this process's group, then those of the visible groups above it.

    Empty if no mounted hierarchy of the controller shows the group.
    """
    group = own_groups(proc).get(controller)
    for mount in mounts(proc):
        if group is not None and controller in mount.controllers and _shows(mount, group):
            own = mount.point / group.relative_to(mount.root)
            above = [own, *own.parents]
            return above[: above.index(mount.point) + 1]
    return []


def _shows(mount: Mount, group: PurePosixPath) -> bool:
    """Return whether a group lies in the mounted part of its hierarchy, and is no group above."""
    return group.is_relative_to(mount.root) and ".." not in group.parts


def points(proc: Path, controller: str) -> Sequence[Path]:
    """Return where the hierarchies of a controller are mounted."""
    return [mount.point for mount in mounts(proc) if controller in mount.controllers]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
