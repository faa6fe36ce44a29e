"""The exceptions of dlbench, each with the exit code that it ends the command with.

    DlbenchError
    ├── UsageError         2   the user asked for something that is not there or not allowed
    │   └── Unavailable    -   the same, met inside a worker: the case is skipped with the message
    ├── PlacementError     -   a tensor is not where, or not of the type, that the case says
    ├── UnreadableResults  5   a results folder that cannot be read
    └── Unwritable         6   the system refuses: a full disk, too many open files

Exit codes 1 (some case failed), 3 and 4 (a gate has failed, or cannot tell) and 130 (interrupted)
are outcomes and not exceptions.
"""

import errno
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Self

EXIT_FAILED_CASES = 1
EXIT_USAGE = 2
EXIT_SLOWER = 3
EXIT_UNSURE = 4
EXIT_UNREADABLE = 5
EXIT_UNWRITABLE = 6
EXIT_INTERRUPTED = 130


class DlbenchError(Exception):
    """Any error whose message is meant for the user, without a traceback.

    value: the wrong value, None without one; allowed: the values that are allowed; hint: the next
    step. Programs read these attributes; `str(error)` is the whole message.
    """

    exit_code = EXIT_USAGE

    def __init__(
        self, what: str, *, value: object = None, allowed: str = "", hint: str = ""
    ) -> None:
        """Make the message of what was wrong, the value, what is allowed and what to do next."""
        parts = [what if value is None else f"{what}: {value!r}"]
        parts += [f"Allowed: {allowed}"] if allowed else []
        parts += [hint] if hint else []
        super().__init__(" ".join(map(_sentence, parts)))
        self.value, self.allowed, self.hint = value, allowed, hint

    @classmethod
    def worded(cls, text: str, *, value: object = None, allowed: str = "", hint: str = "") -> Self:
        """Return the error with a message of its own, which already tells the other parts."""
        error = cls(text)
        error.value, error.allowed, error.hint = value, allowed, hint
        return error

    def at(self, place: str) -> Self:
        """Return the same error, with the place in front of its message."""
        text = f"{place}: {self}"
        return self.worded(text, value=self.value, allowed=self.allowed, hint=self.hint)


def _sentence(part: str) -> str:
    return part if part.endswith("?") else part.rstrip(".") + "."


class UsageError(DlbenchError):
    """The user asked for something that does not exist or is not allowed."""


NO_ALIASES: Mapping[str, str] = MappingProxyType({})


def unknown(
    what: str,
    word: str,
    names: Iterable[str],
    *,
    allowed: str = "",
    aliases: Mapping[str, str] = NO_ALIASES,
) -> UsageError:
    """The error for a name that is none of `names`, with the one that is probably meant.

    allowed: what to say in place of the list of names; aliases: other words, in small letters,
    each with the name that it means.
    """
    known = list(names)
    by_small_letters = {**aliases, **{name.lower(): name for name in known}}
    near = _nearest(word.lower(), by_small_letters)
    hint = f"Did you mean {near!r}?" if near else ""
    return UsageError(f"unknown {what}", value=word, allowed=allowed or ", ".join(known), hint=hint)


# A beginning must be more alike than a whole name (0.6 by default): it says less.
LIKE_A_BEGINNING = 0.75


def _nearest(word: str, names: Mapping[str, str]) -> str | None:
    """The name whose key is most like the word, or begins most like it: `mnits`, `mnist-512`."""
    if near := get_close_matches(word, names, n=1):
        return names[near[0]]
    beginnings = {key[: len(word)]: name for key, name in [*names.items()][::-1] if word}
    near = get_close_matches(word, beginnings, n=1, cutoff=LIKE_A_BEGINNING)
    return beginnings[near[0]] if near else None


class Unwritable(DlbenchError):
    """The system refuses what nobody can do anything about but its owner, such as a full disk."""

    exit_code = EXIT_UNWRITABLE


# What to do where the system refuses, by its error number. Other numbers are mistakes in a path.
REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOSPC: "Free some space there",
        getattr(errno, "EDQUOT", errno.ENOSPC): "Free some space there",
        errno.EFBIG: "Allow larger files: ulimit -f",
        errno.EIO: "The disk or the terminal does not answer: look at it",
        errno.EMFILE: "Allow more open files, such as: ulimit -n 1024",
        errno.ENFILE: "Close other programs: the system has no file left to open",
        errno.ENOMEM: "Free some memory",
    }
)


def unwritable(what: str, folder: Path, error: OSError, *, option: str = "") -> DlbenchError:
    """Return the error for a folder that cannot be written; option: what chooses another one."""
    another = f"hoose another folder with {option}" if option else "hoose another folder"
    text = f"cannot write {what} ({error.strerror})"
    if remedy := REMEDIES.get(error.errno or 0):
        return Unwritable(text, value=str(folder), hint=f"{remedy}, or c{another}")
    return UsageError(text, value=str(folder), hint=f"C{another}")


def refused(error: OSError) -> Unwritable:
    """Return the error for whatever the system refuses, wherever that was."""
    what = f"the system refuses ({error.strerror or error})"
    remedy = REMEDIES.get(error.errno or 0, "Look at the disk, at TMPDIR and at: ulimit -a")
    return Unwritable(what, value=error.filename, hint=remedy)


class Unavailable(UsageError):
    """The target is not available on this machine; its cases are skipped with this reason."""


class PlacementError(DlbenchError):
    """A tensor lies on another device, or has another type, than the case says."""


class UnreadableResults(DlbenchError):
    """A results folder is damaged, foreign, or was written by a newer dlbench."""

    exit_code = EXIT_UNREADABLE


# A reason stands in a footnote of a table: longer ones are in the worker's log.
LONGEST_REASON = 300


def one_line(error: Exception) -> str:
    """Return the message of any exception, shortened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
    return text[:LONGEST_REASON]
