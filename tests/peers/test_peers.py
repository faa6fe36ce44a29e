import importlib.util
import json
import sys
from collections import Counter
from contextlib import contextmanager
from itertools import cycle, islice
from math import ceil, exp, log
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from dlbench.records.measurement import Measurement, Sample
from fakes.clock import ToldClock

pytest.importorskip("pytest_benchmark")

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "bench" / "peers"))

import frameworks  # noqa: E402
import load  # noqa: E402
import ours  # noqa: E402
import quiet  # noqa: E402
import reached  # noqa: E402
import schedule  # noqa: E402
import sitting  # noqa: E402
import tables  # noqa: E402
import theirs  # noqa: E402
import truth  # noqa: E402

import analysis  # noqa: E402
import records  # noqa: E402


def comparison(ratio=1.0, **what):
    return {
        "kind": "comparison",
        "part": "aa",
        "tool": "dlbench",
        "load": False,
        "index": 0,
        "allowed_s": 10.0,
        "seconds": 9.5,
        "others": 0.1,
        "ratio": ratio,
        "low": None if ratio is None else ratio - 0.01,
        "high": None if ratio is None else ratio + 0.01,
        "declared": "same",
        "reason": None,
        "detail": {"cost_s": 0.001, "timed_s": 5.0},
    } | what


def many(ratios, **what):
    return [comparison(ratio, index=index, **what) for index, ratio in enumerate(ratios)]


def results(*comparisons, **what):
    head = {
        "started": "2026-11-25T00:00:00+00:00",
        "size": 256,
        "machine": {"cpu": "a CPU", "usable_cores": 2, "system": "Linux", "python": "3.11"},
        "versions": {"pyperf": "2"},
        "settings": {"threads": 2, "seconds": 10.0},
    }
    one = {"k": 266, "ratio": 1.05, "low": 1.049, "high": 1.051}
    found = {
        "generations": 10,
        "seconds": 6,
        "itself": one,
        "slow": {"3": one, "5": one, "10": one},
    }
    return {
        "head": head,
        "truth": found,
        "sizes": {},
        "standard": None,
        "comparisons": list(comparisons),
    } | what


TRACED = "tensorflow function / torch eager, matmul 256"


def line(found, words):
    return next(one for one in reached.lines(found) if words in one.figure)


class TestLoad:
    def test_the_same_seed_gives_the_same_bursts(self):
        assert list(islice(load.bursts(3), 5)) == list(islice(load.bursts(3), 5))
        assert next(load.bursts(3)) != next(load.bursts(4))

    def test_as_many_begin_idle_as_busy(self):
        idle = sum(next(load.bursts(seed))[0] == 0 for seed in range(200))
        assert 80 < idle < 120

    def test_is_busy_half_of_the_time(self):
        pairs = list(islice(load.bursts(0), 4000))
        busy, idle = (sum(times) for times in zip(*pairs, strict=True))
        assert busy / (busy + idle) == pytest.approx(0.5, abs=0.01)
        flat = [seconds for pair in pairs[1:] for seconds in pair]
        assert min(flat) >= load.SHORTEST_S
        assert max(flat) <= load.LONGEST_S


class TestQuiet:
    def test_what_is_not_ours_is_others(self):
        before, after = quiet.Used(100.0, 3.0), quiet.Used(115.0, 8.0)
        assert quiet.others(before, after, 10.0) == pytest.approx(1.0)

    def test_a_late_clock_makes_no_negative_use(self):
        assert quiet.others(quiet.Used(0.0, 0.0), quiet.Used(1.0, 1.01), 1.0) == 0
        assert quiet.others(quiet.Used(0.0, 0.0), quiet.Used(1.0, 0.0), 0.0) == 0

    def test_time_only_grows(self):
        first, second = quiet.used(), quiet.used()
        assert second.busy_s >= first.busy_s
        assert second.own_s >= first.own_s


