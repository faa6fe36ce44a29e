"""Exercise every path that needs a GPU, in at most ten minutes: `python bench/device/check.py`.

Each item is a file of items/. It runs in a process of its own, with a time limit of its own, and
what came of it is written to the JSON file before the next one begins: a machine that is lost in
between loses one item. The order is that of need: what all else rests on comes first.

--only 3,4    these items alone
--budget 540  seconds for all; an item that no longer fits is null
--fake        without a card, on fakes of known truth: the plan, the limits and the file are tested
--out FILE    the JSON file; check.json unless told otherwise

It never changes clocks, power, compute mode or MIG. The exit code is 0 if no item is `not`.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

BUDGET_S = 540.0

# An item may take so many times as long as planned, and is not begun in less than this share of it.
LIMIT, LEAST = 2.0, 0.5

# The longest reason that a line shows; the file has all of it.
LONGEST = 200


def items() -> list[ModuleType]:
    """The items by number."""
    names = [path.stem for path in (HERE / "items").glob("[!_]*.py")]
    return sorted((import_module(f"items.{name}") for name in names), key=lambda one: one.NUMBER)


def look(name: str, *, fake: bool) -> dict[str, Any]:
    """What the item of this name sees, in this process; an error is why it is null."""
    try:
        if not fake:
            from card import Card

            return dict(import_module(f"items.{name}").look(Card()))
        sys.path.insert(0, str(ROOT / "tests"))
        from fakes.told_card import TOLD

        if name in TOLD:
            return TOLD[name]
        from fakes.card import looked

        return dict(looked(import_module(f"items.{name}")))
    except Exception as error:  # noqa: BLE001 - whatever a framework raises is told
        return {"null": f"{type(error).__name__}: {error}"}


def look_apart(item: ModuleType, limit_s: float, *, fake: bool) -> dict[str, Any]:
    """What the item sees, in a process of its own."""
    name = item.__name__.rpartition(".")[2]
    with tempfile.NamedTemporaryFile(suffix=".json") as told, tempfile.TemporaryFile() as log:
        words = ["--child", name, "--out", told.name, *(["--fake"] if fake else [])]
        child = subprocess.Popen(
            [sys.executable, str(Path(__file__)), *words],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            child.wait(limit_s)
        except subprocess.TimeoutExpired:
            return {"null": f"it took longer than its limit of {limit_s:.0f} s"}
        finally:
            end(child)
        if text := Path(told.name).read_text(encoding="utf-8"):
            return json.loads(text)
        log.seek(0)
        last = log.read().decode(errors="replace").strip().rpartition("\n")[2]
        return {"null": f"its process ended with {child.returncode}: {last}"}


def end(child: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started in its session."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def check(item: ModuleType, left_s: float, *, fake: bool) -> dict[str, Any]:
    """Look and judge; return what the file holds of the item."""
    began = time.monotonic()
    if reason := getattr(item, "NULL", ""):
        facts = {"null": reason}
    elif left_s < LEAST * item.SECONDS:
        facts = {"null": f"no time left: it takes {item.SECONDS} s"}
    else:
        facts = look_apart(item, min(LIMIT * item.SECONDS, left_s), fake=fake)
    outcome, reason = ("null", facts["null"]) if "null" in facts else item.judge(facts)
    return {
        "number": item.NUMBER,
        "checks": item.CHECKS,
        "outcome": outcome,
        "reason": reason,
        "seconds": round(time.monotonic() - began, 3),
        "facts": facts,
    }


def write(path: Path, found: dict[str, Any]) -> None:
    """Write the file so that it is always whole."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
    beside.replace(path)


def line(one: dict[str, Any]) -> str:
    """`3  reached: ...`, in one line."""
    reason = " ".join(one["reason"].split())
    short = reason if len(reason) <= LONGEST else f"{reason[: LONGEST - 2]} …"
    return f"{one['number']:2}  {one['checks']}: {one['outcome']}: {short}"


def chosen(words: str | None, every: Sequence[ModuleType]) -> list[ModuleType]:
    """The items with these numbers; SystemExit for a number that no item has."""
    if words is None:
        return list(every)
    allowed = [str(item.NUMBER) for item in every]
    wanted = [word.strip() for word in words.split(",")]
    if unknown := [word for word in wanted if word not in allowed]:
        sys.exit(f"check.py: no item {', '.join(unknown)}. Allowed: {', '.join(allowed)}")
    return [item for item in every if str(item.NUMBER) in wanted]


def run(asked: argparse.Namespace) -> int:
    """Check the items in order; return the exit code."""
    every, began = chosen(asked.only, items()), time.monotonic()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    found: dict[str, Any] = {"started": started, "fake": asked.fake, "items": []}
    for item in every:
        left_s = asked.budget - (time.monotonic() - began)
        found["items"].append(check(item, left_s, fake=asked.fake))
        found["seconds"] = round(time.monotonic() - began, 3)
        write(asked.out, found)
        print(line(found["items"][-1]), flush=True)
    return int(any(one["outcome"] == "not" for one in found["items"]))


def main() -> int:
    """Read the options; be the child that looks, or the parent that judges."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", metavar="NUMBERS")
    parser.add_argument("--budget", type=float, default=BUDGET_S, metavar="SECONDS")
    parser.add_argument("--fake", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("check.json"), metavar="FILE")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child is None:
        return run(asked)

    facts = look(asked.child, fake=asked.fake)
    asked.out.write_text(json.dumps(facts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
