"""What a sitting has found so far, one JSON object a line, flushed as it comes.

The first line of a sitting is its head (machine, versions, settings); then `truth`, `sizes` and
one line for every comparison. A line torn by an interruption is left out.
"""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def read(path: Path) -> list[Record]:
    """All whole lines."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def append(path: Path, record: Record) -> None:
    """Write one line, after the end of a torn one, and see that it reaches the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(("\n" if torn else "") + json.dumps(record) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def results(found: list[Record]) -> Record:
    """The lines as one object: head, truth, loops, sizes and the comparisons.

    A comparison that was made again counts once; of anything else the last counts. held_s:
    seconds for which somebody held the sitting up; attempts: to find steps with the ratios wanted.
    """
    last = {line["kind"]: line for line in found if line["kind"] != "comparison"}
    comparisons = {key(line): line for line in found if line["kind"] == "comparison"}
    return {
        **{kind: last.get(kind) for kind in ("head", "truth", "loops", "sizes", "standard")},
        "comparisons": list(comparisons.values()),
        "held_s": sum(line["seconds"] for line in found if line["kind"] == "held"),
        "attempts": sum(line["kind"] == "truth" for line in found),
        "again": again(found),
    }


def again(found: list[Record]) -> dict[str, int]:
    """How many comparisons were made again, by tool: `failed` or `disturbed` before its name."""
    lines: dict[tuple[str, str, bool, int], list[Record]] = {}
    for line in found:
        if line["kind"] == "comparison":
            lines.setdefault(key(line), []).append(line)
    replaced = [line for same in lines.values() for line in same[:-1]]
    return dict(Counter(f"{_trouble(line)} {line['tool']}" for line in replaced))


def _trouble(line: Record) -> str:
    return "failed" if line["declared"] == "failed" else "disturbed"


def key(comparison: Record) -> tuple[str, str, bool, int]:
    """What makes a comparison this one."""
    return (
        comparison["part"],
        comparison["tool"],
        comparison["load"],
        comparison["index"],
    )