class TestSchedule:
    def test_tools_take_turns(self):
        counts = {("aa", "x", False): 2, ("aa", "y", False): 2}
        assert schedule.in_turns(counts) == [
            ("aa", "x", False, 0),
            ("aa", "y", False, 0),
            ("aa", "x", False, 1),
            ("aa", "y", False, 1),
        ]

    def test_the_fewer_are_spread_over_the_more(self):
        counts = {("aa", "x", False): 9, ("aa", "y", False): 3}
        turns = [tool for _, tool, _, _ in schedule.in_turns(counts)]
        assert [turns.index("y"), turns[::-1].index("y")] == [2, 1]
        assert turns.count("x") == 9

    def test_every_pair_is_planned_once_and_in_time(self):
        planned = schedule.comparisons(schedule.Pairs(), 7.5)
        assert len({one.key for one in planned}) == len(planned)
        count = sum(one.part == "aa" and one.tool == "dlbench" for one in planned)
        assert count == schedule.Pairs().aa + schedule.Pairs().aa_load
        assert {one.seconds for one in planned if one.slow_down == 3} == {19.5}
        assert {one.seconds for one in planned if one.slow_down == 5} == {9.7}
        assert {one.seconds for one in planned if one.part == "tensorflow-torch"} == {22.5}
        longer = schedule.LONGER
        assert {one.seconds for one in planned if one.part not in longer} == {7.5}

    def test_beside_a_load_the_numbers_of_pairs_are_others(self):
        pairs = schedule.Pairs(inside=1, inside_load=2, peers=3, peers_load=4)
        planned = schedule.comparisons(pairs, 7.5, ["aa", "aa-inside"])
        counted = Counter((one.part, one.tool == "dlbench", one.load) for one in planned)
        assert counted["aa-inside", True, False] == 1
        assert counted["aa-inside", True, True] == 2
        assert counted["aa-inside", False, False] == 3
        assert counted["aa-inside", False, True] == 4
        assert counted["aa", False, False] == 2 * 3
        assert counted["aa", False, True] == 2 * 4

    def test_parts_and_tools_are_chosen(self):
        planned = schedule.comparisons(schedule.Pairs(), 10.0, ["aa"], ["pyperf"])
        assert {(one.part, one.tool) for one in planned} == {("aa", "pyperf")}

    def test_a_slow_down_is_read_from_the_part(self):
        assert (
            schedule.Comparison("slow-10", "pyperf", load=False, index=0, seconds=1).slow_down == 10
        )
        assert schedule.Comparison("aa", "pyperf", load=False, index=0, seconds=1).slow_down is None


class TestRecords:
    def test_a_torn_line_is_left_out_and_written_after(self, tmp_path):
        path = tmp_path / "lines.jsonl"
        records.append(path, comparison(index=1))
        with open(path, "a") as stream:
            stream.write('{"kind": "compar')
        records.append(path, comparison(index=2))
        assert [one["index"] for one in records.read(path)] == [1, 2]

    def test_no_file_is_no_line(self, tmp_path):
        assert records.results(records.read(tmp_path / "none"))["comparisons"] == []

    def test_what_was_made_again_counts_once(self):
        lines = [comparison(None, declared="failed"), comparison(1.1)]
        assert [one["ratio"] for one in records.results(lines)["comparisons"]] == [1.1]


class Counting:
    """A step whose times count up; a block takes a second of the told clock."""

    def __init__(self, name, clock, journal):
        self.name, self.clock, self.journal = name, clock, journal

    def time(self):
        self.clock.advance(1.0)
        self.journal.append(self.name)
        return float(len(self.journal))


