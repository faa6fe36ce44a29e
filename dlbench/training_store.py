"""Trainings on disk: `results/<id>/training.json` and `trainings.jsonl`, written as they come.

As store.py for runs, whose rules hold here too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from dlbench import store
from dlbench.layers import Record
from dlbench.trainings import TrainingResult, TrainingRun

_, HEAD_FILE = store.HEADS
RESULTS_FILE = "trainings.jsonl"


class Trained(Record, frozen=True):
    """A run and its trainings. warnings: what was wrong with the files but could be mended."""

    run: TrainingRun
    results: tuple[TrainingResult, ...]
    warnings: tuple[str, ...] = ()


class TrainingFolder:
    """The folder of a run that is going on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def append(self, result: TrainingResult) -> None:
        """Write one line, and see that it reaches the file."""
        self._stream.write(msgspec.json.encode(result) + b"\n")
        self._stream.flush()


@contextmanager
def writing(path: Path, run: TrainingRun) -> Iterator[TrainingFolder]:
    """Write the head, then take the trainings one by one."""
    (path / HEAD_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(run)) + b"\n")
    with open(path / RESULTS_FILE, "ab") as stream:
        yield TrainingFolder(stream)


def is_training(folder: Path) -> bool:
    """Whether the folder is of `dlbench train`."""
    return (folder / HEAD_FILE).is_file()


def read_head(folder: Path) -> TrainingRun:
    """Read `training.json` alone; ResultsError if it cannot be read or is of a newer schema."""
    return store.read_record(folder / HEAD_FILE, TrainingRun)


def read(folder: Path) -> Trained:
    """Read a run; ResultsError if it cannot be read or is of a newer schema."""
    run = read_head(folder)
    lines, warnings = store.read_lines(folder / RESULTS_FILE, TrainingResult)
    # one that was being written when the user interrupted is there twice
    last = {(one.target, one.seed): one for one in lines}
    return Trained(run, tuple(last.values()), warnings)
