"""The family of networks: found by its files, and one more file is one more network."""

from types import SimpleNamespace

import pytest

from dlbench import registry
from dlbench.errors import UsageError
from dlbench.networks import base
from dlbench.networks.base import every, named
from fakes.package import PackageCopy

MINE = '''"""A network of the user."""

from dlbench.records.layers import SGD, Dense
from dlbench.records.network import Network

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


def test_a_network_is_added_by_adding_a_file(tmp_path) -> None:
    package = PackageCopy(tmp_path)
    package.add("dlbench/networks/mine.py", MINE)
    listed = package.run("list", "networks").splitlines()
    (line,) = [line for line in listed if line.startswith("mine ")]
    assert len(listed) == len(every()) + 1
    assert line.split(maxsplit=3)[1:] == ["43", "parameters", "three classes from four numbers"]
    only = ("--network", "mine", "--backend", "numpy", "--threads", "1")
    shown = package.run("run", "train_step", "--dry-run", *only)
    assert "train_step/mine/b16" in shown
    assert "1 case to measure" in shown


def test_a_name_of_two_networks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    iris = SimpleNamespace(name="iris")
    monkeypatch.setattr(registry, "names", lambda _: ("first", "second"))
    monkeypatch.setattr(registry, "load", lambda *_: SimpleNamespace(NETWORKS=(iris,)))
    with pytest.raises(UsageError, match=r"second\.py has a name that another network has: 'iris'"):
        base.every.__wrapped__()


def test_an_unknown_network_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"unknown network: 'lenet'.*iris.*mnist-512"):
        named("lenet")
