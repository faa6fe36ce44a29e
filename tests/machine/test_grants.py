"""What the system grants: affinity and quotas, on machines whose files are told."""

import os

import pytest

from dlbench.machine import environment, grants
from dlbench.machine.grants import Grant, granted
from fakes.cgroups import Machine

V1 = "cpu,cpuacct"
HALF, ONE_AND_A_HALF, THREE, FREE = (
    b"50000 100000\n",
    b"150000 100000",
    b"30000 10000",
    b"max 100000\n",
)


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Machine:
    """Eight cores, of which this process may use four; no groups yet."""
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(4), raising=False)
    return Machine(tmp_path)


def first(folder: str, machine: Machine, quota: str, period: str = "100000") -> None:
    """A group of version 1 with a quota."""
    machine.file(f"{folder}/cpu.cfs_quota_us", f"{quota}\n".encode())
    machine.file(f"{folder}/cpu.cfs_period_us", f"{period}\n".encode())


def is_granted(machine: Machine, quota: float | None, cores: int, limit: str | None) -> bool:
    found = granted(machine.proc)
    return (found.quota, found.cores, found.limit) == (quota, cores, limit)


# --- version 2 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quota", "cores", "limit"),
    [
        (HALF, 0.5, 1, "quota"),
        (ONE_AND_A_HALF, 1.5, 2, "quota"),
        (b"100000 100000", 1.0, 1, "quota"),
        (THREE, 3.0, 3, "quota"),
        (b"380000 100000", 3.8, 4, "quota"),
        (b"400000 100000", 4.0, 4, "affinity"),
        (b"900000 100000", 9.0, 4, "affinity"),
        (b"0 100000", 0.0, 1, "quota"),
        (FREE, None, 4, "affinity"),
        (b"", None, 4, "affinity"),
        (b"150000", None, 4, "affinity"),
        (b"rubbish 100000", None, 4, "affinity"),
        (b"150000 rubbish", None, 4, "affinity"),
        (b"150000 0", None, 4, "affinity"),
        (b"1 2 3", None, 4, "affinity"),
    ],
)
def test_a_quota_of_version_2(machine, text, quota, cores, limit) -> None:
    machine.mount("sys/cg").within("/a").file("sys/cg/a/cpu.max", text)
    assert is_granted(machine, quota, cores, limit)


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"a/b/c": THREE, "a/b": HALF, "a": FREE}, 0.5),
        ({"a/b/c": ONE_AND_A_HALF, "a/b": FREE, "a": THREE}, 1.5),
        ({"a": HALF}, 0.5),
        ({"a/other": HALF, "a/b/c/below": HALF}, None),
    ],
)
def test_the_tightest_of_the_own_group_and_those_above_counts(machine, files, quota) -> None:
    machine.mount("cg").within("/a/b/c")
    for folder, text in files.items():
        machine.file(f"cg/{folder}/cpu.max", text)
    assert granted(machine.proc).quota == quota


def test_a_container_that_sees_its_group_as_the_root(machine) -> None:
    machine.mount("cg").within("/").file("cg/cpu.max", HALF)
    assert is_granted(machine, 0.5, 1, "quota")


# --- version 1 ----------------------------------------------------------------------------------


@pytest.mark.parametrize("controllers", ["cpu", "cpu,cpuacct", "cpuacct,cpu"])
def test_a_quota_of_version_1(machine, controllers) -> None:
    machine.mount("cg/it", controllers=controllers).within("/a/b", controllers)
    first("cg/it/a/b", machine, "100000")
    assert is_granted(machine, 1.0, 1, "quota")


@pytest.mark.parametrize(
    ("quota", "found"), [("-1", None), ("33000", 0.33), ("x", None), ("", None)]
)
def test_version_1_says_minus_one_without_a_quota(machine, quota, found) -> None:
    machine.mount("cg", controllers=V1).within("/a", V1)
    first("cg/a", machine, quota)
    assert granted(machine.proc).quota == found


def test_a_group_above_limits_in_version_1_too(machine) -> None:
    machine.mount("cg", controllers=V1).within("/a/b", V1)
    first("cg/a/b", machine, "-1")
    first("cg/a", machine, "75000", "50000")
    assert granted(machine.proc).quota == 1.5


def test_a_container_whose_mount_begins_at_its_group(machine) -> None:
    machine.mount("cg", root="/docker/7", controllers=V1).within("/docker/7/mine", V1)
    first("cg", machine, "200000")
    first("cg/mine", machine, "300000")
    assert granted(machine.proc).quota == 2.0


# --- mounts -------------------------------------------------------------------------------------


def test_both_versions_at_a_time(machine) -> None:
    """The hybrid of systemd: version 2 is there, and the controller is in version 1."""
    machine.mount("cg/unified").within("/u")
    machine.mount("cg/cpu", controllers=V1).within("/a", V1)
    machine.file("cg/unified/u/cgroup.procs", b"")
    first("cg/cpu/a", machine, "100000")
    assert is_granted(machine, 1.0, 1, "quota")


