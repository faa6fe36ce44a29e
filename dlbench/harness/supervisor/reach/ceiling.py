"""The fastest matrix product of a device: searches, then measures the best ones again in turns."""

from collections.abc import Callable, Generator, Sequence

from dlbench.harness.supervisor.case import CaseRun
from dlbench.harness.supervisor.probe import Probe, blocks_of, fastest_s, median_s
from dlbench.harness.supervisor.reach.search import Search, Trial
from dlbench.records.case import Case, Workload
from dlbench.records.machine.hardware import Kinded
from dlbench.records.machine.roofs import Ceiling
from dlbench.records.measurement import Notice
from dlbench.workloads.base import kind_named

# What is done, with the share of the time that has passed; then the result.
Steps = Generator[tuple[str, float] | Ceiling | Notice, None, None]

# The share of the time in which the best products are measured again.
AGAIN_SHARE = 0.25
# They have so many turns at least, even if the time is up.
LEAST_TURNS = 2


class CeilingRun:
    """One search. targets: those that may have it; end: when it ends, by the clock.

    most_elements: of the operands and the result of a product.
    """

    def __init__(
        self,
        probe: Probe,
        targets: Sequence[Kinded],
        most_elements: int,
        clock: Callable[[], float],
        end: float,
    ) -> None:
        self.probe, self.clock = probe, clock
        self.kinds = dict(targets)
        self.search = Search([target for target, _ in targets], most_elements)
        self.ready: dict[Trial, CaseRun] = {}
        self.began, self.end = clock(), end

    @property
    def near(self) -> set[str]:
        """Return the backends of the products near the fastest one."""
        return {trial.target.backend for trial in self.search.finalists()}

    def measure(self) -> Steps:
        """Yield what is done and its share of the time, then the Ceiling; else a Notice why not."""
        end = self.end - AGAIN_SHARE * (self.end - self.began)
        while trial := self.search.next(end - self.clock()):
            yield _words(trial), self._part
            failure = self._try(trial)
            if failure is not None:
                yield Notice(f"Not measured: {_words(trial)} on {trial.target.id}: {failure}")
            self._release_all_but(self.search.finalists())
        yield from self._again()
        if self.search.best is not None:
            yield self._result(self.search.best)
        self._release_all_but(())

    @property
    def _part(self) -> float:
        whole_s = self.end - self.began
        return min(1.0, (self.clock() - self.began) / whole_s) if whole_s > 0 else 1.0

    def _try(self, trial: Trial) -> str | None:
        """Measure a product; return why it failed, None if it did not."""
        workload = _workload(trial)
        case = Case(workload, trial.target, self.kinds[trial.target])
        case_run = self.probe.ready(case)
        self.ready[trial] = case_run
        if case_run.status == "ok":
            self.probe.time(case_run)
        return self._tell(trial, case_run)

    def _tell(self, trial: Trial, case_run: CaseRun) -> str | None:
        """Tell the search the rate of the fastest block, or that there is none."""
        if case_run.status != "ok":
            self.search.tell(trial, None)
            return case_run.reason
        self.search.tell(trial, trial.flops / fastest_s(case_run.samples))
        return None

    def _again(self) -> Steps:
        """Time the best products again, in turns, until the time is up."""
        turns = 0
        while (best := self._living()) and (turns < LEAST_TURNS or self.clock() < self.end):
            turns += 1
            for trial in best:
                yield f"{_words(trial)} again", self._part
                self.probe.time(self.ready[trial])
                if failure := self._tell(trial, self.ready[trial]):
                    yield Notice(f"Not measured: {_words(trial)} on {trial.target.id}: {failure}")

    def _living(self) -> list[Trial]:
        """Return the best products whose workers have not failed since."""
        return [one for one in self.search.finalists() if one not in self.search.failed]

    def _release_all_but(self, kept: Sequence[Trial]) -> None:
        """Free the memory of the products that will not be measured again."""
        for trial in [trial for trial in self.ready if trial not in kept]:
            self.probe.release(self.ready.pop(trial))

    def _result(self, trial: Trial) -> Ceiling:
        samples = self.ready[trial].samples
        m, n, k = trial.shape
        return Ceiling(
            target=trial.target,
            m=m,
            n=n,
            k=k,
            gflops=1e-9 * trial.flops / fastest_s(samples),
            median_gflops=1e-9 * trial.flops / median_s(samples),
            tried=len(self.search.rates),
            blocks=blocks_of(samples),
        )


def _workload(trial: Trial) -> Workload:
    m, n, k = trial.shape
    params: dict[str, int | str] = {"m": m, "n": n, "k": k}
    return Workload("matmul", params, kind_named("matmul").work(params, {}))


def _words(trial: Trial) -> str:
    """Return a product for people: `1024` or `1024×2048×1024`, and its framework."""
    sides = _workload(trial).axes.values()
    return f"{'×'.join(map(str, sides))} with {trial.target.backend} {trial.target.mode}"
