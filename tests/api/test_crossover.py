"""A crossover from its options to its answer, on scripted workers whose costs are known."""

import json
from contextlib import nullcontext

import pytest

import dlbench
from dlbench.api import crossover as api
from dlbench.api.invocation import Interrupted
from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED, EXIT_USAGE
from dlbench.harness import wire
from dlbench.harness.supervisor.growing import GrowingSupervisor
from dlbench.machine import environment
from dlbench.plan import targets
from dlbench.results.find import folders
from dlbench.results.folder import read_run
from dlbench.stats.crossing import MOST_POINTS
from fakes import terminal
from fakes.costs import Costly, batch_of, lines
from fakes.runs import ENVIRONMENT

# They cross at 100.
COSTS = {"numpy": (10.0, 1.0), "torch": (90.0, 5.0)}


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def workers(monkeypatch):
    """Let workers measure whose costs are known."""

    def follow(cost=None, scripts=None, **settings) -> Costly:
        stable = Costly(cost or lines(**COSTS), scripts=scripts, **settings)

        def search(plan, launch, grow):
            return GrowingSupervisor(plan, launch, grow, stable.clock.seconds)

        monkeypatch.setattr(api, "Supervisor", search)
        monkeypatch.setattr(api, "Launcher", lambda *_, **__: nullcontext(stable.launch))
        monkeypatch.setattr(environment, "capture", lambda _: ENVIRONMENT)
        monkeypatch.setattr(targets, "find_spec", lambda package: package)
        return stable

    return follow


def find(results, **options):
    asked = {"between": "numpy", "other": "torch/eager", "network": "iris", **options}
    return dlbench.crossover(results=results, **asked)


def typed(results, *words, network="iris"):
    return terminal.dlbench(
        *("crossover", "--between", "numpy", "--and", "torch/eager", "--network", network),
        *("--results", str(results), *words),
    )


def test_the_crossing_is_found_in_few_points(workers, results) -> None:
    workers()
    found = find(results)
    change = found.comparison.change
    assert change is not None
    assert change.low <= 100 <= change.high
    assert change.high / change.low < 4
    assert change.below == "left"
    assert len(found.comparison.places) <= MOST_POINTS
    assert found.comparison.left_cost.rate_per_s == pytest.approx(1e6, rel=0.1)


def test_both_targets_keep_their_worker_over_all_points(workers, results) -> None:
    stable = workers()
    find(results)
    assert [worker.target.backend for worker in stable.workers] == ["numpy", "torch"]


def test_everything_is_stored_as_an_ordinary_run(workers, results) -> None:
    workers()
    found = find(results)
    (folder,) = folders(results)
    assert folder.name.endswith("-crossover")
    stored = read_run(folder)
    batches = [int(group.workload.params["batch"]) for group in stored.run.plan.groups]
    assert (batches[0], batches[-1]) == (1, 4096)
    assert batches == [place.value for place in found.comparison.places]
    assert len(stored.measurements) == 2 * len(batches)
    assert not list(folder.glob("*.new"))
    for words in (("show",), ("answer",), ("show", "--baseline", "numpy"), ("list", "runs")):
        answer = terminal.dlbench(*words, "--results", str(results))
        assert (answer.code, answer.err) == (0, ""), words
    report = terminal.dlbench("report", "-o", str(results / "page"), "--results", str(results))
    assert report.code == 0
    assert "iris" in (results / "page" / "index.html").read_text(encoding="utf-8")


def test_a_later_crossover_knows_what_the_pairs_of_earlier_ones_came_to(workers, results) -> None:
    workers()
    assert find(results).run.luck is None
    later = find(results).run.luck
    assert later is not None
    known = {workload for standing in later.earlier for workload in standing}
    assert {"train_step/iris/b1", "train_step/iris/b4096"} <= known


def test_one_side_that_wins_everywhere_is_told_after_five_points(workers, results) -> None:
    workers(lines(numpy=(10.0, 5.0), torch=(90.0, 1.0)))
    found = find(results)
    assert found.comparison.change is None
    assert len(found.comparison.places) == 5
    assert {place.faster for place in found.comparison.places} == {"left"}


def test_an_end_that_cannot_be_measured_moves_inwards(workers, results) -> None:
    """A batch of 4096 does not fit into memory."""
    stable = workers()
    plain = stable.well
    stable.well = lambda order: (
        wire.Failed("out_of_memory", "MemoryError")
        if isinstance(order, wire.Prepare) and batch_of(order.case) > 1024
        else plain(order)
    )
    found = find(results)
    values = [place.value for place in found.comparison.places if place.ratio is not None]
    assert (values[0], values[-1]) == (1, 1024)
    assert found.comparison.change is not None
    assert not found.ok, "what failed is told"