class TestTruth:
    def test_the_nearest_k_is_taken(self):
        ks = (256, 260, 264, 268, 272)
        logs = [log(ratio) for ratio in (1.0, 1.028, 1.052, 1.07, 1.098)]
        assert truth.nearest(ks, logs) == {3: 260, 5: 264, 10: 272}

    def test_the_interval_is_students(self):
        found = truth.interval([log(1.04), log(1.05), log(1.06)])
        assert found["ratio"] == pytest.approx(1.05, abs=1e-4)
        half = log(found["high"] / found["low"]) / 2
        assert half == pytest.approx(4.303 * 0.00952 / 3**0.5, rel=1e-2)

    def test_steps_are_timed_round_by_round_in_mirrored_order(self):
        clock, journal = ToldClock(), []
        steps = [Counting(name, clock, journal) for name in "abc"]
        times = truth.in_rounds(steps, 20.0, clock.seconds)
        assert "".join(journal[:3]) == "abc", "all warm up first"
        rounds = ["".join(journal[start : start + 6]) for start in range(3, len(journal), 6)]
        assert len(rounds) > 2
        assert all(sorted(one[:3]) == list("abc") and one == one[::-1] for one in rounds)
        assert len(set(rounds)) > 1
        assert [len(one) for one in times] == [2 * len(rounds)] * 3
        assert min(map(min, times)) > 3, "the warm-up does not count"

    def test_who_is_started_first_changes_and_is_mirrored(self):
        orders = [truth.starting_order(5, generation) for generation in range(8)]
        assert all(sorted(order) == list(range(5)) for order in orders)
        assert all(b == a[::-1] for a, b in zip(orders[::2], orders[1::2], strict=True))
        assert len(set(map(tuple, orders))) == 8

    def test_times_are_those_of_their_step_whoever_was_started_first(self, monkeypatch):
        started = []

        class Fake:
            def __init__(self, asked, threads):
                *_, self.k = asked

            def __enter__(self):
                return self

            def __exit__(self, *failure):
                pass

            def started(self):
                started.append(self.k)

            def time(self):
                return float(self.k)

        monkeypatch.setattr(truth, "Alone", Fake)
        for generation in range(4):
            asked = truth.products((256, 264, 272))
            times = truth.in_one_generation(asked, 2, 0.0, generation)
            assert [set(one) for one in times] == [{256.0}, {264.0}, {272.0}]
        assert started[:3] != started[3:6]

    def test_a_ratio_is_that_of_the_rounds(self):
        times = [[1.0, 2.0, 4.0], [1.1, 2.2, 4.8]]
        assert truth.log_ratios(times) == pytest.approx([0.0, log(1.1)])

    def test_all_blocks_are_kept(self, monkeypatch):
        generations = iter([[[1.0], [1.0], [1.03], [1.05], [1.1]]] * 2)
        monkeypatch.setattr(truth, "in_one_generation", lambda *how: next(generations))
        found = truth.establish({3: 264, 5: 272, 10: 282}, 2, 4.0, 2)
        assert found["steps"] == [256, 256, 264, 272, 282]
        assert found["times"][1][2] == [1.03]
        assert found["slow"]["10"]["ratio"] == pytest.approx(1.1)
        assert found["itself"]["ratio"] == 1

    def test_one_process_has_no_width(self):
        found = truth.interval([log(1.04)])
        assert found["low"] == found["high"] == pytest.approx(1.04)

    @pytest.mark.parametrize(
        ("ratio", "half", "fits"),
        [(1.062, 0.001, True), (1.063, 0.001, False), (1.05, 0.006, False)],
    )
    def test_a_true_ratio_must_be_near_and_known(self, ratio, half, fits):
        found = {"ratio": ratio, "low": ratio - half, "high": ratio + half}
        assert truth.fits(5, found) is fits

    def test_the_truth_is_looked_for_again_if_it_does_not_fit(self, tmp_path, monkeypatch):
        ratios = iter([1.2, 1.0])

        def establish(ks, threads, seconds, processes):
            factor = next(ratios)
            slow = {str(p): found(factor * (1 + p / 100)) for p in truth.SLOW_DOWNS}
            return {"kind": "truth", "itself": found(1.0), "slow": slow}

        def found(ratio):
            return {"k": 1, "ratio": ratio, "low": ratio, "high": ratio}

        monkeypatch.setattr(truth, "search", lambda *how: {})
        monkeypatch.setattr(truth, "establish", establish)
        made = TestSitting().sit(tmp_path / "lines.jsonl")
        made.establish(sitting.Thoroughness())
        assert made.results["truth"]["slow"]["5"]["ratio"] == pytest.approx(1.05)
        made.establish(sitting.Thoroughness())
        assert next(ratios, None) is None


# Moods of a machine in its quiet hours, and one run of five that something disturbs.
MOODS = (1.0, 0.93, 1.9, 1.07, 0.98)


class TimedTorch(theirs.TorchTimer):
    """torch's timer, whose runs take the seconds that are told here."""

    def __init__(self):
        super().__init__(threads=2)
        self.moods, self.spent = cycle(MOODS), []

    def _run(self, k, seconds):
        self.spent.append(1.2 * next(self.moods) + 2.1 * seconds)
        return {"medians": [1.0, 1.0], "best": [True, True]}, self.spent[-1]


class TimedPytest(theirs.PytestBenchmark):
    """pytest-benchmark: rounds are as many as have time if all took as long as the first call."""

    first_s, round_s = 870e-6, 180e-6

    def __init__(self):
        super().__init__(threads=2)
        self.moods, self.spent = cycle(MOODS), []

    def _run(self, k, seconds):
        mood = next(self.moods)
        rounds = ceil(seconds / (self.first_s * mood))
        self.spent.append(1.9 + rounds * self.round_s * mood)
        return {"median": 1.0, "rounds": rounds, "total": rounds * self.round_s}, self.spent[-1]


class TimedPyperf(theirs.Pyperf):
    """pyperf: a process takes a while; the value that warms it up takes longer than the others."""

    step_s = 170e-6

    def __init__(self, process_s):
        super().__init__(threads=2)
        self.process_s, self.moods = process_s, cycle(MOODS)

    def _run(self, k, processes, values, loops=0):
        loops = loops or 1024
        each_s = self.process_s * next(self.moods) + (values + 1.2) * self.step_s * loops
        found = SimpleNamespace(get_loops=lambda: loops, mean=lambda: self.step_s)
        return found, 0.03 + processes * each_s


def in_a_usual_mood(peer):
    peer.moods, peer.spent = cycle([1.0]), []
    return peer


ALLOWED = (7.5, 9.7, 19.5)


