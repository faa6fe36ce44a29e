"""A worker never executes a file of the current folder: a stranger's folder is safe to run in."""

import sys
from contextlib import closing

import pytest

from dlbench.harness import wire
from dlbench.harness.supervisor.process import COMMAND, WorkerProcess
from dlbench.records.case import Target

START = wire.Start(Target("numpy", "cpu", "eager", "float32", 1), "")
LONG_S = 60.0

# What a worker, or NumPy for it, imports: a framework, and parts of the standard library.
IMPORTED = ("numpy", "torch", "random", "timeit", "json", "typing")

LEAVE_A_TRACE = 'open("executed-" + __name__, "w").close()\nraise SystemExit(3)\n'


@pytest.fixture
def strange_folder(tmp_path, monkeypatch):
    """The current folder, full of files with well-known names."""
    for name in IMPORTED:
        (tmp_path / f"{name}.py").write_text(LEAVE_A_TRACE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_worker_does_not_execute_files_of_the_current_folder(strange_folder):
    with closing(WorkerProcess({})) as worker:
        worker.tell(START)
        assert isinstance(worker.hear(LONG_S), wire.Ready)
    assert list(strange_folder.glob("executed-*")) == []


def test_nor_does_a_process_that_a_worker_starts(strange_folder):
    run = "subprocess.run([sys.executable, '-c', 'import timeit'])"
    script = f"import subprocess, sys; sys.exit({run}.returncode)"
    with closing(WorkerProcess({}, command=(sys.executable, "-P", "-c", script))) as worker:
        heard = worker.hear(LONG_S)
    assert "exit code 0" in heard.reason
    assert list(strange_folder.glob("executed-*")) == []


def test_the_test_would_notice(strange_folder):
    unsafe = [word for word in COMMAND if word != "-P"]
    with closing(WorkerProcess({"PYTHONSAFEPATH": ""}, command=unsafe)) as worker:
        worker.tell(START)
        worker.hear(LONG_S)
    assert list(strange_folder.glob("executed-*"))
