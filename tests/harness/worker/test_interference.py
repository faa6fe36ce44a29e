"""What disturbed a block: on machines whose files are told, and with counters that are told."""

import os
import time
from collections import namedtuple

import psutil
import pytest

from dlbench.harness.worker.interference import LOST_SHARE, Counters, Monitor, flags, with_counters
from dlbench.machine import counters
from dlbench.records.measurement import Sample

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


# --- differences --------------------------------------------------------------------------------

BLOCK = Sample(iterations=4, host_s=1.0, started_s=5.0, round=3)
NOTHING = Counters(None, 0.0, None, None, None, None)


def test_a_sample_gets_the_differences():
    before = Counters(10.0, 5.0, 1.0, 2.0, 3.0, 4)
    after = Counters(12.5, 7.0, 1.25, 2.5, 3.125, 9)
    seen = with_counters(BLOCK, before, after)
    assert (seen.foreign_s, seen.waited_s, seen.steal_s, seen.throttled_s, seen.switches) == (
        (0.5, 0.25, 0.5, 0.125, 5)
    )
    assert (seen.iterations, seen.host_s, seen.started_s, seen.round) == (4, 1.0, 5.0, 3)


def test_what_is_not_told_stays_unknown():
    assert with_counters(BLOCK, NOTHING, NOTHING) == BLOCK


def test_a_clock_that_lags_behind_the_own_time_gives_no_negative_work_of_others():
    before, after = NOTHING._replace(busy_s=1.0), NOTHING._replace(busy_s=1.5, own_s=0.75)
    assert with_counters(BLOCK, before, after).foreign_s == 0.0


# --- flags --------------------------------------------------------------------------------------

NS_CLOCK, TICKS = counters.SCHEDULER_TICK_S, 2 * counters.TICK_S
LITTLE, MUCH = LOST_SHARE / 2, LOST_SHARE * 2


def block(host_s=0.02, **shares):
    """A block of two threads, and what was lost in it as shares of it."""
    lost = {f"{name}_s": share and share * host_s for name, share in shares.items()}
    return Sample(iterations=1, host_s=host_s, started_s=0.0, **lost)


@pytest.mark.parametrize(
    ("sample", "resolution_s", "busy"),
    [
        pytest.param(block(foreign=0.0, waited=0.0), NS_CLOCK, False, id="quiet"),
        pytest.param(block(foreign=0.5, waited=0.0), NS_CLOCK, True, id="others"),
        pytest.param(block(foreign=0.5, waited=None), NS_CLOCK, True, id="others, no waiting told"),
        pytest.param(block(foreign=MUCH, waited=MUCH), NS_CLOCK, True, id="short, and waited for"),
        pytest.param(block(foreign=MUCH, waited=0.0), NS_CLOCK, False, id="of the block before"),
        pytest.param(block(foreign=LITTLE, waited=LITTLE), NS_CLOCK, False, id="noise"),
        pytest.param(block(foreign=0.0, waited=0.5), NS_CLOCK, False, id="waiting for each other"),
        pytest.param(block(foreign=0.5, waited=0.0), TICKS, False, id="a tick at the edge"),
        pytest.param(
            block(foreign=0.0, waited=MUCH), TICKS, False, id="waiting alone, coarse ticks"
        ),
        pytest.param(block(1.0, foreign=0.0, waited=MUCH), TICKS, False, id="ticks fine enough"),
        pytest.param(block(1.0, foreign=MUCH, waited=0.0), TICKS, True, id="ticks that tell"),
        pytest.param(block(foreign=0.5, waited=MUCH), TICKS, True, id="ticks and waiting"),
        pytest.param(block(waited=MUCH), None, False, id="only waiting told"),
        pytest.param(block(), None, False, id="nothing told"),
        pytest.param(block(0.0, foreign=0.0, waited=0.0), NS_CLOCK, False, id="no time at all"),
    ],
)
def test_a_block_is_busy_when_others_took_the_cores_that_it_could_use(sample, resolution_s, busy):
    assert flags(sample, threads=2, cores=2, resolution_s=resolution_s) == ("busy",) * busy


@pytest.mark.parametrize(("foreign", "busy"), [(0.9, False), (1.1, True)])
def test_cores_that_no_thread_could_use_may_be_busy(foreign, busy):
    assert flags(block(1.0, foreign=foreign), 2, 3, NS_CLOCK) == ("busy",) * busy


@pytest.mark.parametrize(
    ("host_s", "steal_s", "stolen"),
    [(0.02, 0.01, False), (0.02, 0.02, True), (1.0, 0.03, False), (1.0, 0.05, True)],
)
def test_stolen_time_is_believed_from_its_second_tick(host_s, steal_s, stolen):
    sample = Sample(iterations=1, host_s=host_s, started_s=0.0, steal_s=steal_s)
    assert flags(sample, 2, 2, NS_CLOCK) == ("stolen",) * stolen


@pytest.mark.parametrize(("throttled", "flagged"), [(None, ()), (0.0, ()), (0.1, ("throttled",))])
def test_any_throttling_is_flagged(throttled, flagged):
    assert flags(block(throttled=throttled), 2, 2, NS_CLOCK) == flagged