class TestEqualTime:
    @pytest.mark.parametrize("seconds", ALLOWED)
    @pytest.mark.parametrize("peer", [TimedTorch, TimedPytest])
    def test_a_peer_takes_the_time_that_it_is_allowed(self, peer, seconds):
        made = peer()
        sizes = made.size()
        in_a_usual_mood(made).compare((256, 256), seconds, sizes)
        assert sum(made.spent) == pytest.approx(seconds, rel=analysis.EQUAL)

    @pytest.mark.parametrize("seconds", ALLOWED)
    @pytest.mark.parametrize("process_s", [1.0, 1.3, 1.5, 1.6, 1.8])
    def test_so_does_pyperf_however_long_a_process_takes(self, process_s, seconds):
        made = TimedPyperf(process_s)
        sizes = made.size()
        shape = made.shape(seconds / 2, sizes)
        _, side_s = in_a_usual_mood(made)._run(256, *shape, sizes["loops"])
        assert 2 * side_s == pytest.approx(seconds, rel=analysis.EQUAL)

    def test_a_value_of_pyperf_is_as_long_as_its_least_time_and_no_longer(self):
        sizes = TimedPyperf(1.5).size()
        assert sizes["value_s"] == pytest.approx(0.1, rel=0.01)
        assert theirs.Pyperf(2).shape(7.5 / 2, sizes)[0] == 2

    def test_an_option_is_measured_where_it_takes_a_realistic_time(self):
        def spent_s(seconds):
            return 1.9 + max(0.0, 0.2 * seconds - 0.3)

        sizes = theirs.scale(lambda seconds: (None, spent_s(seconds)))
        assert spent_s(theirs.option(3.75, sizes)) == pytest.approx(3.75, rel=analysis.EQUAL)

    def test_what_a_second_of_an_option_costs_is_bounded(self):
        constant = theirs.scale(lambda seconds: (None, 2.0))
        assert constant["rate"] == theirs.LEAST_RATE
        assert theirs.option(1.0, constant) == theirs.LEAST_S

    @pytest.mark.parametrize(
        ("seconds", "told"),
        [(4.7, "4.7 s of 7.5 s, less"), (8.3, "8.3 s of 7.5 s, more"), (8.2, None), (6.8, None)],
    )
    def test_a_peer_that_did_not_is_named(self, seconds, told):
        pairs = many([1.0] * 3, tool="pyperf", allowed_s=7.5, seconds=seconds)
        pairs[0]["seconds"] = 100.0  # the median counts
        text = tables.table(results(*many([1.0], load=True), *pairs))
        assert text.count("than allowed") == (1 if told else 0)
        assert not told or f"- pyperf, aa: {told} than allowed." in text

    def test_with_load_is_another_matter_than_without(self):
        pairs = [
            *many([1.0] * 2, tool="pyperf"),
            *many([1.0] * 2, tool="pyperf", load=True, seconds=12.0),
        ]
        assert analysis.uneven(results(*pairs)) == [("aa", "pyperf", True, 12.0, 10.0)]


class TestPeers:
    def test_pyperf_gets_as_many_processes_as_fit(self):
        sizes = {"start_s": 1.0, "process_s": 1.4, "value_s": 0.2}
        processes, values = theirs.Pyperf(2).shape(5.0, sizes)
        assert (processes, values) == (2, 2)
        assert 1.0 + processes * (1.4 + (values + 1) * 0.2) <= 5.0
        assert theirs.Pyperf(2).shape(0.5, sizes) == (1, 2)

    @pytest.mark.parametrize(
        ("a", "b", "verdict"), [(1, 1.04, "same"), (1, 1.06, "slower"), (1.06, 1, "faster")]
    )
    def test_pytest_benchmark_is_asked_both_ways(self, a, b, verdict):
        found = theirs.PytestBenchmark(2).verdict({"median": a}, {"median": b})
        assert found == verdict

    def test_the_peers_know_nothing_of_dlbench(self):
        for path in (ROOT / "bench" / "peers").glob("*.py"):
            if path.name.startswith(("peer_", "steps", "truth", "load")):
                assert "import dlbench" not in path.read_text()
                assert "from dlbench" not in path.read_text()

    def test_every_tool_of_the_schedule_is_there(self):
        assert {schedule.OURS, *theirs.tools(2)} == set(schedule.TOOLS)


def measured(case, ratio=1.0, generations=3, **what):
    return [
        Measurement(
            case=case,
            status="ok",
            generation=generation,
            samples=tuple(
                Sample(
                    iterations=1,
                    host_s=0.020 * ratio * (1 + 0.001 * (number % 3)),
                    started_s=number * 0.05 + (0.025 if case == "b" else 0) + 100 * generation,
                    round=number,
                    generation=generation,
                    lead_s=0.001,
                )
                for number in range(20)
            ),
            **what,
        )
        for generation in range(generations)
    ]


