"""A copy of the package to which a test adds files, with its command line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import dlbench

# Folders in which every member is found by its name.
FAMILIES = (
    "backends",
    "charts",
    "checks",
    "commands",
    "datasets",
    "formats",
    "networks",
    "workloads",
)


class PackageCopy:
    """The package as it is on disk, copied into a folder of the test.

    folder: the folder of the test; place: the folder below it that Python imports from.
    """

    def __init__(self, folder):
        self.folder, self.place = folder, folder / "place"
        ignored = shutil.ignore_patterns("__pycache__")
        source = Path(dlbench.__file__).parent
        shutil.copytree(source, self.place / "dlbench", ignore=ignored)

    def add(self, path, text):
        """Write a new file, such as `dlbench/charts/pie.py`."""
        file = self.place / path
        assert not file.exists()
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.lstrip(), encoding="utf-8")

    def run(self, *arguments):
        """Run the command line of the copy; return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "dlbench", *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(self.place), "COLUMNS": "200"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def measure(self, *arguments):
        """Run `dlbench run` with the least effort; return the measurements without the nulls."""
        results = self.folder / "results"
        effort = ("--rigor", "quick", "--generations", 1, "--budget", 20, "--threads", 1)
        self.run("run", *arguments, *effort, "--dtype", "float32", "--results", results)
        [file] = results.rglob("measurements.jsonl")
        lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        return [line for line in lines if "null" not in line["case"]]
