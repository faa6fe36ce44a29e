"""How far memory rises, on a told /proc."""

import pytest

from dlbench.machine.memory import PeakMemory

KIB = 1024


@pytest.fixture
def proc(tmp_path):
    (tmp_path / "clear_refs").touch()

    def told(resident, peak):
        text = f"Name:\tworker\nVmHWM:\t{peak:8} kB\nVmRSS:\t{resident:8} kB\n"
        (tmp_path / "status").write_text(text)
        return tmp_path

    return told


def test_the_rise_is_the_peak_above_what_was_resident_at_first(proc):
    memory = PeakMemory(proc(resident=100, peak=900))
    proc(resident=120, peak=250)
    assert memory.rise() == 150 * KIB


def test_the_peak_begins_anew(proc):
    folder = proc(resident=100, peak=900)
    PeakMemory(folder)
    assert (folder / "clear_refs").read_text() == "5"


def test_memory_that_is_given_back_is_no_rise(proc):
    memory = PeakMemory(proc(resident=100, peak=100))
    proc(resident=60, peak=90)
    assert memory.rise() == 0


def test_where_the_system_does_not_tell_nothing_is_known(tmp_path):
    assert PeakMemory(tmp_path / "absent").rise() is None


def test_a_peak_that_cannot_begin_anew_is_not_known(proc):
    folder = proc(resident=100, peak=900)
    (folder / "clear_refs").unlink()
    (folder / "clear_refs").mkdir()
    assert PeakMemory(folder).rise() is None