class TestOurs:
    def test_a_slower_b_is_slower(self):
        found = ours.judge([*measured("a"), *measured("b", 1.05)], "a", "b")
        assert found.ratio == pytest.approx(1.05, abs=0.002)
        assert found.declared == "slower"
        assert found.low - 1e-9 <= 1.05 <= found.high + 1e-9
        assert found.detail["rounds"] == 60

    def test_what_failed_has_no_ratio(self):
        broken = Measurement(case="b", status="failed", reason="it burnt")
        found = ours.judge([*measured("a"), broken], "a", "b")
        assert (found.ratio, found.declared, found.reason) == (None, "failed", "it burnt")

    def test_the_cost_is_what_lies_between_blocks(self):
        lines = [*measured("a"), *measured("b")]
        # 25 ms from start to start, 20 of them timed, 1 of them lead-in
        assert ours.cost_s(lines) == pytest.approx(0.004, abs=1e-4)
        assert ours.cost_s([]) is None

    def test_timed_is_all_of_the_blocks(self):
        assert ours.timed_s(measured("a")) == pytest.approx(3 * 20 * 0.020, rel=0.01)

    def test_the_cases_of_a_part(self):
        made = ours.Dlbench(2, ours.Rules())
        a, b = made.pair("aa", 256)
        assert (b.workload, b.target, b.null) == (a.workload, a.target, True)
        assert ours.apart(a) != ours.apart(b)
        assert ours.together(a) == ours.together(b)
        a, b = made.pair("slow-5", 272)
        assert (b.workload.params["k"], b.null) == (272, False)
        a, b = made.pair("tensorflow-torch", 256)
        assert [a.target.backend, b.target.backend] == ["torch", "tensorflow"]
        assert (b.target.mode, b.mode_kind) == ("function", "static")
        a, b = made.pair("jax-numpy", 256)
        assert [a.target.backend, b.target.backend] == ["numpy", "jax"]

    def test_the_budget_is_the_time_of_the_comparison(self):
        rules = ours.Rules(generation_s=2.0)
        found = [rules.within(8.0), rules.within(8.0, longer=2), rules.within(1.0)]
        assert [one.budget_s for one in found] == [8.0, 8.0, 1.0]
        assert [one.generations for one in found] == [4, 2, 2]

    def test_as_many_generations_start_in_one_order_as_in_the_other(self):
        for tenths in range(1, 400):
            generations = ours.Rules(generation_s=1.65).within(tenths / 10).generations
            assert generations % 2 == 0
            assert abs(generations - tenths / 16.5) <= 1 or generations == 2


class Told:
    """A peer, or dlbench, that says what it is told to."""

    threads = 2
    rule = ""

    def __init__(self, ratio=1.0, error=None):
        self.ratio, self.error, self.asked = ratio, error, []

    def size(self):
        return {"start_s": 1.0}

    def compare(self, *asked):
        self.asked.append(asked)
        if self.error:
            raise self.error
        return theirs.Compared(self.ratio, "same")


