"""The checks of the system: load, memory, other runs and users."""

import pytest

from dlbench.checks import load, memory, other_runs, users
from fakes.cgroups import Machine
from fakes.facts import BUSY, CARD, DRIVER, GIB, QUIET, facts, state, write

# --- load ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cores", "resolution", "expected"),
    [
        (0.0, 0.01, "good"),
        (0.05, 0.01, "good"),
        (0.08, 0.1, "good"),  # noise
        (0.08, 0.01, "notice"),
        (0.5, 0.01, "notice"),
        (0.6, 0.01, "bad"),
        (None, 0.01, "unknown"),
    ],
)
def test_the_load(tmp_path, cores, resolution, expected):
    observed = QUIET._replace(cores=cores, cores_resolution=resolution)
    assert state(load.check(facts(tmp_path, observed=observed))) == expected


def test_the_busiest_programs_are_named(tmp_path):
    others = (BUSY, BUSY._replace(pid=7, name="make", cores=0.3), BUSY._replace(cores=0.001))
    outcome = load.check(facts(tmp_path, observed=QUIET._replace(cores=1.3, others=others)))
    assert outcome.seen == (
        "others keep 1.30 of 2 cores busy: python3 (pid 812) 0.97, make (pid 7) 0.30"
    )


def test_work_of_programs_that_are_hidden_is_told(tmp_path):
    outcome = load.check(facts(tmp_path, observed=QUIET._replace(cores=1.3)))
    assert outcome.seen.endswith("by programs that are not seen here")


# --- memory -------------------------------------------------------------------------------------


def with_free(root, free):
    write(root, "proc/meminfo", f"MemTotal: 99 kB\nMemAvailable:   {free // 1024} kB\nSwap: 0 kB")
    return Machine(root)


@pytest.mark.parametrize(("free", "expected"), [(12 * GIB, "good"), (GIB, "bad")])
def test_free_memory(tmp_path, free, expected):
    with_free(tmp_path, free)
    assert state(memory.check(facts(tmp_path))) == expected


def test_memory_that_nobody_tells_is_unknown(tmp_path):
    assert state(memory.check(facts(tmp_path))) == "unknown"


@pytest.mark.parametrize(
    ("limit", "used", "expected"),
    [
        ("max", 0, "good"),
        (20 * GIB, 0, "good"),
        (6 * GIB, 2 * GIB, "notice"),
        (3 * GIB, 2 * GIB, "bad"),
        (3 * GIB, 4 * GIB, "bad"),
    ],
)
def test_a_control_group_may_allow_less(tmp_path, limit, used, expected):
    machine = with_free(tmp_path, 12 * GIB).mount("cgroup").within("/slice/own")
    machine.file("cgroup/slice/own/memory.max", b"max\n")
    machine.file("cgroup/slice/own/memory.current", b"0\n")
    machine.file("cgroup/slice/memory.max", f"{limit}\n".encode())
    machine.file("cgroup/slice/memory.current", f"{used}\n".encode())
    assert state(memory.check(facts(tmp_path))) == expected


def test_the_limit_of_version_1_is_read_too(tmp_path):
    machine = with_free(tmp_path, 12 * GIB).mount("memory", controllers="memory")
    machine.within("/own", "memory")
    machine.file("memory/own/memory.limit_in_bytes", str(6 * GIB).encode())
    machine.file("memory/own/memory.usage_in_bytes", str(GIB).encode())
    outcome = memory.check(facts(tmp_path))
    assert outcome.state == "notice"
    assert outcome.seen == "12.0 GiB free, of which the control group allows 5.00 GiB"


def test_a_cache_that_gives_way_is_not_used_up(tmp_path):
    machine = with_free(tmp_path, 12 * GIB).mount("cgroup").within("/own")
    machine.file("cgroup/own/memory.max", str(8 * GIB).encode())
    machine.file("cgroup/own/memory.current", str(7 * GIB).encode())
    assert state(memory.check(facts(tmp_path))) == "bad"
    machine.file("cgroup/own/memory.stat", f"file 9\ninactive_file {5 * GIB}\n".encode())
    outcome = memory.check(facts(tmp_path))
    assert outcome.seen == "12.0 GiB free, of which the control group allows 6.00 GiB"


# --- other runs ---------------------------------------------------------------------------------


def test_no_other_run(tmp_path):
    talks = BUSY._replace(words=("vim", "dlbench.harness.worker.txt"))
    outcome = other_runs.check(facts(tmp_path, observed=QUIET._replace(others=(talks,))))
    assert state(outcome) == "good"


def test_another_run_is_bad(tmp_path):
    worker = BUSY._replace(words=("python", "-P", "-m", "dlbench.harness.worker"))
    outcome = other_runs.check(facts(tmp_path, observed=QUIET._replace(others=(worker, worker))))
    assert outcome.state == "bad"
    assert outcome.seen == "2 workers of another run, such as pid 812"


# --- users --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "programs", "utilisation", "expected"),
    [
        (0, 0, 0.0, "good"),
        (1, 0, 0.0, "good"),
        (2, 0, 0.0, "notice"),
        (1, 1, 0.0, "notice"),
        (1, 1, 0.3, "bad"),
        (1, 1, None, "unknown"),
        (1, None, 0.0, "unknown"),
        (2, 1, 0.3, "bad"),
    ],
)
def test_users(tmp_path, people, programs, utilisation, expected):
    card = CARD._replace(programs=programs, utilisation=utilisation)
    told = facts(tmp_path, people=people, driver=DRIVER._replace(cards=(card,)))
    assert state(users.check(told)) == expected


def test_users_are_counted_and_not_named(tmp_path):
    card = CARD._replace(programs=2, utilisation=0.3)
    told = facts(tmp_path, people=3, driver=DRIVER._replace(cards=(CARD, card)))
    assert users.check(told).seen == (
        "2 other people logged in; 2 programs on GPU 1, which is used 30 % of the time"
    )
