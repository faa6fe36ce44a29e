"""Cores and caches, as Linux describes them."""

from pathlib import Path

import pytest

from dlbench.machine import topology as module
from dlbench.machine.grants import Grant
from dlbench.machine.topology import topology


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Describe CPUs: the threads of their cores, and the caches that they share."""

    def describe(cores: dict[int, str], caches: dict[int, dict[int, tuple[str, str]]], **grant):
        for cpu, siblings in cores.items():
            write(tmp_path / f"cpu{cpu}" / "topology" / "core_cpus_list", siblings)
            for level, (shared, size) in caches.get(cpu, {}).items():
                folder = tmp_path / f"cpu{cpu}" / "cache" / f"index{level}"
                write(folder / "level", str(level))
                write(folder / "shared_cpu_list", shared)
                write(folder / "size", size)
        allowed = frozenset(grant.pop("allowed", cores))
        monkeypatch.setattr(module, "granted", lambda: Grant(len(cores), allowed, **grant))
        return topology(tmp_path)

    return describe


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", encoding="ascii")


FOUR_THREADS = {0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}


def test_threads_of_a_core_share_it(machine) -> None:
    found = machine(FOUR_THREADS, {})
    assert (found.cores, found.threads, found.cache_bytes) == (2, 4, None)


def test_only_allowed_cores_count(machine) -> None:
    found = machine(FOUR_THREADS, {}, allowed={0, 2})
    assert (found.cores, found.threads) == (1, 2)


def test_a_quota_leaves_fewer_cores(machine) -> None:
    found = machine(FOUR_THREADS, {}, quota=1.0)
    assert (found.cores, found.threads) == (1, 1)


def test_every_cache_of_the_last_level_counts_once(machine) -> None:
    caches = {
        cpu: {1: (f"{cpu}", "32K"), 3: (shared, "16M")}
        for cpu, shared in {0: "0-1", 1: "0-1", 2: "2-3", 3: "2-3"}.items()
    }
    found = machine({cpu: f"{cpu}" for cpu in range(4)}, caches)
    assert (found.cores, found.cache_bytes) == (4, 32 * 2**20)


def test_what_cannot_be_read_is_unknown(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module.psutil, "cpu_count", lambda logical: None)
    assert topology(tmp_path / "nothing").cores is None
    write(tmp_path / "cpu0" / "cache" / "index0" / "level", "3")
    write(tmp_path / "cpu0" / "cache" / "index0" / "size", "many")
    assert topology(tmp_path).cache_bytes is None


def test_without_linux_s_files_the_cores_are_those_of_psutil(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module.psutil, "cpu_count", lambda logical: 3)
    monkeypatch.setattr(module, "granted", lambda: Grant(6, frozenset(range(6))))
    found = topology(tmp_path)
    assert (found.cores, found.threads) == (3, 6)


def test_this_machine_has_at_least_a_core() -> None:
    found = topology()
    assert found.threads >= 1
    assert found.cores is None or 1 <= found.cores <= found.threads
