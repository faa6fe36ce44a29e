"""A book: what runs on one machine have shown, in one JSON file; damage is no reason to fail."""

import hashlib
import secrets
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from dlbench.machine.cache import folder
from dlbench.records.run import Environment

DIGITS = 16

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
            return msgspec.json.decode(path.read_bytes(), type=self.record), ""
        except FileNotFoundError:
            return None, ""
        except (OSError, ValueError, msgspec.MsgspecError):
            return None, f"{path} is damaged and was ignored; the next run writes it anew"

    def write(self, environment: Environment, content: T) -> str:
        """Replace the book at once; return a note if that is not possible."""
        path = self._path(environment)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            try:
                new.write_bytes(msgspec.json.encode(content))
                new.replace(path)
            finally:
                new.unlink(missing_ok=True)
        except OSError as error:
            return f"{path} cannot be written ({error.strerror}), so later runs learn nothing"
        return ""

    def _path(self, environment: Environment) -> Path:
        return folder() / f"{self.name}-{fingerprint(environment)}.json"
