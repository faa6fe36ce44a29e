"""Running a user's own file: once, unchanged, its mistakes told by line."""

import sys
import time
from pathlib import Path

import pytest

from dlbench.errors import DlbenchError
from dlbench.own import file
from dlbench.own.contract import read

START = 'loss = "mse"\n'


@pytest.fixture(autouse=True)
def forgotten():
    before = list(sys.path)
    yield
    sys.modules.pop(file.MODULE, None)
    sys.path[:] = before


def network(folder, text):
    path = folder / "net.py"
    path.write_text(START + text, encoding="utf-8")
    [found] = read(path, ["torch_model"])
    return found


def called(folder, text):
    own = network(folder, text)
    return file.function(own, own.functions["torch_model"])()


def told(folder, text):
    with pytest.raises(DlbenchError) as caught:
        called(folder, text)
    return str(caught.value)


def test_a_function_is_called(tmp_path):
    assert called(tmp_path, "def torch_model():\n    return 7\n") == 7


def test_the_file_runs_once(tmp_path):
    own = network(tmp_path, "seen = []\ndef torch_model():\n    seen.append(1)\n    return seen\n")
    call = file.function(own, own.functions["torch_model"])
    assert call() is file.function(own, own.functions["torch_model"])()
    assert len(call()) == 3


def test_a_neighbour_is_imported_and_nothing_is_written_beside_the_file(tmp_path):
    (tmp_path / "neighbour_of_net.py").write_text("N = 3\n", encoding="utf-8")
    text = "def torch_model():\n    from neighbour_of_net import N\n    return N\n"
    assert called(tmp_path, text) == 3
    assert not list(Path(tmp_path).rglob("net.*.pyc"))


def test_a_changed_file_is_refused(tmp_path):
    own = network(tmp_path, "def torch_model():\n    return 7\n")
    (tmp_path / "net.py").write_text("import os", encoding="utf-8")
    with pytest.raises(DlbenchError, match="has changed since the run began"):
        file.function(own, own.functions["torch_model"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0\ndef torch_model():\n    pass\n", ["net.py, line 2", "ZeroDivisionError"]),
        ("def torch_model():\n    return 1 / 0\n", ["net.py, line 3", "ZeroDivisionError"]),
        (
            "def torch_model():\n    import no_such_one\n",
            ["line 3", "no_such_one is not installed"],
        ),
        ("def torch_model():\n    raise SystemExit(3)\n", ["line 3", "ends the process"]),
        ("def torch_model():\n    pass\ndel torch_model\n", ["line 2", "no function any more"]),
    ],
)
def test_what_the_file_raises_is_told_with_its_line(tmp_path, text, words):
    message = told(tmp_path, text)
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize("name", file.CLOCKS)
def test_a_file_that_replaces_a_clock_is_refused_and_the_clock_is_put_back(tmp_path, name):
    clock = getattr(time, name)
    text = f"import time\ntime.{name} = lambda: 0\ndef torch_model():\n    pass\n"
    assert f"replaces time.{name}" in told(tmp_path, text)
    assert getattr(time, name) is clock
