"""What the machine counts: work of others, time stolen or throttled, threads that wait."""

import os
import time
from collections import namedtuple

import psutil
import pytest

from dlbench.harness.worker.interference import Monitor
from dlbench.machine import counters

CORES = frozenset({0, 2})


STAT = b"""\
cpu  999 999 999 999 999 999 999 999 0 0
cpu0 100 20 30 999 999 5 5 7 90 0
cpu1 999 999 999 999 999 999 999 999 0 0
cpu2 10 2 3 999 999 0 0 1 0 0
cpu20 999 999 999 999 999 999 999 999 0 0
intr 1 2 3
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of four cores, of which two may be used; it tells nothing yet."""
    monkeypatch.setattr(counters, "affinity", lambda: CORES)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    return Machine(tmp_path)


class Machine:
    def __init__(self, root):
        self.proc, self.cgroup = root / "proc", root / "cgroup"

    def tell(self, **files):
        """Write files; in the names, `__` is a slash."""
        for name, content in files.items():
            self.file(name.replace("__", "/"), content)
        return self

    def file(self, path, content):
        file = self.proc.parent / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def monitor(self):
        return Monitor(self.proc, self.cgroup)


# --- reading ------------------------------------------------------------------------------------


def cpuacct(machine, folder="cpuacct"):
    machine.file(f"cgroup/{folder}/cpuacct.usage_percpu", b"1000000000 9 2500000000 9 \n")
    machine.file(f"cgroup/{folder}/release_agent", b"\n")


def slices(machine):
    machine.file("cgroup/cgroup.controllers", b"cpu io memory pids\n")
    machine.file("cgroup/user.slice/cpu.stat", b"usage_usec 2000000\nuser_usec 9\n")
    machine.file("cgroup/system.slice/cpu.stat", b"usage_usec 500000\nuser_usec 9\n")
    machine.file("proc/self/cgroup", b"0::/user.slice/session.scope\n")


@pytest.mark.parametrize("folder", ["cpuacct", "cpu,cpuacct"])
def test_the_cores_of_this_process_are_busy_for_what_cgroup_v1_counts(machine, folder):
    cpuacct(machine, folder)
    machine.tell(proc__stat=STAT)
    monitor = machine.monitor()
    assert monitor.before().busy_s == monitor.after().busy_s == 3.5
    assert monitor.resolution_s == counters.SCHEDULER_TICK_S
    assert monitor.facts()["busy_clock"] == f"{folder}/cpuacct.usage_percpu"
    assert monitor.cores == 2


def test_a_container_that_is_shown_its_own_group_as_the_root_is_not_believed(machine):
    cpuacct(machine)
    (machine.cgroup / "cpuacct" / "release_agent").unlink()
    assert machine.tell(proc__stat=STAT).monitor().facts()["busy_clock"] == "stat"


