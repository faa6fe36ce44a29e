"""dlbench against pytest-benchmark, pyperf and torch.utils.benchmark: `python bench/peers`.

Measures all of them on the same steps in equal wall time, quiet and beside a competing load, and
prints the figures against what they must be. What has been measured is written down at once;
--resume goes on with an interrupted sitting.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import frameworks
import msgspec
import tables
from ours import Dlbench, Rules, as_settings, judge_again
from schedule import PARTS, TOOLS, Pairs, comparisons
from sitting import STANDARD, Sitting, Thoroughness, head
from theirs import tools

import records
from dlbench import __version__
from dlbench.machine import environment
from dlbench.plan.targets import read_declarations

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results" / "peers"
DOCUMENT = ROOT / "docs" / "measuring.md"
ALL_PARTS = (*PARTS, "standard")
PEERS = ("pyperf", "pytest-benchmark", "torch", "tensorflow", "jax", "numpy")

QUICK = Pairs(
    aa=1,
    aa_load=1,
    inside=1,
    inside_load=1,
    slow_3=0,
    slow_5=1,
    slow_10=0,
    frameworks=0,
    peers=1,
    peers_load=1,
    peers_slow=0,
)
SECONDS, QUICK_SECONDS = 7.5, 6.0
QUICK_TRUTH = Thoroughness(
    attempts=1,
    search_s=2,
    search_generations=1,
    truth_s=1,
    truth_generations=2,
    loops_s=4,
    loops_generations=2,
)


def options() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(prog="python bench/peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test: few short pairs")
    parser.add_argument("--part", action="append", choices=ALL_PARTS, help="only this; repeatable")
    parser.add_argument("--tool", action="append", choices=TOOLS, help="only this; repeatable")
    parser.add_argument("--out", type=Path, help="the result, a .json; results/peers/<time>.json")
    parser.add_argument(
        "--resume", action="store_true", help="go on with --out, or with the latest"
    )
    parser.add_argument("--seconds", type=float, help="wall time of a comparison")
    parser.add_argument("--threads", type=int, default=environment.usable_cores())
    for name, count in asdict(Pairs()).items():
        flag = f"--pairs-{name.replace('_', '-')}"
        parser.add_argument(flag, type=int, help=f"pairs; {count}", dest=name, metavar="N")
    for name, value in as_settings(Rules()).items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=type(value), default=value, help=f"of dlbench; {value}")
    parser.add_argument("--show", action="store_true", help="print --out, or the latest, again")
    parser.add_argument(
        "--judge-again",
        action="store_true",
        help="as --show, with today's statistics on the stored blocks, which the table then says",
    )
    parser.add_argument(
        "--write-docs", action="store_true", help=f"as --show, into {DOCUMENT.name}"
    )
    return parser


def main() -> None:
    """Measure, or show."""
    asked = options().parse_args()
    if asked.show or asked.write_docs or asked.judge_again:
        results = stored(place(asked, new=False))
        if asked.judge_again:
            results["comparisons"] = [judge_again(one) for one in results["comparisons"]]
            results["judged"] = f"dlbench {__version__}{_commit()}"
        print(tables.table(results))
        if asked.write_docs:
            write(DOCUMENT, results)
        return
    out = place(asked, new=not asked.resume)
    try:
        measure(asked, out)
    except KeyboardInterrupt:
        print(f"\nInterrupted; to go on: python bench/peers --resume --out {out}", file=sys.stderr)
        sys.exit(130)


def stored(out: Path) -> records.Record:
    """The results; of a sitting that has not ended, those there are."""
    if out.exists():
        return dict(json.loads(out.read_text(encoding="utf-8")))
    found = records.results(records.read(out.with_suffix(".jsonl")))
    if not found["head"]:
        sys.exit(f"There are no results in {out}.")
    return found


def write(document: Path, results: records.Record) -> None:
    """Put the table into the document; without a place for it, end with what is missing."""
    try:
        tables.write(document, results)
    except (OSError, ValueError) as error:
        sys.exit(f"{document} is left as it is: {error}")


def place(asked: argparse.Namespace, *, new: bool) -> Path:
    """The file of the results: the one asked for, a new one, or the latest."""
    if asked.out:
        return Path(asked.out).with_suffix(".json")  # its lines are meant as well
    if new:
        return RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    # an interrupted sitting has only its lines
    found = sorted({path.with_suffix(".json") for path in RESULTS.glob("*.json*")})
    if not found:
        sys.exit(f"There are no results in {RESULTS}.")
    return found[-1]


def measure(asked: argparse.Namespace, out: Path) -> None:
    """The whole sitting; the table at its end."""
    lines = out.with_suffix(".jsonl")
    if records.read(lines) and not asked.resume:
        sys.exit(f"{lines} exists; --resume goes on with it.")
    if not records.read(lines):
        records.append(lines, _head(settings_of(asked)))
    # who goes on does so as it was begun
    begun = records.results(records.read(lines))["head"]
    if begun["versions"] != _versions():
        sys.exit(f"{lines} was begun with {begun['versions']}; now it is {_versions()}.")
    settings = begun["settings"]
    ours = Dlbench(settings["threads"], Rules(**settings["dlbench"]))
    sitting = Sitting(lines, ours, tools(settings["threads"]), say)
    planned = comparisons(
        Pairs(**settings["pairs"]), settings["seconds"], settings["parts"], settings["tools"]
    )
    say(f"{len(planned)} comparisons, {sum(one.seconds for one in planned) / 60:.0f} minutes")
    how = QUICK_TRUTH if settings["quick"] else Thoroughness()
    if any(one.slow_down for one in planned):
        sitting.establish(how)
    if any(one.part in frameworks.PAIRS for one in planned):
        sitting.establish_frameworks(how)
    sitting.size(planned)
    sitting.compare(planned)
    if "standard" in settings["parts"]:
        sitting.standard(STANDARD)
    results = sitting.results
    out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(tables.table(results))
    print(f"Results: {out}")


def settings_of(asked: argparse.Namespace) -> records.Record:
    """What was asked for, and what holds where nothing was."""
    counts = {name: vars(asked)[name] for name in asdict(Pairs())}
    pairs = replace(
        QUICK if asked.quick else Pairs(),
        **{name: count for name, count in counts.items() if count is not None},
    )
    every = PARTS if asked.quick else ALL_PARTS  # a standard run takes minutes
    rules = {name: vars(asked)[name] for name in as_settings(Rules())}
    return {
        "quick": asked.quick,
        "threads": asked.threads,
        "seconds": asked.seconds or (QUICK_SECONDS if asked.quick else SECONDS),
        "pairs": asdict(pairs),
        "parts": asked.part or list(every),
        "tools": asked.tool or list(TOOLS),
        "dlbench": rules,
    }


def _head(settings: records.Record) -> records.Record:
    machine = environment.capture(read_declarations())
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return head(started, msgspec.to_builtins(machine), _versions(), settings)


def _versions() -> dict[str, str]:
    return {"dlbench": f"{__version__}{_commit()}", **{name: version(name) for name in PEERS}}


def _commit() -> str:
    """Which sources were measured, where git tells; `+` where they are changed."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"]
    try:
        return (
            " " + subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        )
    except (OSError, subprocess.CalledProcessError):
        return ""


def say(text: str) -> None:
    """Tell of progress, at once."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
