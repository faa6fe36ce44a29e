"""What the machine counts: work of others, time stolen or throttled, threads that wait."""

import os
import time
from collections import namedtuple

import psutil
import pytest

from dlbench.harness.worker.interference import Monitor
from dlbench.machine import counters, grants
from fakes.cgroups import Machine

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
    monkeypatch.setattr(grants, "affinity", lambda: CORES)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    return Machine(tmp_path)


def monitor_of(machine):
    return Monitor(machine.proc)


# --- reading ------------------------------------------------------------------------------------


def cpuacct(machine, folder="cpuacct"):
    machine.mount(f"cgroup/{folder}", controllers=folder)
    machine.file(f"cgroup/{folder}/cpuacct.usage_percpu", b"1000000000 9 2500000000 9 \n")
    machine.file(f"cgroup/{folder}/release_agent", b"\n")


def slices(machine):
    machine.mount("cgroup")
    machine.file("cgroup/cgroup.controllers", b"cpu io memory pids\n")
    machine.file("cgroup/user.slice/cpu.stat", b"usage_usec 2000000\nuser_usec 9\n")
    machine.file("cgroup/system.slice/cpu.stat", b"usage_usec 500000\nuser_usec 9\n")
    machine.file("proc/self/cgroup", b"0::/user.slice/session.scope\n")


@pytest.mark.parametrize("folder", ["cpuacct", "cpu,cpuacct"])
def test_the_cores_of_this_process_are_busy_for_what_cgroup_v1_counts(machine, folder):
    cpuacct(machine, folder)
    machine.file("proc/stat", STAT)
    monitor = monitor_of(machine)
    assert monitor.before().busy_s == monitor.after().busy_s == 3.5
    assert monitor.resolution_s == counters.SCHEDULER_TICK_S
    assert monitor.facts()["busy_clock"] == f"{folder}/cpuacct.usage_percpu"
    assert monitor.cores == 2


def test_a_container_that_is_shown_its_own_group_as_the_root_is_not_believed(machine):
    cpuacct(machine)
    (machine.root / "cgroup/cpuacct/release_agent").unlink()
    assert monitor_of(machine.file("proc/stat", STAT)).facts()["busy_clock"] == "stat"


def test_all_cores_are_busy_for_what_the_slices_of_cgroup_v2_count(machine, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    slices(machine)
    monitor = monitor_of(machine)
    assert monitor.before().busy_s == 2.5
    assert monitor.facts()["busy_clock"] == "*/cpu.stat"


@pytest.mark.parametrize("why", ["not the root", "some cores", "not in a slice", "no slice"])
def test_slices_that_do_not_tell_of_all_are_not_believed(machine, monkeypatch, why):
    slices(machine)
    monkeypatch.setattr(os, "cpu_count", lambda: 4 if why == "some cores" else 2)
    if why == "not the root":
        machine.file("cgroup/cgroup.type", b"domain\n")
    elif why == "not in a slice":
        machine.file("proc/self/cgroup", b"0::/\n")
    elif why == "no slice":
        for name in ("user", "system"):
            (machine.root / f"cgroup/{name}.slice/cpu.stat").unlink()
    assert monitor_of(machine.file("proc/stat", STAT)).facts()["busy_clock"] == "stat"


def test_ticks_are_counted_where_there_is_nothing_better(machine):
    monitor = monitor_of(machine.file("proc/stat", STAT))
    assert monitor.before().busy_s == pytest.approx(1.60 + 0.15)
    assert monitor.before().steal_s == pytest.approx(0.08)


def test_psutil_is_asked_where_there_are_no_files(machine, monkeypatch):
    times = namedtuple("times", "user system idle interrupt dpc")(1.0, 2.0, 99.0, 0.25, 0.5)  # noqa: PYI024
    monkeypatch.setattr(psutil, "cpu_times", lambda: times)
    monitor = monitor_of(machine)
    now = monitor.before()
    assert (now.busy_s, now.waited_s, now.steal_s, now.throttled_s) == (3.75, None, None, None)
    assert set(monitor.facts().values()) == {"psutil.cpu_times", 31250, None}


def test_the_waiting_of_all_threads_is_added_up_and_never_falls(machine):
    for thread in (11, 12):
        machine.file(f"proc/self/task/{thread}/schedstat", b"7000000000 1500000000 3\n")
    monitor = monitor_of(machine)
    assert monitor.before().waited_s == pytest.approx(3.0)
    machine.file("proc/self/task/13/schedstat", b"7 250000000 3\n")
    assert monitor.after().waited_s == pytest.approx(3.25)
    machine.file("proc/self/task/12/schedstat", b"")  # as when a thread has ended
    machine.file("proc/self/task/11/schedstat", b"7 1750000000 3\n")
    assert monitor.after().waited_s == pytest.approx(3.5)


# A v2 group and a v1 group, each stopped for a quarter of a second; one that had no quota.
V2 = b"usage_usec 9\nnr_throttled 2\nthrottled_usec 250000\nnr_bursts 0\n"
V1 = b"nr_periods 1\nnr_throttled 2\nthrottled_time 250000000\n"
FREE = b"usage_usec 9\n"


@pytest.mark.parametrize(
    ("controllers", "group", "files", "seconds"),
    [
        pytest.param("", "/a/b", {"a/b/cpu.stat": V2}, 0.25, id="v2"),
        pytest.param("", "/a/b", {"a/b/cpu.stat": V2, "a/cpu.stat": V2}, 0.5, id="v2, and above"),
        pytest.param("", "/", {"cpu.stat": V2}, 0.25, id="v2 in a container"),
        pytest.param("", "/", {"cpu.stat": FREE}, None, id="v2, no quota"),
        pytest.param("", "/a", {"a/cpu.stat": V2, "a/cpu.stat.local": b"throttled_usec 1250000\n"},
                     1.25, id="v2, own queues"),
        pytest.param("", "/a/b", {"a/b/cpu.stat.local": b"throttled_usec 1250000\n",
                                  "a/cpu.stat.local": b"throttled_usec 9\n", "a/cpu.stat": V2},
                     1.25, id="v2, own queues whoever stops them"),
        pytest.param("cpu", "/a", {"a/cpu.stat": V1}, 0.25, id="v1"),
        pytest.param("cpu,cpuacct", "/a", {"a/cpu.stat": V1}, 0.25, id="v1, together"),
        pytest.param("cpu", "/a", {"a/cpu.stat.local": b"throttled_time 500000000\n"}, 0.5,
                     id="v1, own queues"),
        pytest.param("memory", "/a", {"a/cpu.stat": V1}, None, id="another controller"),
    ],
)  # fmt: skip
def test_the_stops_by_quotas_of_the_own_group_and_of_those_above_are_seen(
    machine, controllers, group, files, seconds
):
    machine.mount("some/where", controllers=controllers).within(group, controllers=controllers)
    for name, content in files.items():
        machine.file(f"some/where/{name}", content)
    assert monitor_of(machine).before().throttled_s == seconds


def test_without_groups_no_stop_is_seen(machine):
    assert monitor_of(machine).before().throttled_s is None


def test_nothing_but_the_two_clocks_is_read_next_to_the_block(machine, monkeypatch):
    read = []
    monitor = monitor_of(machine)
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