class TestSitting:
    def sit(self, path, **tools):
        ours = tools.pop("ours", Told())
        peers = {"pyperf": tools.get("pyperf", Told())}
        return sitting.Sitting(path, ours, peers, say=lambda text: None, clock=lambda: 0.0)

    planned = (
        schedule.Comparison("aa", "dlbench", load=False, index=0, seconds=1.0),
        schedule.Comparison("slow-5", "pyperf", load=False, index=0, seconds=1.0),
    )

    def begin(self, path):
        records.append(path, {"kind": "truth", "slow": {"5": {"k": 272}}})
        sitting = self.sit(path)
        sitting.size(self.planned)
        return sitting

    def test_everything_is_written_down(self, tmp_path):
        path = tmp_path / "new" / "lines.jsonl"
        made = self.begin(path)
        made.compare(self.planned)
        assert made.ours.asked == [("aa", 256, 1.0, 0)]
        assert made.peers["pyperf"].asked == [((256, 272), 1.0, {"start_s": 1.0})]
        assert [one["part"] for one in made.results["comparisons"]] == ["aa", "slow-5"]
        assert all(json.loads(text) for text in path.read_text().splitlines())

    def test_goes_on_where_it_ended(self, tmp_path):
        path = tmp_path / "lines.jsonl"
        self.begin(path).compare(self.planned[:1])
        again = self.sit(path)
        again.compare(self.planned)
        assert again.ours.asked == []
        assert len(again.peers["pyperf"].asked) == 1

    def test_what_fails_is_written_down_and_made_again(self, tmp_path):
        path = tmp_path / "lines.jsonl"
        self.begin(path)
        broken = self.sit(path, ours=Told(error=RuntimeError("no")))
        broken.compare(self.planned)
        assert len(broken.ours.asked) == 2
        first, second = self.sit(path).results["comparisons"]
        assert (first["declared"], first["reason"]) == ("failed", "RuntimeError: no")
        assert second["declared"] == "same"
        assert self.sit(path).results["again"] == {"failed dlbench": 1}
        again = self.sit(path)
        again.compare(self.planned)
        assert again.ours.asked == [], "twice is enough"

    def test_what_strangers_disturb_is_made_again_once(self, tmp_path):
        path = tmp_path / "lines.jsonl"
        self.begin(path)
        made = self.sit(path)
        busy = iter([0.0, 5.0, 5.0, 5.0, 5.0, 10.0])
        made.used = lambda: quiet.Used(next(busy), 0.0)
        made.clock = iter(range(100)).__next__
        made.compare(self.planned)
        assert len(made.ours.asked) == 2
        assert len(made.peers["pyperf"].asked) == 1
        found = made.results
        assert (len(found["comparisons"]), found["again"]) == (2, {"disturbed dlbench": 1})
        assert found["comparisons"][0]["others"] > 0, "once, whatever came of it"

    def test_who_holds_it_up_is_written_down(self, tmp_path, monkeypatch):
        path = tmp_path / "lines.jsonl"
        made = self.begin(path)
        made.clock = iter(range(100)).__next__
        pause = path.with_suffix(".pause")
        pause.touch()
        monkeypatch.setattr(sitting, "sleep", lambda seconds: pause.unlink())
        made.compare(self.planned)
        assert made.results["held_s"] > 0
        assert len(made.results["comparisons"]) == 2

    def test_a_peer_is_sized_once(self, tmp_path):
        path = tmp_path / "lines.jsonl"
        self.begin(path).size(self.planned)
        self.sit(path).size(self.planned)
        assert len([one for one in records.read(path) if one["kind"] == "sizes"]) == 1

    def test_beside_the_load_a_peer_is_sized_beside_the_load(self, tmp_path, monkeypatch):
        loads, competitors = [], []

        @contextmanager
        def competing(seed):
            competitors.append(seed)
            yield
            competitors.pop()

        monkeypatch.setattr(sitting, "competing", competing)
        peer = Told()
        peer.size = lambda: loads.append(len(competitors)) or {"start_s": float(len(loads))}
        made = self.sit(tmp_path / "lines.jsonl", pyperf=peer)
        both = [
            schedule.Comparison("aa", "pyperf", load=load, index=index, seconds=1.0)
            for index in range(2)
            for load in (False, True)
        ]
        made.size(both)
        assert loads == [0, 1]
        made.compare(both)
        assert [sizes["start_s"] for _, _, sizes in peer.asked] == [1.0, 2.0] * 2

    @pytest.mark.parametrize(
        ("busy_s", "sizings"), [([0, 0], 1), ([0, 5, 5, 5], 2), ([0, 5] * 2, 2)]
    )
    def test_a_peer_that_strangers_disturb_is_sized_again_once(self, tmp_path, busy_s, sizings):
        peer, told = Told(), iter(range(10))
        peer.size = lambda: {"start_s": next(told)}
        made = self.sit(tmp_path / "lines.jsonl", pyperf=peer)
        busy = iter(busy_s)
        made.used = lambda: quiet.Used(next(busy), 0.0)
        made.clock = iter(range(100)).__next__
        made.size(self.planned)
        assert made.results["sizes"]["pyperf"] == {"start_s": sizings - 1}


