"""Find a folder of results by its path, its id, the beginning of its id, or as the latest.

`latest~1` is the one before the latest.
"""

from pathlib import Path
from typing import Any

from dlbench.errors import UsageError
from dlbench.results.folder import KINDS, Kind, is_closed, kind_of

LATEST = "latest"

# `latest~2` is the one before the one before the latest, as in git.
BACK = "~"

# Of a larger number only so many digits count: nobody has that many runs.
MOST_DIGITS = 9

# A message names so many runs at most.
MOST_CHOICES = 5


def folders(results: Path, kinds: tuple[Kind[Any, Any], ...] = KINDS) -> list[Path]:
    """Return the folders of these kinds, oldest first, and those that are closed to the user."""
    try:
        there = sorted(results.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as error:  # closed to the user, too long, or no name at all
        what = f"cannot look into the results folder ({getattr(error, 'strerror', error)})"
        raise UsageError(what, value=str(results), hint="Choose it with --results DIR") from error
    return [path for path in there if any(kind.is_at(path) for kind in kinds) or is_closed(path)]


def find(asked: str, results: Path, kinds: tuple[Kind[Any, Any], ...] = KINDS) -> Path:
    """Return the folder of this name; `latest` is the newest of these kinds with a record.

    Raises UsageError if there is none or more than one, and UnreadableResults if a folder of this
    path holds no results.
    """
    if _is_folder_of_results(Path(asked)):
        return Path(asked)
    there = folders(results)
    back = _back(asked)
    matches = _matching(asked, there) if back is None else latest(results, kinds, back)
    if len(matches) == 1:
        return matches[0]
    for path in (Path(asked), results / asked):
        if not matches and back is None and _is_dir(path):
            kind_of(path)
    raise UsageError(
        f"{'several runs match' if matches else 'no run'} in {results}/",
        value=asked,
        allowed=_choices([folder.name for folder in matches or there]),
        hint="" if there else "Measure one with: dlbench run",
    )


def latest(results: Path, kinds: tuple[Kind[Any, Any], ...] = KINDS, back: int = 0) -> list[Path]:
    """Return the newest folder of these kinds with a record; an empty list if there is none.

    back: how many of them are newer than the one that is returned.
    """
    there = folders(results, kinds)
    open_ = (folder for folder in there if not is_closed(folder))
    good = [folder for folder in open_ if kind_of(folder).has_lines(folder)]
    return good[len(good) - 1 - back :][:1] if back < len(good) else []


def _back(asked: str) -> int | None:
    """Read `latest` as 0 and `latest~2` as 2; None for another name."""
    name, _, digits = asked.partition(BACK)
    if asked == LATEST:
        return 0
    is_number = digits.isascii() and digits.isdecimal()
    return int(digits[:MOST_DIGITS]) if name == LATEST and is_number else None


def _matching(asked: str, there: list[Path]) -> list[Path]:
    exact = [folder for folder in there if folder.name == asked]
    return exact or [folder for folder in there if folder.name.startswith(asked)]


def _is_folder_of_results(path: Path) -> bool:
    return any(kind.is_at(path) for kind in KINDS)


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # too long for a name, or in a folder that is closed to the user
        return False


def _choices(names: list[str]) -> str:
    if not names:
        return ""
    shown = names[-MOST_CHOICES:]
    more = f" and {len(names) - len(shown)} older" if len(names) > len(shown) else ""
    return f"a path, `latest`, or one of {', '.join(shown)}{more}"
