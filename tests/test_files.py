"""Files that others may have touched: what is no regular file is refused before it is read."""

import errno
import os

import pytest

from dlbench import files

ENOUGH = 100


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "file"


@pytest.fixture(autouse=True)
def _folder(path):
    path.parent.mkdir()


def why_not(path, most=ENOUGH, **how):
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the reason is what is tested
        files.read(path, most, **how)
    return caught.value.strerror


# --- reading ------------------------------------------------------------------------------------


def test_a_file_is_read(path):
    path.write_bytes(b"x" * ENOUGH)
    assert files.read(path, ENOUGH, inside=True) == b"x" * ENOUGH


def test_a_file_that_is_too_large_is_not_read(path):
    with path.open("wb") as stream:
        stream.truncate(12 * 2**30)  # it takes no room on the disk
    assert why_not(path) == f"it has {12 * 2**30:,} bytes, more than {ENOUGH}"


def test_a_pipe_is_not_waited_for(path):
    os.mkfifo(path)
    assert why_not(path) == "it is no regular file"


def test_a_device_without_an_end_is_not_read(path):
    path.symlink_to("/dev/zero")
    assert why_not(path) == "it is no regular file"


def test_a_folder_is_no_file(path):
    path.mkdir()
    assert why_not(path) in {"it is no regular file", os.strerror(errno.EISDIR)}


def test_a_link_out_of_the_folder_is_followed_only_where_the_folder_is_trusted(path, tmp_path):
    (tmp_path / "secret").write_bytes(b"mine")
    path.symlink_to(tmp_path / "secret")
    assert files.read(path, ENOUGH) == b"mine"
    assert why_not(path, inside=True) == "it is a link that leads out of its folder"


def test_a_link_within_the_folder_and_a_folder_that_is_a_link_are_followed(path, tmp_path):
    (path.parent / "real").write_bytes(b"mine")
    path.symlink_to("real")
    (tmp_path / "other").symlink_to(path.parent)
    assert files.read(tmp_path / "other" / path.name, ENOUGH, inside=True) == b"mine"


# --- writing ------------------------------------------------------------------------------------


def test_a_file_is_replaced_at_once_and_nothing_stays_beside_it(path):
    path.write_bytes(b"old")
    files.replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(path, tmp_path):
    (tmp_path / "victim").write_bytes(b"mine")
    path.symlink_to(tmp_path / "victim")
    files.replace(path, b"new")
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert (path.is_symlink(), path.read_bytes()) == (False, b"new")


def failing(number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail


def test_the_old_file_stays_if_the_new_one_does_not_get_onto_the_disk(path, monkeypatch):
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(OSError, match="No space"):
        files.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_system_that_has_nothing_to_wait_for_is_no_error(path, monkeypatch):
    monkeypatch.setattr(os, "fsync", failing(errno.EINVAL))
    files.replace(path, b"new")
    assert path.read_bytes() == b"new"
