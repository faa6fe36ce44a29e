"""Damaged tables: each is refused with what is wrong, where, and what to do next."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dlbench.datasets import _csv, _mnist, abalone, ionosphere, iris
from dlbench.errors import UsageError

TABLES = {
    "iris.csv": iris,
    "ionosphere.csv": ionosphere,
    "abalone_train.csv": abalone,
    "abalone_test.csv": abalone,
}
every_table = pytest.mark.parametrize("name", TABLES)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Copies of the shipped files, which the data sets read instead."""
    for name in TABLES:
        shutil.copy(abalone.FILES / name, tmp_path)
    monkeypatch.setattr(iris, "FILE", tmp_path / "iris.csv")
    monkeypatch.setattr(ionosphere, "FILE", tmp_path / "ionosphere.csv")
    monkeypatch.setattr(abalone, "FILES", tmp_path)
    return tmp_path


def refusal(path: Path) -> str:
    """What loading says of a damaged file."""
    with pytest.raises(UsageError) as caught:
        TABLES[path.name].unavailable_reason()
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert str(path) in message
    assert message.endswith("The file is a part of dlbench: install dlbench again.")
    return message


# --- tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "columns", "names"),
    [(iris, 4, iris.SPECIES), (ionosphere, 34, ionosphere.RETURNS)],
)
def test_a_labelled_table_is_what_numpy_reads(module, columns, names) -> None:
    x, y = _csv.labelled(module.FILE, names)
    expected = np.loadtxt(module.FILE, np.float32, delimiter=",", usecols=range(columns))
    found, places = np.unique(
        np.loadtxt(module.FILE, str, delimiter=",", usecols=columns), return_inverse=True
    )
    np.testing.assert_array_equal(x, expected, strict=True)
    np.testing.assert_array_equal(y, places.astype(np.int64), strict=True)
    assert tuple(found) == names
    assert x.flags.c_contiguous


def test_abalone_is_what_numpy_reads() -> None:
    split = abalone.load(seed=0)
    train, test = (
        np.loadtxt(abalone.FILES / f"abalone_{part}.csv", np.float32, delimiter=",")
        for part in ("train", "test")
    )
    ours = (split.x_train, split.y_train, split.x_test, split.y_test)
    numpys = (train[:, :7], train[:, 7:], test[:, :7], test[:, 7:])
    for array, expected in zip(ours, numpys, strict=True):
        np.testing.assert_array_equal(array, expected, strict=True)
        assert array.flags.c_contiguous
        assert array.flags.owndata


DAMAGE = {
    "empty": lambda _: b"",
    "a row too few": lambda content: content[: content.rstrip().rindex(b"\n") + 1],
    "a row twice": lambda content: content + content.splitlines(keepends=True)[-1],
    "cut in its last field": lambda content: content[:-2],
    "a column too few": lambda content: content.partition(b",")[2],
    "a column too many": lambda content: b"1," + content,
    "a blank line": lambda content: b"\n" + content,
    "no number": lambda content: b"five" + content[content.index(b",") :],
    "not finite": lambda content: b"nan" + content[content.index(b",") :],
    "another number": lambda content: b"0.123" + content[content.index(b",") :],
    "another last field": lambda content: content[:-2] + b"x\n",
    "another encoding": lambda content: content.decode().encode("utf-16"),
}


@every_table
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_changed_file_is_refused_with_its_hash_and_the_shipped_one(
    folder: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    path = folder / name
    shipped = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(damage(path.read_bytes()))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"is damaged; its SHA-256 is: {found!r}. Allowed: {shipped}." in refusal(path)


@every_table
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert "cannot read the data (No such file or directory): " in refusal(folder / name)


@every_table
def test_a_folder_in_place_of_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    assert "cannot read the data (" in refusal(folder / name)


def test_line_ends_of_windows_change_nothing(folder: Path) -> None:
    expected = iris.load(seed=0)
    content = iris.FILE.read_bytes()
    iris.FILE.write_bytes(content.replace(b"\n", b"\r\n"))
    np.testing.assert_array_equal(iris.load(seed=0).x_train, expected.x_train)
    np.testing.assert_array_equal(iris.load(seed=0).y_train, expected.y_train)


def test_a_file_in_place_of_mnists_that_is_far_too_large_is_not_read(tmp_path, monkeypatch) -> None:
    for name in _mnist.SHA256_OF_GZ:
        with open(tmp_path / f"{name}.gz", "wb") as stream:
            stream.truncate(12 * 2**30)  # it takes no room on the disk
    monkeypatch.setenv(_mnist.VARIABLE, str(tmp_path))
    with pytest.raises(UsageError, match=r"it has 12,884,901,888 bytes, more than"):
        _mnist.obtain()
