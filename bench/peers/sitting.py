"""A sitting: the truth, the sizes, then all comparisons in turns, stored as they come."""

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import frameworks
import quiet
import truth
from load import competing
from ours import Dlbench, timed_s
from quiet import NOISY
from schedule import OURS, Comparison
from steps import SIZE
from theirs import Compared, Tool, as_record

import records
from dlbench.results.folder import read_run
from records import Record

# What a user who wants to know runs; its share of timed blocks is measured.
STANDARD = ("run", "quick", "--rigor", "standard")
# How often a comparison is made that fails or is disturbed, and a tool sized that is disturbed.
ATTEMPTS = 2
FINE = (0, 1)  # 1: a case failed, the rest was measured


@dataclass(frozen=True)
class Thoroughness:
    """How long, and how often, the truth is looked for."""

    attempts: int = 3
    search_s: float = 4.0
    search_generations: int = 5
    truth_s: float = 4.0
    truth_generations: int = 24
    loops_s: float = 12.0
    loops_generations: int = 6


def sized_as(tool: str, *, load: bool) -> str:
    """The name under which its sizes are kept."""
    return f"{tool} with load" if load else tool


class Sitting:
    """Goes on where the file of records ends."""

    def __init__(
        self,
        path: Path,
        ours: Dlbench,
        peers: Mapping[str, Tool],
        say: Callable[[str], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.path, self.ours, self.peers, self.say, self.clock = path, ours, peers, say, clock
        self.used = quiet.used

    @property
    def results(self) -> Record:
        """All that has been found so far."""
        return records.results(records.read(self.path))

    def establish(self, how: Thoroughness) -> None:
        """Find the slowed-down steps and their true ratios, unless that is done.

        On a busy machine the search may miss: then it is made again. What does not fit in the end
        is stored as it is, and no verdict rests on it (reached.py).
        """
        if self.results["truth"]:
            return
        threads = self.ours.threads
        for attempt in range(how.attempts):
            self.say("searching for the k of the slow-downs")
            ks = truth.search(threads, how.search_s, how.search_generations)
            self.say(f"establishing their true ratios, attempt {attempt + 1}: {ks}")
            found = truth.establish(ks, threads, how.truth_s, how.truth_generations)
            self._tell(found)
            records.append(self.path, found)
            if all(truth.fits(int(percent), one) for percent, one in found["slow"].items()):
                break
            self.say("that is not near enough: is the machine quiet?")

    def establish_frameworks(self, how: Thoroughness) -> None:
        """Find the true ratios of the frameworks by long loops, unless that is done."""
        if self.results["loops"]:
            return
        self.say("establishing the ratios of frameworks")
        threads = self.ours.threads
        found = frameworks.establish(threads, how.loops_s, how.loops_generations)
        records.append(self.path, found)
        for part, one in found["ratios"].items():
            self.say(f"{part}: {one['ratio']:.4f} [{one['low']:.4f}, {one['high']:.4f}]")

    def _tell(self, found: Record) -> None:
        for percent, one in {"0": found["itself"], **found["slow"]}.items():
            interval = f"{one['ratio']:.4f} [{one['low']:.4f}, {one['high']:.4f}]"
            self.say(f"true ratio of {percent} %: {interval}")

    def size(self, planned: Collection[Comparison]) -> None:
        """Let the peers find out what they must know for these, unless that is done.

        Beside the load too, where what they are asked for takes longer.
        """
        known = self.results["sizes"] or {"kind": "sizes"}
        wanted = dict.fromkeys((one.tool, one.load) for one in planned if one.tool in self.peers)
        for name, load in wanted:
            if sized_as(name, load=load) not in known:
                known = {**known, sized_as(name, load=load): self._size(name, load=load)}
                records.append(self.path, known)

    def _size(self, name: str, *, load: bool) -> Record:
        """Once more if strangers disturb it: all that the tool gets in this sitting rests on it."""
        sizes: Record = {}
        for attempt in range(ATTEMPTS):
            self.say(f"sizing {sized_as(name, load=load)}")
            before, began = self.used(), self.clock()
            with competing(attempt) if load else nullcontext():
                sizes = self.peers[name].size()
            others = quiet.others(before, self.used(), self.clock() - began)
            if others <= NOISY:
                break
            self.say(f"others kept {others:.2f} cores busy: {name} would get too little time")
        return sizes

    def compare(self, planned: Sequence[Comparison]) -> None:
        """Make all comparisons that are not there yet.

        Those that failed, and those that strangers disturbed, are made again, once, at the end.
        All lines stay in the file.
        """
        for _ in range(ATTEMPTS):
            lines = [one for one in records.read(self.path) if one["kind"] == "comparison"]
            made = Counter(map(records.key, lines))
            good = {records.key(one) for one in lines if _is_good(one)}
            again = [one for one in planned if one.key not in good and made[one.key] < ATTEMPTS]
            self._compare_all(again)

    def _compare_all(self, left: Sequence[Comparison]) -> None:
        began = self.clock()
        for number, one in enumerate(left):
            self._wait_while_paused()
            self._compare(one)
            spent = self.clock() - began
            to_go = sum(later.seconds for later in left[number + 1 :])
            self.say(
                f"{number + 1} of {len(left)}; {spent / 60:.0f} min, about {to_go / 60:.0f} to go"
            )

    def _wait_while_paused(self) -> None:
        """A file beside the records, of the same name with .pause, holds the sitting up."""
        began, pause = self.clock(), self.path.with_suffix(".pause")
        if not pause.exists():
            return
        while pause.exists():
            sleep(1)
        records.append(self.path, {"kind": "held", "seconds": self.clock() - began})

    def _compare(self, one: Comparison) -> None:
        """The load is the same for all tools that have this index."""
        before, began = self.used(), self.clock()
        with competing(one.index) if one.load else nullcontext():
            start = self.clock()
            found = self._found(one)
            seconds = self.clock() - start
        others = quiet.others(before, self.used(), self.clock() - began)
        record = {
            "kind": "comparison",
            "part": one.part,
            "tool": one.tool,
            "load": one.load,
            "index": one.index,
            "allowed_s": one.seconds,
            "seconds": seconds,
            "others": others,
            **as_record(found),
        }
        records.append(self.path, record)
        ratio = "no ratio" if found.ratio is None else f"{found.ratio:.4f}"
        interval = f" [{found.low:.4f}, {found.high:.4f}]" if found.low and found.high else ""
        self.say(
            f"{one.part}{' with load' if one.load else ''}, {one.tool} {one.index + 1}: "
            f"{ratio}{interval} {found.declared} ({seconds:.1f} s; others: {others:.2f} cores)"
            f"{_why(found)}"
        )

    def _found(self, one: Comparison) -> Compared:
        """A comparison that goes wrong is written down as such: the sitting goes on."""
        slow = one.slow_down
        k = SIZE if slow is None else int(self.results["truth"]["slow"][str(slow)]["k"])
        try:
            if one.tool == OURS:
                return self.ours.compare(one.part, k, one.seconds, one.index)
            sizes = self.results["sizes"][sized_as(one.tool, load=one.load)]
            return self.peers[one.tool].compare((SIZE, k), one.seconds, sizes)
        except Exception as error:  # noqa: BLE001 - whatever a tool raises
            return Compared(None, "failed", reason=f"{type(error).__name__}: {error}")

    def standard(self, words: Sequence[str] = STANDARD) -> None:
        """Measure how much of a whole run is spent in timed blocks, unless that is done."""
        if self.results["standard"]:
            return
        self.say(f"dlbench {' '.join(words)}")
        with tempfile.TemporaryDirectory(prefix="peers-") as folder:
            command = [sys.executable, "-P", "-m", "dlbench", *words, "--results", folder]
            start = self.clock()
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            seconds = self.clock() - start
            if ended.returncode not in FINE:
                self.say(f"it failed: {ended.stderr.strip().splitlines()[-1:]}")
                return
            [run] = Path(folder).iterdir()
            timed = timed_s(read_run(run).measurements)
        records.append(
            self.path,
            {
                "kind": "standard",
                "command": f"dlbench {' '.join(words)}",
                "seconds": seconds,
                "timed_s": timed,
            },
        )
        self.say(f"{timed:.0f} s of {seconds:.0f} s in timed blocks")


def _is_good(one: Record) -> bool:
    return one["declared"] != "failed" and one["others"] <= NOISY


def _why(found: Compared) -> str:
    wanted = found.declared in {"failed", "unsure"} and found.reason
    return f": {found.reason}" if wanted else ""


def head(started: str, machine: Any, versions: dict[str, str], settings: Record) -> Record:
    """The first line."""
    return {
        "kind": "head",
        "started": started,
        "size": SIZE,
        "machine": machine,
        "versions": versions,
        "settings": settings,
    }
