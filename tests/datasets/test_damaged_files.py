"""Damaged files of data: each is refused with what is wrong, where, and what to do next."""

import hashlib
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from dlbench.datasets import _csv, _idx, _mnist_files, abalone, ionosphere, iris, mnist
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


# --- MNIST --------------------------------------------------------------------------------------

both_parts = pytest.mark.parametrize("part", ["train", "t10k"])


def write(path: Path, array: np.ndarray) -> None:
    """An IDX file."""
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(bytes((0, 0, 8, array.ndim)) + sizes + array.astype(np.uint8).tobytes())


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Three images for each part of MNIST, taken for the published files."""
    for part in ("train", "t10k"):
        write(tmp_path / f"{part}-images-idx3-ubyte", np.zeros((3, 28, 28)))
        write(tmp_path / f"{part}-labels-idx1-ubyte", np.array([0, 5, 9]))
    monkeypatch.setattr(_mnist_files, "obtain", lambda: tmp_path)
    yield tmp_path
    mnist._read.cache_clear()


def mnist_refusal() -> str:
    """What loading says of damaged digits."""
    with pytest.raises(UsageError) as caught:
        mnist.load(seed=0)
    assert str(caught.value).endswith("or delete it to have it downloaded.")
    return str(caught.value)


@pytest.mark.usefixtures("digits")
def test_images_with_their_labels_are_taken() -> None:
    assert mnist.load(seed=0).y_train.tolist() == [0, 5, 9]
    assert mnist.load(seed=0).y_test.dtype == np.int64


@both_parts
@pytest.mark.parametrize("labels", [0, 2, 4])
def test_more_or_fewer_labels_than_images_are_refused(digits: Path, part, labels: int) -> None:
    write(digits / f"{part}-labels-idx1-ubyte", np.zeros(labels))
    message = mnist_refusal()
    assert f"{digits / part}-images-idx3-ubyte and " in message
    assert f"{digits / part}-labels-idx1-ubyte do not belong together" in message
    assert f"'3 images, {labels} labels'. Allowed: a label for each image." in message


@both_parts
@pytest.mark.parametrize("label", [10, 255])
def test_a_label_above_nine_is_refused(digits: Path, part: str, label: int) -> None:
    write(digits / f"{part}-labels-idx1-ubyte", np.array([1, label, label]))
    expected = f"{part}-labels-idx1-ubyte has a wrong label for image 2: {label}. Allowed: 0 to 9."
    assert expected in mnist_refusal()


@both_parts
def test_images_of_another_size_are_refused(digits: Path, part: str) -> None:
    write(digits / f"{part}-images-idx3-ubyte", np.zeros((3, 28, 27)))
    assert "images of a wrong size: (28, 27). Allowed: (28, 28)." in mnist_refusal()


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_truncated_idx_file_is_refused_with_what_to_do(digits: Path, name: str) -> None:
    for cut, complaint in ((-1, "length"), (5, "header"), (0, "magic number")):
        (digits / name).write_bytes((digits / name).read_bytes()[:cut])
        assert f"{name} has a wrong {complaint}: " in mnist_refusal()


def test_a_missing_idx_file_is_refused(digits: Path) -> None:
    (digits / "train-images-idx3-ubyte").unlink()
    assert "cannot read the data (No such file or directory): " in mnist_refusal()


def test_a_damaged_gzip_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "labels.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(UsageError, match=r"wrong compression: .*delete it to have it downloaded"):
        _idx.read(tmp_path / "labels.gz", dimensions=1)


def test_a_file_that_cannot_be_hashed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the data \(.*Replace the file"):
        _mnist_files._check_file(tmp_path)
