"""The command, with real workers, where a system gives less than most: it measures all the same."""

import os
import subprocess
import sys

import pytest

from dlbench.results.find import folders
from dlbench.results.folder import read_run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="locales and terminals of POSIX")

SUITE = """
about = "caf\u00e9: as small as a suite can be"

[targets]
backend = "numpy"
threads = 1

[sampling]
rigor = "quick"
blocks = 3
block_s = 0.001
warmup_s = 0.001
stretch_s = 0.01

[[workload]]
kind = "matmul"
size = 8
"""

# What Python and the libraries need to be found at all.
NEEDED = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
USUAL = {
    **NEEDED,
    "HOME": "/",
    "PATH": os.defpath,
    "TERM": "xterm",
    "LC_ALL": "C.UTF-8",
    "DLBENCH_CACHE": "CACHE",
}


def without(*names):
    return {name: value for name, value in USUAL.items() if name not in names}


@pytest.fixture
def measured(tmp_path):
    """Measure in these surroundings: what is printed, and the folder of the run."""
    suite = tmp_path / "small.toml"
    suite.write_text(SUITE, encoding="utf-8")
    cache = tmp_path / "cache"
    cache.mkdir()

    def run(environment, cache=cache):
        given = {**environment}
        if "DLBENCH_CACHE" in given:
            given["DLBENCH_CACHE"] = str(cache)
        command = [sys.executable, "-m", "dlbench", "run", str(suite), "--results", "results"]
        done = subprocess.run(command, env=given, cwd=tmp_path, capture_output=True, check=False)
        said = done.stderr.decode("utf-8", errors="replace")
        assert done.returncode == 0, said
        assert "Traceback" not in said
        (folder,) = folders(tmp_path / "results")
        assert {one.status for one in read_run(folder).measurements} == {"ok"}
        return done.stdout, said

    run.cache = cache
    return run


@pytest.mark.parametrize(
    "environment",
    [
        {**USUAL, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        without("HOME"),
        without("TERM"),
        {**USUAL, "TERM": "no-such-terminal"},
        {**NEEDED, "DLBENCH_CACHE": "CACHE"},
    ],
    ids=["locale C", "no HOME", "no TERM", "unknown TERM", "nothing"],
)
def test_a_run_in_poor_surroundings(measured, environment):
    shown, _ = measured(environment)
    assert b"matmul 8" in shown


def test_output_in_the_locale_c_is_ascii(measured):
    environment = {**USUAL, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    shown, said = measured(environment)
    assert shown.isascii()
    assert said.isascii()


def test_a_cache_folder_that_cannot_be_written_is_told_and_nothing_else(measured):
    if os.geteuid():
        measured.cache.chmod(0o500)
        _, said = measured(USUAL)
    else:  # nothing is closed to root
        measured.cache.rmdir()
        measured.cache.touch()
        _, said = measured(USUAL)
    assert "cannot be written" in said
    assert "so later runs learn nothing" in " ".join(said.split())