def test_an_interrupt_keeps_what_was_measured(workers, results) -> None:
    turns = [None] * 60 + [KeyboardInterrupt()]
    workers(scripts={"torch": {"turn": turns}})
    with pytest.raises(Interrupted) as told:
        find(results)
    kept = told.value.result
    assert 2 <= len(kept.comparison.places) < MOST_POINTS
    (folder,) = folders(results)
    assert read_run(folder).measurements


def test_the_time_limit_ends_the_search(workers, results) -> None:
    workers(lines(numpy=(1e4, 1e-3), torch=(9e4, 5e-3)))
    found = find(results, budget_s=20)
    assert 1 <= len(found.comparison.places) < MOST_POINTS


# --- the command --------------------------------------------------------------------------------
def test_the_command_prints_the_answer_the_table_and_where_all_of_it_is(workers, results) -> None:
    workers()
    answer = typed(results, "--quiet")
    assert (answer.code, answer.err) == (0, "")
    (folder,) = folders(results)
    assert "train_step iris by batch: numpy against torch" in answer.out
    assert "use numpy, from there on torch" in answer.out
    assert f"Results: {folder}" in answer.out
    assert f"Chart:   {folder / 'crossover.png'}" in answer.out
    assert max(map(len, answer.out.splitlines()[1:-3])) <= 80


def test_progress_counts_the_points_to_come_as_at_most_twelve(workers, results) -> None:
    workers()
    answer = typed(results)
    assert f"[1/{MOST_POINTS}]" in answer.err
    assert answer.out.count("iris has 100 training rows") == 1


def test_formats_for_programs_print_nothing_else(workers, results) -> None:
    workers()
    told = json.loads(typed(results, "--quiet", "--format", "json").out)
    assert told["crossover"]["axis"] == "batch"
    assert typed(results, "--quiet", "--format", "md").out.startswith("train_step iris by batch")


def test_a_policy_is_a_function_that_can_be_run(workers, results) -> None:
    workers()
    answer = typed(results, "--quiet", "--emit", "policy")
    assert answer.code == 0
    space = {}
    exec(answer.out, space)
    assert space["target_for"](1).startswith("numpy")
    assert space["target_for"](4096).startswith("torch")


def test_what_makes_no_policy_is_told_and_kept(workers, results) -> None:
    workers(lines(numpy=(10.0, 1.0), torch=(10.0, 1.0)))
    answer = typed(results, "--quiet", "--emit", "policy")
    assert (answer.code, answer.out) == (EXIT_FAILED_CASES, "")
    assert "there is no policy to write. It cannot be told which of the two" in answer.err
    (folder,) = folders(results)
    assert answer.err.endswith(f"Results: {folder}\n")


def test_resident_and_fed_data_are_two_crossovers(workers, results) -> None:
    workers()
    answer = typed(results, "--quiet", "--data", "both")
    assert answer.code == 0
    assert answer.out.count("by batch: numpy against torch") == 2
    assert "data on the device" in answer.out
    assert "data from the host at every step" in answer.out
    assert len(folders(results)) == 2


def test_an_interrupt_shows_what_is_kept(workers, results) -> None:
    workers(scripts={"torch": {"turn": [None] * 60 + [KeyboardInterrupt()]}})
    answer = typed(results, "--quiet")
    assert answer.code == EXIT_INTERRUPTED
    assert "Interrupted; what was measured so far is kept." in answer.err
    assert "batch" in answer.out


def test_nothing_measured_is_told_with_the_reason(workers, results) -> None:
    stable = workers()
    plain = stable.well
    stable.well = lambda order: (
        wire.Failed("failed", "ValueError: no") if isinstance(order, wire.Prepare) else plain(order)
    )
    answer = typed(results, "--quiet")
    assert answer.code == EXIT_FAILED_CASES
    assert answer.err.startswith("Nothing was compared: ValueError: no")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--axis", "widht"), "unknown axis: 'widht'"),
        (("--range", "9-1"), "--range 9-1: two whole numbers from 1 to 1000000"),
        (("--format", "xml"), "unknown format: 'xml'"),
        (("--emit", "code"), "unknown --emit: 'code'"),
        (("--data", "far"), "unknown --data: 'far'"),
    ],
)
def test_mistakes_are_told_before_anything_is_measured(workers, results, words, text) -> None:
    stable = workers()
    answer = typed(results, *words)
    assert answer.code == EXIT_USAGE
    assert text in answer.err
    assert stable.workers == []
    assert not results.exists()
