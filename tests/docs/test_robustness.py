"""The table of docs/robustness.md is that of stored trials; running this file writes it anew.

`test_robustness.py FIGURES` reads what tests have written there (fakes/figures.py), stores it in
docs/robustness.json, and writes the table; without FIGURES it writes the table alone.
"""

import json
import platform
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "robustness.md"
STORED = ROOT / "docs" / "robustness.json"

BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->"
HEADS = ("what was tried", "how often", "held", "figures")

Trial = Mapping[str, Any]
Line = tuple[str, int | str, int | str, str]


def counted(trials: Iterable[Trial], when: str) -> dict[str, Any]:
    """Add up trials: a line for each kind. when: the date."""
    of: dict[str, list[Trial]] = {}
    for one in trials:
        kind = f"{one['what']} {one['workers']}" if one["what"] == "kill" else one["what"]
        of.setdefault(kind, []).append(one)
    return {
        "date": when,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        **{kind: _sums(found) for kind, found in of.items()},
    }


def _sums(trials: list[Trial]) -> dict[str, Any]:
    """Trials, those that held, sums of whole numbers, and the middle and the end of times."""
    found: dict[str, Any] = {"tried": len(trials), "held": sum(one["held"] for one in trials)}
    for name in dict.fromkeys(name for one in trials for name in one if name != "held"):
        values = [one[name] for one in trials if name in one]
        if name in {"fault", "order", "work", "test"}:
            found[f"{name}s"] = len({*values})
        elif isinstance(values[0], float):
            found[name] = {"median": round(median(values), 2), "most": round(max(values), 2)}
        elif isinstance(values[0], int) and name != "number":
            found[name] = sum(values)
    if "order" in trials[0]:
        found["orders"] = len({(one["work"], one["order"]) for one in trials})
    return found


def table(found: Mapping[str, Any]) -> str:
    """A line for every kind of trial that there is."""
    lines = [line(found[kind]) for kind, line in LINES.items() if kind in found]
    rows = (HEADS, ["---"] * len(HEADS), *lines)
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in rows)


def _faults(found: Trial) -> Line:
    lost = found["lost_s"]
    return (
        f"a worker goes wrong: {found['faults']} faults, at {found['orders']} orders",
        found["tried"],
        found["held"],
        f"seconds lost: mostly {lost['median']:g}, at most {lost['most']:g}; processes left: 0",
    )


def _fake_kills(found: Trial) -> Line:
    what = "SIGKILL of a run with fake workers, at random moments, and resumed"
    return what, found["kills"], _all_or_nothing(found, found["kills"]), _lost(found)


def _real_kills(found: Trial) -> Line:
    return (
        "SIGKILL of a run with real workers, and resumed",
        found["kills"],
        _all_or_nothing(found, found["kills"]),
        f"{_lost(found)}; processes left after 3 s: {found['orphans']}",
    )


def _signals(found: Trial) -> Line:
    slowest = found["seconds"]["most"]
    return (
        "SIGINT, SIGTERM, SIGHUP to a run with real workers",
        found["tried"],
        found["held"],
        f"seconds to the end: {slowest:g}; processes left: {found['orphans']}",
    )


def _inputs(found: Trial) -> Line:
    return (
        f"odd inputs: suites, results, data, arguments, messages ({found['tests']} tests)",
        f"{found['inputs']:,}",
        f"{found['inputs'] - found['tracebacks']:,}",
        f"tracebacks: {found['tracebacks']}",
    )


def _lost(found: Mapping[str, Any]) -> str:
    return f"measurements lost: {found['lost']}, twice: {found['twice']}"


def _all_or_nothing(found: Mapping[str, Any], kills: int) -> int:
    """The kills after which all was well: a trial kills one run several times."""
    return kills if found["held"] == found["tried"] else 0


LINES: Mapping[str, Callable[[Trial], Line]] = {
    "fault": _faults,
    "kill fake": _fake_kills,
    "kill real": _real_kills,
    "signal": _signals,
    "inputs": _inputs,
}


# A machine that does much else may take longer than two seconds to end a run.
MUST_HOLD = LINES.keys() - {"signal"}


def text() -> str:
    """What stands between the marks of the page."""
    found = json.loads(STORED.read_text(encoding="utf-8"))
    return f"{found['date']}, Python {found['python']}, {found['system']}:\n\n{table(found)}"


def test_the_table_of_the_page_is_that_of_the_stored_trials() -> None:
    shown = re.search(f"{BEGIN}(.*){END}", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    assert shown[1] == text()


def test_what_was_promised_was_tried() -> None:
    found = json.loads(STORED.read_text(encoding="utf-8"))
    assert found["fault"]["faults"] >= 25
    # 60 moments are drawn; some come after the end of a run that goes on
    assert found["kill fake"]["kills"] + found["kill real"]["kills"] >= 40
    assert found["signal"]["orphans"] == 0
    assert all(found[kind]["held"] == found[kind]["tried"] for kind in MUST_HOLD if kind in found)


TRIALS = [
    {
        "what": "fault",
        "fault": "hangs",
        "work": "run",
        "order": "turn",
        "lost_s": 0.25,
        "held": True,
    },
    {
        "what": "fault",
        "fault": "hangs",
        "work": "train",
        "order": "start",
        "lost_s": 2.0,
        "held": True,
    },
    {
        "what": "fault",
        "fault": "spins",
        "work": "run",
        "order": "start",
        "lost_s": 0.5,
        "held": False,
    },
    {"what": "kill", "workers": "fake", "kills": 3, "lost": 0, "twice": 0, "held": True},
    {"what": "kill", "workers": "fake", "kills": 2, "lost": 1, "twice": 0, "held": False},
    {
        "what": "kill",
        "workers": "real",
        "kills": 1,
        "lost": 0,
        "twice": 0,
        "orphans": 0,
        "held": True,
    },
    {"what": "signal", "number": 15, "seconds": 0.75, "orphans": 0, "held": True},
    {"what": "inputs", "test": "one", "inputs": 1500, "tracebacks": 0, "held": True},
    {"what": "inputs", "test": "two", "inputs": 2500, "tracebacks": 1, "held": True},
]


@pytest.mark.parametrize(
    "line",
    [
        "2 faults, at 3 orders | 3 | 2 | seconds lost: mostly 0.5, at most 2",
        "and resumed | 5 | 0 | measurements lost: 1, twice: 0 |",
        "| 1 | 1 | measurements lost: 0, twice: 0; processes left after 3 s: 0 |",
        "| 1 | 1 | seconds to the end: 0.75; processes left: 0 |",
        "(2 tests) | 4,000 | 3,999 | tracebacks: 1 |",
    ],
)
def test_trials_are_added_up(line: str) -> None:
    assert line in table(counted(TRIALS, "2026-11-29"))


def write(figures: list[str]) -> None:
    """Store what tests have written into these files, if any; write the table."""
    if figures:
        lines = [line for one in figures for line in Path(one).read_text("utf-8").splitlines()]
        found = counted(map(json.loads, lines), f"{datetime.now(UTC):%Y-%m-%d}")
        STORED.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(head + BEGIN + text() + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    write(sys.argv[1:])
