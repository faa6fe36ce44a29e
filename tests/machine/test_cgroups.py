"""The groups of this process and where they are shown, on machines whose files are told."""

from pathlib import PurePosixPath

from dlbench.machine import cgroups
from fakes.cgroups import Machine


def test_the_own_folder_comes_first_and_the_mount_last(tmp_path) -> None:
    machine = Machine(tmp_path).mount("cg").within("/a/b")
    found = cgroups.folders(machine.proc, cgroups.UNIFIED)
    assert found == [tmp_path / "cg/a/b", tmp_path / "cg/a", tmp_path / "cg"]


def test_of_a_mounted_part_the_way_begins_below_its_root(tmp_path) -> None:
    machine = Machine(tmp_path).mount("cg", root="/a", controllers="cpu").within("/a/b", "cpu")
    assert cgroups.folders(machine.proc, "cpu") == [tmp_path / "cg/b", tmp_path / "cg"]


def test_groups_and_places_are_told_by_controller(tmp_path) -> None:
    machine = Machine(tmp_path).mount("one", controllers="cpu,cpuacct").mount("two")
    machine.within("/x:y", "cpu,cpuacct").within("/z")
    groups = cgroups.own_groups(machine.proc)
    assert groups == {
        "cpu": PurePosixPath("/x:y"),
        "cpuacct": PurePosixPath("/x:y"),
        cgroups.UNIFIED: PurePosixPath("/z"),
    }
    assert cgroups.points(machine.proc, "cpuacct") == [tmp_path / "one"]
    assert cgroups.points(machine.proc, cgroups.UNIFIED) == [tmp_path / "two"]
    assert cgroups.points(machine.proc, "memory") == []


def test_without_files_there_are_none(tmp_path) -> None:
    assert cgroups.mounts(tmp_path) == []
    assert cgroups.own_groups(tmp_path) == {}
    assert cgroups.folders(tmp_path, "cpu") == []
