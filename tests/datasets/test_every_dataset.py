"""Every module of dlbench/datasets/: its declaration, its shipped bytes, and what it loads.

No test reaches the network: the downloader of pooch is replaced in all of them.
"""

import gzip
import hashlib
import os
import struct
from pathlib import Path

import msgspec
import numpy as np
import pooch
import pytest

from dlbench import registry
from dlbench.datasets import _mnist, abalone, fruit, ionosphere, iris, marker, mnist
from dlbench.errors import UsageError

NAMES = registry.names("datasets")
FILES = Path(abalone.__file__).parent / "files"
SHIPPED = {
    "abalone_test.csv": "9369d56dddca68bffb4c80f94dad3e6f64155dc0c02ad164cbe9e6b7eccd1d43",
    "abalone_train.csv": "f101c7fea4aa78fafdec80c65946ec258e49345222b9c07884fc4cb186546703",
    "ionosphere.csv": "46d52186b84e20be52918adb93e8fb9926b34795ff7504c24350ae0616a04bbd",
    "iris.csv": "596ffd580471ca4d4880f8e439c7281f3b50d8249a5960353cb200b1490f63a0",
}
REAL_MNIST = os.environ.get(_mnist.VARIABLE)


class Declaration(msgspec.Struct, forbid_unknown_fields=True):
    """What every data set says of itself; a field too many or too few fails the conversion."""

    features: list[int]
    classes: int | None
    train_rows: int
    test_rows: int
    licence: str
    source: str


