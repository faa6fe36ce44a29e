"""A book: what runs on one machine have shown, in one JSON file; damage is no reason to fail."""

import hashlib
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from dlbench import files
from dlbench.machine.cache import folder
from dlbench.records.base import NOT_DECODED
from dlbench.records.run import Environment

DIGITS = 16

# A larger file is no book: one has some numbers for each target.
MOST_BYTES = 16 * 2**20

T = TypeVar("T")


def fingerprint(environment: Environment) -> str:
    """Return a short name of machine and software: what another one shows does not count."""
    env = environment
    versions = sorted(env.versions.items())
    facts = (env.cpu, env.cores, env.usable_cores, *env.gpus, env.system, versions)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:DIGITS]


class Book(Generic[T]):
    """A file with one record. name: of the file; record: its type."""

    def __init__(self, name: str, record: type[T]) -> None:
        self.name, self.record = name, record

    def read(self, environment: Environment) -> tuple[T | None, str]:
        """Return what the book says, None without one, and a note if it cannot be used."""
        path = self._path(environment)
        try:
            return msgspec.json.decode(files.read(path, MOST_BYTES), type=self.record), ""
        except FileNotFoundError:
            return None, ""
        except (OSError, *NOT_DECODED):
            return None, f"{path} is damaged and was ignored; the next run writes it anew"

    def write(self, environment: Environment, content: T) -> str:
        """Replace the book at once; return a note if that is not possible."""
        path = self._path(environment)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            files.replace(path, msgspec.json.encode(content))
        except OSError as error:
            return f"{path} cannot be written ({error.strerror}), so later runs learn nothing"
        return ""

    def _path(self, environment: Environment) -> Path:
        return folder() / f"{self.name}-{fingerprint(environment)}.json"
