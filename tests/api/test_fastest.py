"""`fastest` of a file, with workers that follow a script; and what is read of a result."""

from contextlib import nullcontext

import pytest

from dlbench.api import fastest as api
from dlbench.api import run as api_run
from dlbench.errors import UsageError
from dlbench.machine import environment
from fakes.runs import ENVIRONMENT
from fakes.workers import Stable

FILE = 'loss = "mse"\ninputs = (4,)\n\n\ndef torch_model():\n    pass\n'


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "net.py"
    path.write_text(FILE, encoding="utf-8")
    monkeypatch.setattr(environment, "capture", lambda _: ENVIRONMENT)
    return path


def test_only_a_file_of_python_is_taken():
    with pytest.raises(UsageError, match="needs a file of Python: 'quick'"):
        api.fastest("quick")


def test_the_result_says_how_to_use_what_is_fastest(file, tmp_path, monkeypatch):
    stable = Stable({"torch": {}})
    monkeypatch.setattr(api_run, "Launcher", lambda *_, **__: nullcontext(stable.launch))
    result = api.fastest(file, results=tmp_path / "results", backend="torch", threads=1)
    assert result.run.plan.sampling.rigor == "quick"
    assert result.run.plan.sampling.budget_s == api.BUDGET_S
    assert result.run.plan.file == str(file)
    lines = api.how_to_use(result)
    assert lines
    assert all(
        line.startswith(("train_step net batch 32, ", "predict net batch 32, ")) for line in lines
    )
    with pytest.raises(UsageError, match="there is no script"):
        api.script(result)  # the workers of the test have no twin