class Downloader:
    """Stands in for pooch's: writes what it was told for a URL, else is offline; keeps the URLs."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.urls: list[str] = []

    def __call__(self, url: str, output_file: str, _: object) -> None:
        self.urls.append(url)
        name = url.rpartition("/")[2]
        if name not in self.answers:
            raise ConnectionError(url)
        Path(output_file).write_bytes(self.answers[name])


def forget() -> None:
    for remembered in (_mnist._check, _mnist._download, mnist._read):
        remembered.cache_clear()


@pytest.fixture(autouse=True)
def network(monkeypatch, tmp_path):
    """An empty cache, no folder given, nothing remembered, and a network that answers nothing."""
    forget()
    downloader = Downloader()
    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: downloader)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    monkeypatch.delenv(_mnist.VARIABLE, raising=False)
    yield downloader
    forget()


# --- the family ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself_without_being_imported(name):
    assert registry.about("datasets", name).endswith(".")
    declared = registry.declaration("datasets", name, Declaration)
    assert declared.licence
    assert declared.source
    assert declared.train_rows > 0


@pytest.mark.parametrize("name", NAMES)
def test_loads_what_it_declares(name):
    module = registry.load("datasets", name)
    reason = module.unavailable_reason()
    if reason is not None:
        pytest.skip(reason)
    declared = registry.declaration("datasets", name, Declaration)
    split = module.load(seed=0)
    assert split.x_train.shape == (declared.train_rows, *declared.features)
    assert split.x_test.shape == (declared.test_rows, *declared.features)
    many = declared.classes is not None and declared.classes > 2
    for x, y in ((split.x_train, split.y_train), (split.x_test, split.y_test)):
        assert x.dtype == np.float32
        assert (y.dtype, y.shape[1:]) == ((np.int64, ()) if many else (np.float32, (1,)))
        assert np.isfinite(x).all()


@pytest.mark.parametrize("name", NAMES)
def test_loads_the_same_for_the_same_seed(name):
    module = registry.load("datasets", name)
    if (reason := module.unavailable_reason()) is not None:
        pytest.skip(reason)
    np.testing.assert_array_equal(module.load(seed=3).x_train, module.load(seed=3).x_train)


def test_shipped_files_have_the_documented_bytes():
    shipped = {path.name: path.read_bytes() for path in FILES.glob("*.csv")}
    assert {n: hashlib.sha256(b).hexdigest() for n, b in shipped.items()} == SHIPPED
    readme = (FILES / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` | {len(shipped[name])} |" in readme for name in SHIPPED)
    assert all(digest in readme for digest in SHIPPED.values())


# --- one by one ---------------------------------------------------------------------------------


def test_fruit_is_the_lectures():
    split = fruit.load(seed=0)
    np.testing.assert_array_equal(split.x_train, [[0, 1], [2, 1], [1, 0]])
    np.testing.assert_array_equal(split.y_train, [[1], [1], [0]])


def test_the_class_of_a_row_of_symbols_is_the_one_behind_the_only_marker():
    split = marker.load(seed=0)
    for x, y in ((split.x_train, split.y_train), (split.x_test, split.y_test)):
        assert ((x == 0).sum(axis=1) == 1).all()
        rows, places = np.nonzero(x == 0)
        np.testing.assert_array_equal(x[rows, places + 1] - 1, y)
        assert set(np.unique(y)) == set(range(9))
    assert not np.array_equal(split.x_train, marker.load(seed=1).x_train)


@pytest.mark.parametrize(("module", "counts"), [(iris, [50, 50, 50]), (ionosphere, [126, 225])])
def test_seeds_draw_different_splits_of_the_same_rows(module, counts):
    splits = [module.load(seed=seed) for seed in (0, 1)]
    assert not np.array_equal(splits[0].x_test, splits[1].x_test)
    for split in splits:
        labels = np.concatenate([split.y_train, split.y_test])
        np.testing.assert_array_equal(np.unique(labels, return_counts=True)[1], counts)


def test_iris_is_scikit_learns_but_for_two_rows():
    sklearn_x, sklearn_y = pytest.importorskip("sklearn.datasets").load_iris(return_X_y=True)
    split = iris.load(seed=0)
    ours = np.column_stack(
        [*np.vstack([split.x_train, split.x_test]).T, [*split.y_train, *split.y_test]]
    )
    theirs = np.column_stack([sklearn_x, sklearn_y])
    sklearn_only = {tuple(r) for r in theirs.round(1)} - {tuple(r) for r in ours.round(1)}
    assert sklearn_only == {(4.9, 3.1, 1.5, 0.2, 0), (4.9, 3.6, 1.4, 0.1, 0)}


def test_ionosphere_is_good_in_the_lectures_first_row():
    split = ionosphere.load(seed=0)
    x, y = np.vstack([split.x_train, split.x_test]), np.vstack([split.y_train, split.y_test])
    first = np.isclose(x[:, 2], 0.99539) & np.isclose(x[:, 3], -0.05889)
    assert y[first].tolist() == [[1.0]]
    assert (x.min(), x.max()) == (-1, 1)


def test_abalone_keeps_the_tutorials_order_whatever_the_seed():
    split, other = abalone.load(seed=0), abalone.load(seed=1)
    first = [0.435, 0.335, 0.11, 0.334, 0.1355, 0.0775, 0.0965]
    np.testing.assert_allclose(split.x_train[0], first, rtol=1e-6)
    np.testing.assert_array_equal(split.x_train, other.x_train)
    assert split.y_train[:2].tolist() == [[7], [6]]
    rings = np.vstack([split.y_train, split.y_test])
    assert (rings.min(), rings.max()) == (1, 29)


# --- MNIST, on tiny files -----------------------------------------------------------------------


def idx(array: np.ndarray) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes((0, 0, 8, array.ndim)) + sizes + array.astype(np.uint8).tobytes()


@pytest.fixture
def tiny(monkeypatch):
    """Four tiny IDX files as {name: bytes}, whose hashes count as the published ones."""
    pixels = np.full((3, 28, 28), 255)
    contents = {
        "train-images-idx3-ubyte": idx(pixels),
        "train-labels-idx1-ubyte": idx(np.array([5, 0, 4])),
        "t10k-images-idx3-ubyte": idx(pixels[:2] // 5),
        "t10k-labels-idx1-ubyte": idx(np.array([7, 2])),
    }
    sha256 = {n: hashlib.sha256(compressed(b)).hexdigest() for n, b in contents.items()}
    md5 = {n: hashlib.md5(b, usedforsecurity=False).hexdigest() for n, b in contents.items()}
    monkeypatch.setattr(_mnist, "SHA256_OF_GZ", sha256)
    monkeypatch.setattr(_mnist, "MD5_OF_RAW", md5)
    return contents


def compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


@pytest.fixture(params=["gz", "raw"])
def given(request, tiny, tmp_path, monkeypatch):
    """A folder with the tiny files, compressed or not, named by DLBENCH_DATA."""
    for name, content in tiny.items():
        if request.param == "gz":
            (tmp_path / f"{name}.gz").write_bytes(compressed(content))
        else:
            (tmp_path / name).write_bytes(content)
    monkeypatch.setenv(_mnist.VARIABLE, str(tmp_path))
    return tmp_path


def assert_tiny(split):
    assert split.x_train.shape == (3, 28, 28)
    assert split.x_train.dtype == np.float32
    assert (split.x_train == 1).all()
    np.testing.assert_allclose(split.x_test, 0.2, rtol=1e-6)
    assert (split.y_train.tolist(), split.y_test.tolist()) == ([5, 0, 4], [7, 2])


@pytest.mark.usefixtures("given")
def test_mnist_is_read_from_the_given_folder(network):
    assert mnist.unavailable_reason() is None
    assert_tiny(mnist.load(seed=0))
    assert mnist.load(seed=0) is mnist.load(seed=1)
    assert network.urls == []


def test_mnist_checks_each_file_once(given, monkeypatch):
    hashed = []
    monkeypatch.setattr(_mnist, "_published", hashed.append)
    for _ in range(3):
        mnist.unavailable_reason()
    assert len(hashed) == len(set(hashed)) == 4
    assert {path.parent for path in hashed} == {given}


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b + b"\0", lambda _: b""])
def test_mnist_refuses_a_changed_file(given, damage):
    path = max(given.glob("t10k-labels*"))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UsageError, match=path.name) as caught:
        mnist.unavailable_reason()
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError, match="Replace the file"):
        mnist.load(seed=0)


def test_mnist_refuses_a_folder_that_does_not_exist(monkeypatch, tmp_path):
    monkeypatch.setenv(_mnist.VARIABLE, str(tmp_path / "missing"))
    with pytest.raises(UsageError, match="DLBENCH_DATA is not a folder"):
        mnist.unavailable_reason()


@pytest.mark.parametrize("value", [None, "", "folder without the files"])
def test_mnist_is_downloaded_once_otherwise(value, tiny, network, monkeypatch, tmp_path):
    if value is not None:
        (tmp_path / "folder without the files").mkdir()
        monkeypatch.setenv(_mnist.VARIABLE, value and str(tmp_path / value))
    network.answers = {f"{name}.gz": compressed(content) for name, content in tiny.items()}
    assert mnist.unavailable_reason() is None
    assert_tiny(mnist.load(seed=0))
    forget()
    assert mnist.unavailable_reason() is None
    assert len(network.urls) == 4


def test_mnist_downloads_without_noise(tiny, network, capfd):
    network.answers = {f"{name}.gz": compressed(content) for name, content in tiny.items()}
    mnist.unavailable_reason()
    assert capfd.readouterr() == ("", "")


def test_mnist_offline_gives_a_reason_and_asks_each_mirror_once(network):
    reasons = {mnist.unavailable_reason() for _ in range(3)}
    assert len(network.urls) == len(_mnist.MIRRORS)
    assert "ConnectionError" in reasons.pop()
    assert not reasons
    with pytest.raises(UsageError, match="MNIST is not on this machine"):
        mnist.load(seed=0)


@pytest.mark.usefixtures("tiny")
def test_mnist_refuses_other_bytes_from_a_mirror(network, tmp_path):
    network.answers = {f"{name}.gz": b"<html>" for name in _mnist.SHA256_OF_GZ}
    assert "does not have its published hash" in mnist.unavailable_reason()
    assert list((tmp_path / "cache").rglob("*.gz")) == []


def test_mnist_replaces_a_damaged_file_in_the_cache(tiny, network, tmp_path):
    network.answers = {f"{name}.gz": compressed(content) for name, content in tiny.items()}
    mnist.unavailable_reason()
    next((tmp_path / "cache").rglob("train-labels*")).write_bytes(b"damaged")
    forget()
    assert_tiny(mnist.load(seed=0))
    assert len(network.urls) == 5


def test_an_image_keeps_the_order_of_its_rows_and_columns(given, tiny, monkeypatch):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    name = "t10k-images-idx3-ubyte"
    path = next(given.glob(f"{name}*"))
    path.write_bytes(compressed(idx(array)) if path.suffix else idx(array))
    actual = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(_mnist.SHA256_OF_GZ, name, actual)
    monkeypatch.setitem(_mnist.MD5_OF_RAW, name, hashlib.md5(idx(array)).hexdigest())
    np.testing.assert_array_equal(_mnist.read(given, name), array)


def test_a_file_changed_after_its_check_is_refused(given):
    assert mnist.unavailable_reason() is None
    max(given.glob("train-labels*")).write_bytes(b"changed")
    with pytest.raises(UsageError, match="is not MNIST's file"):
        mnist.load(seed=0)


def test_a_file_lost_after_its_check_is_refused(given):
    assert mnist.unavailable_reason() is None
    lost = max(given.glob("train-labels*"))
    lost.unlink()
    with pytest.raises(UsageError, match=r"cannot read the data \(No such file"):
        _mnist.read(given, "train-labels-idx1-ubyte")


@pytest.mark.skipif(not REAL_MNIST, reason="DLBENCH_DATA is not set")
def test_real_mnist_has_the_known_digits(monkeypatch):
    monkeypatch.setenv(_mnist.VARIABLE, REAL_MNIST)
    split = mnist.load(seed=0)
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (np.bincount(split.y_train).tolist(), np.bincount(split.y_test).tolist()) == (
        train,
        test,
    )
    assert split.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert split.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert (split.x_train.min(), split.x_train.max()) == (0, 1)
    assert split.x_train.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert split.x_train.shape == (60000, 28, 28)
    assert split.x_test.shape == (10000, 28, 28)
