"""The family of networks: found by its files, and one more file is one more network."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import dlbench
from dlbench import registry
from dlbench.errors import UsageError
from dlbench.networks import base
from dlbench.networks.base import every, named

MINE = '''"""A network of the user."""

from dlbench.layers import SGD, Dense
from dlbench.network import Network

NETWORKS = (
    Network(
        name="mine",
        about="three classes from four numbers",
        dataset="iris",
        inputs=(4,),
        layers=(Dense(5, "relu"), Dense(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=SGD(lr=0.1),
        epochs=2,
        batch=16,
    ),
)
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a copy of the package in which one file was added."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(dlbench.__file__).parent, tmp_path / "dlbench", ignore=ignored)
    (tmp_path / "dlbench" / "networks" / "mine.py").write_text(MINE, encoding="utf-8")
    return tmp_path


def printed(folder: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command line prints with the package in this folder."""
    monkeypatch.setenv("PYTHONPATH", str(folder))
    command = [sys.executable, "-m", "dlbench", *line.split()]
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_a_network_is_added_by_adding_a_file(package, monkeypatch) -> None:
    listed = printed(package, "list networks", monkeypatch).splitlines()
    (line,) = [line for line in listed if line.startswith("mine ")]
    assert len(listed) == len(every()) + 1
    assert line.split(maxsplit=3)[1:] == ["43", "parameters", "three classes from four numbers"]
    plan = "run lecture --dry-run --network mine --backend numpy --threads 1"
    shown = printed(package, plan, monkeypatch)
    assert "train_step/mine/b16" in shown
    assert "3 cases to measure" in shown


def test_a_name_of_two_networks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    iris = SimpleNamespace(name="iris")
    monkeypatch.setattr(registry, "names", lambda _: ("first", "second"))
    monkeypatch.setattr(registry, "load", lambda *_: SimpleNamespace(NETWORKS=(iris,)))
    with pytest.raises(UsageError, match=r"second\.py has a name that another network has: 'iris'"):
        base.every.__wrapped__()


def test_an_unknown_network_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"unknown network: 'lenet'.*iris.*mnist-512"):
        named("lenet")