def test_another_controller_has_no_quota(machine) -> None:
    machine.mount("cg/memory", controllers="memory").within("/a", "memory")
    first("cg/memory/a", machine, "100000")
    assert granted(machine.proc).quota is None


def test_a_place_with_a_space_in_its_name(machine) -> None:
    machine.mount("my groups").within("/a").file("my groups/a/cpu.max", HALF)
    assert granted(machine.proc).quota == 0.5


@pytest.mark.parametrize("group", ["/elsewhere", "/docker", "/../docker/7"])
def test_a_mount_that_does_not_show_the_group_tells_nothing(machine, group) -> None:
    machine.mount("cg", root="/docker/7").within(group).file("cg/cpu.max", HALF)
    assert granted(machine.proc).quota is None


def test_the_mount_that_shows_the_group_is_used(machine) -> None:
    machine.mount("theirs", root="/docker/8").mount("ours", root="/docker/7").within("/docker/7")
    machine.file("theirs/cpu.max", HALF).file("ours/cpu.max", THREE)
    assert granted(machine.proc).quota == 3.0


@pytest.mark.parametrize(
    "text",
    [b"", b"rubbish\n", b"1 2 3 / /x rw - cgroup2\n", b"- cgroup2 cgroup2 rw\n", b"\xff - a"],
)
def test_mounts_that_cannot_be_understood_tell_nothing(machine, text) -> None:
    machine.within("/a").file("proc/self/mountinfo", text)
    assert granted(machine.proc).quota is None


@pytest.mark.parametrize("text", [b"", b"rubbish\n", b"0:/a\n"])
def test_groups_that_cannot_be_understood_tell_nothing(machine, text) -> None:
    machine.mount("cg").file("cg/cpu.max", HALF).file("proc/self/cgroup", text)
    assert granted(machine.proc).quota is None


def test_files_that_cannot_be_read_tell_nothing(machine) -> None:
    machine.mount("cg").within("/a/b").file("cg/a/b/cpu.max/is/a/folder", b"")
    machine.file("cg/a/cpu.max", HALF)
    assert granted(machine.proc).quota == 0.5, "that of the group above"


def test_a_system_without_these_files_grants_what_the_mask_has(machine, tmp_path) -> None:
    assert granted(tmp_path / "none") == Grant(8, frozenset(range(4)), None)


@pytest.mark.parametrize(("count", "expected"), [(8, 8), (None, 1)])
def test_without_an_affinity_mask_all_cores_count(monkeypatch, machine, count, expected) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert is_granted(machine, None, expected, None)


def test_this_machine_grants_something() -> None:
    found = granted()
    assert 1 <= found.cores <= len(found.allowed) <= found.machine
    assert grants.affinity() == found.allowed


# --- memory -------------------------------------------------------------------------------------

GB = 10**9


def second_memory(machine: Machine, folder: str, limit: str, used: int, files: int = 0) -> None:
    machine.file(f"{folder}/memory.max", f"{limit}\n".encode())
    machine.file(f"{folder}/memory.current", f"{used}\n".encode())
    machine.file(f"{folder}/memory.stat", f"anon 1\ninactive_file {files}\n".encode())


def test_memory_is_what_the_tightest_group_still_allows(machine) -> None:
    machine.mount("cg").within("/a/b")
    second_memory(machine, "cg/a/b", "max", GB)
    assert grants.available_memory(machine.proc) is None
    second_memory(machine, "cg/a", str(3 * GB), GB)
    assert grants.available_memory(machine.proc) == 2 * GB
    second_memory(machine, "cg/a/b", str(2 * GB), GB)
    assert grants.available_memory(machine.proc) == GB


def test_old_pages_of_files_are_free_memory(machine) -> None:
    machine.mount("cg").within("/a")
    second_memory(machine, "cg/a", str(2 * GB), 2 * GB, files=GB)
    assert grants.available_memory(machine.proc) == GB


def test_memory_of_version_1(machine) -> None:
    machine.mount("v1", controllers="memory").within("/a", "memory")
    machine.file("v1/a/memory.limit_in_bytes", f"{3 * GB}".encode())
    machine.file("v1/a/memory.usage_in_bytes", f"{GB}".encode())
    machine.file("v1/a/memory.stat", b"cache 1\ntotal_inactive_file rubbish\n")
    assert grants.available_memory(machine.proc) == 2 * GB


def test_a_plan_knows_of_the_groups_limit(monkeypatch) -> None:
    monkeypatch.setattr(environment, "granted_memory", lambda: 1234)
    assert environment.available_memory() == 1234
    monkeypatch.setattr(environment, "granted_memory", lambda: None)
    assert environment.available_memory() > 1234