class TestAnalysis:
    def test_shares(self):
        pairs = many([1.0, 1.03, 0.97, 1.01], declared="same")
        assert analysis.off(pairs) == (2, 4)
        assert analysis.declared(pairs) == (0, 4)
        assert analysis.covered(pairs) == (2, 4)

    def test_an_unclaimed_interval_covers_nothing_and_is_not_counted(self):
        assert analysis.covered(many([1.0], low=None, high=None)) == (0, 0)

    def test_a_failed_pair_has_no_ratio_and_counts_as_not_found(self):
        pairs = [comparison(None, declared="failed"), comparison(1.05, declared="slower")]
        assert len(analysis.logs(pairs)) == 1
        assert analysis.declared(pairs, ("slower",)) == (1, 2)

    def test_the_best_peer_is_the_steadiest(self):
        found = results(
            *many([1.0, 1.1, 0.9], tool="pyperf"), *many([1.0, 1.3, 0.7], tool="pytest-benchmark")
        )
        peer, _ = analysis.best_peer(found, "aa", schedule.BETWEEN, load=False)
        assert peer == "pyperf"
        assert analysis.best_peer(found, "aa", schedule.BETWEEN, load=True) is None

    @pytest.mark.parametrize(
        ("theirs", "verdict"), [(0.03, "NOT REACHED"), (0.08, "must reached"), (0.5, "aim reached")]
    )
    def test_the_spread_is_held_against_the_best_peer(self, theirs, verdict):
        a, b = ([exp(sign * size) for sign in (1, -1, 1, -1, 1, -1)] for size in (0.01, theirs))
        found = line(results(*many(a), *many(b, tool="pyperf")), "two processes, quiet")
        assert found.verdict == verdict
        assert "pyperf" in found.found

    @pytest.mark.parametrize(
        ("alarms", "verdict"), [(0, "aim reached"), (2, "must reached"), (3, "NOT REACHED")]
    )
    def test_false_alarms(self, alarms, verdict):
        pairs = many([1.0] * 100)
        for pair in pairs[:alarms]:
            pair["declared"] = "faster"
        assert line(results(*pairs), "declared faster or slower, quiet").verdict == verdict

    def test_pairs_without_a_ratio_are_no_silence(self):
        nothing = many([None] * 5, declared="unsure")
        found = line(results(*nothing), "declared faster or slower, quiet")
        assert found.verdict == "not measured"
        found = line(results(comparison(), *nothing[1:]), "declared faster or slower, quiet")
        assert found.found.startswith("0 of 1 ")
        assert found.found.endswith("1 same, 4 unsure; 4 without a ratio")

    @pytest.mark.parametrize(
        ("held", "verdict"),
        [(92, "NOT REACHED"), (93, "must reached"), (95, "aim reached"), (99, "must reached")],
    )
    def test_coverage_may_also_be_too_large_for_the_aim(self, held, verdict):
        pairs = many([1.0] * held + [1.2] * (100 - held))
        assert line(results(*pairs), "coverage").verdict == verdict

    @pytest.mark.parametrize(
        ("hits", "verdict"), [(18, "NOT REACHED"), (19, "must reached"), (20, "aim reached")]
    )
    def test_slow_downs_found(self, hits, verdict):
        pairs = many([1.05] * 20, part="slow-5")
        for pair in pairs[:hits]:
            pair["declared"] = "slower"
        assert line(results(*pairs), "a slow-down of 5 %").verdict == verdict

    @pytest.mark.parametrize(
        ("part", "seconds", "verdict"),
        [
            ("slow-5", 10.0, "aim reached"),
            ("slow-5", 10.1, "NOT REACHED"),
            ("slow-3", 10.1, "aim reached"),
            ("slow-3", 20.1, "NOT REACHED"),
        ],
    )
    def test_what_is_found_too_late_is_not_found(self, part, seconds, verdict):
        pairs = many([1.05] * 3, part=part, declared="slower", seconds=seconds)
        pairs[0]["seconds"] = 100.0  # the median counts
        known = results(*pairs)
        known["truth"]["slow"]["3"] = {"k": 264, "ratio": 1.03, "low": 1.029, "high": 1.031}
        found = line(known, f"a slow-down of {part[-1]} %")
        assert found.verdict == verdict
        assert f"{seconds:.2f} s a pair" in found.found

    def test_no_verdict_rests_on_another_slow_down(self):
        found = results(*many([1.05] * 20, part="slow-5", declared="slower"))
        found["truth"]["slow"]["5"] = {"k": 280, "ratio": 1.07, "low": 1.069, "high": 1.071}
        assert line(found, "a slow-down of 5 %").verdict.startswith("none")

    @pytest.mark.parametrize(
        ("loaded", "declared", "reason", "verdict"),
        [
            (0.41, "faster", "beyond", "aim reached"),
            (0.43, "faster", "beyond", "must reached"),
            (0.80, "unsure", "the machine was busy: 9 of 10 rounds", "must reached"),
            (0.80, "unsure", "the interval crosses the margin", "NOT REACHED"),
            (0.80, "faster", "beyond", "NOT REACHED"),
        ],
    )
    def test_frameworks_under_load(self, loaded, declared, reason, verdict):
        quiet = many([0.40, 0.40, 0.41], part="tensorflow-torch")
        busy = many([loaded], part="tensorflow-torch", load=True, declared=declared, reason=reason)
        assert line(results(*quiet, *busy), f"{TRACED}, quiet").verdict == "not measured"
        assert line(results(*quiet, *busy), f"{TRACED}, with").verdict == verdict

    @pytest.mark.parametrize(
        ("true", "verdict"),
        [
            (0.398, "aim reached"),
            (0.39, "must reached"),
            (0.385, "NOT REACHED"),
            (0.415, "NOT REACHED"),
        ],
    )
    def test_frameworks_against_long_loops(self, true, verdict):
        quiet = many([0.40, 0.40, 0.41], part="tensorflow-torch")
        one = {"ratio": true, "low": true - 0.001, "high": true + 0.001}
        known = results(*quiet, loops={"ratios": {"tensorflow-torch": one}})
        found = line(known, f"{TRACED}, quiet")
        assert found.verdict == verdict
        assert f"0.400 against {true:.3f}" in found.found

    def test_the_ratio_of_frameworks_is_that_of_their_loops(self, monkeypatch):
        asked = []

        def in_one_generation(steps, threads, seconds, number):
            asked.append([step[-1] for step in steps])
            return [[1.0, 1.0], [1.5, 1.5]]

        monkeypatch.setattr(truth, "in_one_generation", in_one_generation)
        found = frameworks.establish(2, 12.0, 3)
        assert asked[::3] == [
            ["torch eager", "tensorflow eager"],
            ["torch eager", "tensorflow function"],
            ["numpy eager", "jax jit"],
        ]
        assert len(asked) == 9
        assert found["ratios"]["jax-numpy"]["ratio"] == pytest.approx(1.5)

    def test_a_comparison_of_frameworks_that_failed_is_not_reached(self):
        quiet = many([0.40, 0.40, 0.41], part="tensorflow-torch")
        loaded = many([0.40, 0.40], part="tensorflow-torch", load=True, declared="faster")
        loaded[1] |= {"ratio": None, "declared": "failed"}
        found = line(results(*quiet, *loaded), f"{TRACED}, with")
        assert found.verdict == "NOT REACHED"
        assert found.found.endswith("; 1 without a ratio")

    def test_pairs_without_an_interval_are_counted_where_coverage_is(self):
        pairs = many([1.0] * 100)
        pairs[0] |= {"low": None, "high": None}
        found = line(results(*pairs), "coverage").found
        assert "99 of 99 " in found
        assert found.endswith("; 1 without an interval")

    def test_what_was_not_measured_is_said(self):
        found = reached.lines(results())
        assert {one.verdict for one in found} == {"not measured"}

    def test_timed_share_and_cost(self):
        run = {"timed_s": 60.0, "seconds": 100.0, "command": "dlbench run"}
        found = results(*many([1.0, 1.0]), standard=run)
        assert line(found, "standard run").verdict == "must reached"
        assert line(found, "cost per block").found.startswith("1.00 ms")
        assert analysis.timed_share(found["comparisons"]) == pytest.approx(5 / 9.5)