def test_all_cores_are_busy_for_what_the_slices_of_cgroup_v2_count(machine, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    slices(machine)
    monitor = machine.monitor()
    assert monitor.before().busy_s == 2.5
    assert monitor.facts()["busy_clock"] == "*/cpu.stat"


@pytest.mark.parametrize("why", ["not the root", "some cores", "not in a slice", "no slice"])
def test_slices_that_do_not_tell_of_all_are_not_believed(machine, monkeypatch, why):
    slices(machine)
    monkeypatch.setattr(os, "cpu_count", lambda: 4 if why == "some cores" else 2)
    if why == "not the root":
        machine.tell(cgroup__cgroup=b"")
        machine.file("cgroup/cgroup.type", b"domain\n")
    elif why == "not in a slice":
        machine.file("proc/self/cgroup", b"0::/\n")
    elif why == "no slice":
        for name in ("user", "system"):
            (machine.cgroup / f"{name}.slice" / "cpu.stat").unlink()
    assert machine.tell(proc__stat=STAT).monitor().facts()["busy_clock"] == "stat"


def test_ticks_are_counted_where_there_is_nothing_better(machine):
    monitor = machine.tell(proc__stat=STAT).monitor()
    assert monitor.before().busy_s == pytest.approx(1.60 + 0.15)
    assert monitor.before().steal_s == pytest.approx(0.08)


def test_psutil_is_asked_where_there_are_no_files(machine, monkeypatch):
    times = namedtuple("times", "user system idle interrupt dpc")(1.0, 2.0, 99.0, 0.25, 0.5)  # noqa: PYI024
    monkeypatch.setattr(psutil, "cpu_times", lambda: times)
    monitor = machine.monitor()
    now = monitor.before()
    assert (now.busy_s, now.waited_s, now.steal_s, now.throttled_s) == (3.75, None, None, None)
    assert set(monitor.facts().values()) == {"psutil.cpu_times", 31250, None}


def test_the_waiting_of_all_threads_is_added_up_and_never_falls(machine):
    for thread in (11, 12):
        machine.file(f"proc/self/task/{thread}/schedstat", b"7000000000 1500000000 3\n")
    monitor = machine.monitor()
    assert monitor.before().waited_s == pytest.approx(3.0)
    machine.file("proc/self/task/13/schedstat", b"7 250000000 3\n")
    assert monitor.after().waited_s == pytest.approx(3.25)
    machine.file("proc/self/task/12/schedstat", b"")  # as when a thread has ended
    machine.file("proc/self/task/11/schedstat", b"7 1750000000 3\n")
    assert monitor.after().waited_s == pytest.approx(3.5)


QUOTA_V2 = b"usage_usec 9\nnr_throttled 2\nthrottled_usec 250000\nnr_bursts 0\n"


QUOTA_V1 = b"nr_periods 1\nnr_throttled 2\nthrottled_time 250000000\n"


@pytest.mark.parametrize(
    ("files", "seconds"),
    [
        pytest.param({"0::/a/b": {"a/b": QUOTA_V2}}, 0.25, id="v2"),
        pytest.param({"0::/a/b": {"a/b": QUOTA_V2, "a": QUOTA_V2}}, 0.5, id="v2, and above"),
        pytest.param({"0::/": {".": QUOTA_V2}}, 0.25, id="v2 in a container"),
        pytest.param({"0::/": {".": b"usage_usec 9\n"}}, None, id="v2, no quota"),
        pytest.param({"3:cpu:/a": {"cpu/a": QUOTA_V1}}, 0.25, id="v1"),
        pytest.param({"3:cpu,cpuacct:/a": {"cpu,cpuacct/a": QUOTA_V1}}, 0.25, id="v1, together"),
        pytest.param({"3:cpu:/host/a": {"cpu": QUOTA_V1}}, 0.25, id="v1 in a container"),
        pytest.param({"3:memory:/a": {"memory/a": QUOTA_V1}}, None, id="another controller"),
        pytest.param({}, None, id="no cgroups"),
    ],
)
def test_the_quota_of_the_own_group_and_of_those_above_is_seen(machine, files, seconds):
    for line, folders in files.items():
        machine.file("proc/self/cgroup", line.encode() + b"\n")
        for folder, content in folders.items():
            machine.file(f"cgroup/{folder}/cpu.stat", content)
    assert machine.monitor().before().throttled_s == seconds


def test_nothing_but_the_two_clocks_is_read_next_to_the_block(machine, monkeypatch):
    read = []
    monitor = machine.monitor()
    for name in ("busy", "waited", "stolen", "throttled"):
        source = counters.Source(name, 0.0, lambda name=name: read.append(name) or 0.0)
        setattr(monitor, name, source)
    monkeypatch.setattr(time, "process_time", lambda: read.append("own") or 0.0)
    monitor.before()
    read.append("block")
    monitor.after()
    around = ["waited", "stolen", "throttled"]
    assert read == [*around, "own", "busy", "block", "own", "busy", *around]


def test_this_machine_is_read_and_its_totals_never_fall():
    monitor = Monitor()
    first, second = monitor.before(), monitor.after()
    told = [pair for pair in zip(first, second, strict=True) if pair[0] is not None]
    assert len(told) >= 2
    assert all(before <= after for before, after in told)
    assert monitor.cores >= 1
    assert monitor.facts()["busy_clock_resolution_us"] > 0