class TestTables:
    def test_the_table_tells_of_every_tool_and_rule(self):
        text = tables.table(
            results(
                *many([1.0, 1.01]),
                *many([1.0, 1.2], tool="pyperf", declared="slower"),
                *many([1.05], part="slow-5", declared="slower"),
            )
        )
        assert "| two processes, quiet | pyperf | 2 |" in text
        assert "256×256×266" in text
        blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
        assert len(blocks) == 3
        assert all(len({line.count("|") for line in block}) == 1 for block in blocks)
        assert "1 of 1 (10 s)" in text
        assert "Student's t-test" in text
        assert "smoke" not in text

    def test_a_smoke_test_says_that_it_is_one(self):
        found = results()
        found["head"]["settings"]["quick"] = True
        assert "A smoke test" in tables.table(found)

    def test_an_empty_sitting_has_a_table(self):
        assert "not measured" in tables.table(results(truth=None))

    @pytest.mark.parametrize("suffix", [".json", ".jsonl"])
    def test_a_result_is_named_by_either_of_its_files(self, tmp_path, monkeypatch, capsys, suffix):
        spec = importlib.util.spec_from_file_location("peers", ROOT / "bench/peers/__main__.py")
        peers = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(peers)
        records.append(tmp_path / "a.jsonl", {"kind": "head", **results()["head"]})
        asked = ["peers", "--show", "--out", str(tmp_path / f"a{suffix}")]
        monkeypatch.setattr(sys, "argv", asked)
        peers.main()
        assert "2026-11-25T00:00:00" in capsys.readouterr().out

    def test_what_stands_between_the_markers_is_replaced(self, tmp_path):
        path = tmp_path / "doc.md"
        path.write_text(f"before\n{tables.BEGIN}\nstale\n{tables.END}\nafter\n")
        tables.write(path, results())
        tables.write(path, results())
        text = path.read_text()
        assert "stale" not in text
        assert text.startswith("before\n")
        assert text.endswith(f"{tables.END}\nafter\n")
        assert text.count(tables.BEGIN) == 1

    def test_the_document_says_what_the_stored_result_says(self):
        text = (ROOT / "docs" / "measuring.md").read_text(encoding="utf-8")
        shown = text.partition(tables.BEGIN)[2].partition(tables.END)[0]
        stored = [
            records.results(records.read(path))
            for path in sorted((ROOT / "results" / "peers").glob("*.jsonl"))
        ]
        [told] = [one for one in stored if shown.startswith(f"\n{one['head']['started']}")]
        assert shown == f"\n{tables.table(told)}"

    def test_a_document_without_markers_is_refused(self):
        with pytest.raises(ValueError, match="peers: begin"):
            tables.replaced("nothing", "new")


class TestJudgingAgain:
    @pytest.mark.parametrize("flags", [(), ("busy",), ("throttled",)])
    def test_the_stored_blocks_give_the_same_verdict(self, flags):
        lines = [
            replace(one, samples=tuple(replace(sample, flags=flags) for sample in one.samples))
            for one in (*measured("a"), *measured("b", 1.05))
        ]
        found = ours.as_record(ours.judge(lines, "a", "b"))
        stored = json.loads(json.dumps(comparison(**found)))
        again = ours.judge_again(stored)
        assert {key: again[key] for key in ("declared", "reason")} == {
            key: found[key] for key in ("declared", "reason")
        }
        assert again["ratio"] == pytest.approx(found["ratio"])
