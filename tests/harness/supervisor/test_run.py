"""Scripted workers and a told clock: the journal says who was told what, and in which order.

In a story the workloads are `matmul/1`, `matmul/2` and so on, and a target is its backend; a case
that is finished stands in the journal as `matmul/1 on torch is ok`.
"""

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.case import LEAST_CHECK_S, CaseRun
from dlbench.harness.supervisor.row import RELEASE_TIMEOUT_S
from dlbench.harness.supervisor.run import Supervisor
from dlbench.harness.supervisor.stopping import PATIENCE
from dlbench.records.case import Case, Group, Target, Work, Workload
from dlbench.records.measurement import Measurement, ParityCheck, Progress, Sample
from dlbench.records.plan import Plan, Sampling
from fakes.workers import BROKEN, CALLS_S, FACTS, HELD, Dies, Stable

CRASH = Dies(wire.Failed("failed", "the worker process died with signal 11"))
HANGS = Dies(wire.Failed("timed_out", "no answer within 5 s"))
RAISES = wire.Failed("failed", "ValueError: shapes do not match")
WRONG_LOSS = "wrong result: relative error of 0.75 in the loss (allowed: 0.5)"
NO_MEMORY = wire.Failed("out_of_memory", "MemoryError: 8 EiB")


def target(backend):
    return Target(backend, "cpu", "eager", "float32", threads=1)


def case(size, backend, skip=None, *, null=False):
    workload = Workload("matmul", {"size": size}, Work(flops=2, elements=3))
    return Case(workload, target(backend), "dynamic", skip, null)


def group(size, *backends, null=None):
    cases = tuple(case(size, backend) for backend in backends)
    return Group(case(size, "any").workload, cases, null and case(size, null, null=True))


def plan(*groups, **sampling):
    known = {"generations": 1, "blocks": 2, "case_s": 1000.0, "timeout_s": 5.0}
    return Plan("story", 7, Sampling(**{**known, **sampling}), networks={}, groups=groups)


class Story:
    """A plan measured to its end, or to the exception that it is told to expect."""

    def __init__(self, plan, stable=None, ends_with=None, **options):
        self.stable = stable or Stable()
        self.plan, self.events = plan, []
        clock = self.stable.clock.seconds
        self.supervisor = Supervisor(plan, self.stable.launch, clock, **options)
        if ends_with:
            with pytest.raises(ends_with):
                self.watch()
        else:
            self.watch()

    def watch(self):
        for event in self.supervisor.measure():
            self.events.append(event)
            if isinstance(event, Measurement):
                self.journal.append(f"{short(event.case)} is {event.status}")

    @property
    def journal(self):
        return self.stable.journal

    @property
    def measurements(self):
        return [event for event in self.events if isinstance(event, Measurement)]

    @property
    def progress(self):
        return [event for event in self.events if isinstance(event, Progress)]

    def of(self, size, backend):
        (found,) = [m for m in self.measurements if m.case == case(size, backend).id]
        return found

    def outcomes(self):
        return {short(m.case): m.status for m in self.measurements}

    def launched(self):
        return [worker.target.backend for worker in self.stable.workers]

    def told(self, backend, tag):
        return [entry for entry in self.journal if entry.startswith(f"{backend}: {tag}")]


def short(case_id):
    kind, size, backend, *_ = case_id.split("/")
    return f"{kind}/{size} on {backend}"


def stable(**scripts):
    return Stable(scripts)


def lines(text):
    return [line.strip() for line in text.strip().splitlines()]


# --- all goes well ------------------------------------------------------------------------------


def test_a_row_is_started_and_prepared_together_and_measured_in_turns():
    story = Story(plan(group(1, "numpy", "torch")))
    assert story.journal == lines("""
        numpy: start
        torch: start
        numpy: prepare matmul/1
        torch: prepare matmul/1
        numpy: check matmul/1
        torch: check matmul/1
        numpy: warm_up matmul/1
        torch: warm_up matmul/1
        torch: block matmul/1
        numpy: block matmul/1
        numpy: block matmul/1
        torch: block matmul/1
        matmul/1 on numpy is ok
        matmul/1 on torch is ok
        numpy: closed
        torch: closed
    """)


def test_only_who_is_kept_for_a_later_row_is_told_to_free_memory():
    story = Story(plan(group(1, "numpy", "torch"), group(2, "torch")))
    assert [line for line in story.journal if "release" in line] == ["torch: release matmul/1"]


def test_a_measurement_holds_what_the_worker_said():
    measured = Story(plan(group(1, "numpy"))).of(1, "numpy")
    assert measured == Measurement(
        case="matmul/1/numpy/cpu/eager/float32/t1",
        status="ok",
        calls_s=CALLS_S,
        warmup=measured.warmup,
        samples=measured.samples,
        stop_reason="blocks",
        parity=(HELD,),
        facts={**FACTS, "parking": "told to stand still"},
    )
    assert len(measured.warmup) == 1
    assert [sample.started_s for sample in measured.samples] == [1.0, 2.0]


def test_a_worker_is_kept_for_the_rows_to_come():
    story = Story(plan(group(1, "numpy"), group(2, "numpy"), group(3, "numpy")))
    assert story.launched() == ["numpy"]
    assert list(story.outcomes().values()) == ["ok"] * 3


def test_a_worker_that_no_later_row_needs_is_closed_before_the_next():
    story = Story(plan(group(1, "numpy", "torch"), group(2, "torch")))
    assert story.journal.index("numpy: closed") < story.journal.index("torch: prepare matmul/2")
    assert story.told("torch", "closed") == [story.journal[-1]]


def test_a_row_that_only_skips_needs_no_worker():
    later = Group(case(2, "numpy").workload, (case(2, "numpy", skip="too large"),))
    story = Story(plan(group(1, "numpy"), later, group(3, "torch")))
    assert story.journal.index("numpy: closed") < story.journal.index("torch: start")


def test_progress_counts_the_cases_that_are_finished():
    progress = Story(plan(group(1, "numpy", "torch"), group(2, "torch"))).progress
    assert [(p.doing, p.done) for p in progress] == [
        ("starting 2 workers", 0),
        ("preparing matmul/1/numpy/cpu/eager/float32/t1", 0),
        ("preparing matmul/1/torch/cpu/eager/float32/t1", 0),
        ("checking matmul/1/numpy/cpu/eager/float32/t1", 0),
        ("checking matmul/1/torch/cpu/eager/float32/t1", 0),
        ("warming up matmul/1/numpy/cpu/eager/float32/t1", 0),
        ("warming up matmul/1/torch/cpu/eager/float32/t1", 0),
        ("measuring matmul/1", 0),
        ("measuring matmul/1", 0),
        ("preparing matmul/2/torch/cpu/eager/float32/t1", 2),
        ("checking matmul/2/torch/cpu/eager/float32/t1", 2),
        ("warming up matmul/2/torch/cpu/eager/float32/t1", 2),
        ("measuring matmul/2", 2),
        ("measuring matmul/2", 2),
    ]
    assert {p.total for p in progress} == {3}


def test_orders_wait_as_long_as_the_plan_says_and_a_release_as_long_as_memory_takes():
    plan_of_two = plan(group(1, "numpy"), group(2, "numpy"), blocks=1)
    timeouts = Story(plan_of_two).stable.timeouts
    assert timeouts == [*[5.0] * 5, RELEASE_TIMEOUT_S, *[5.0] * 4]


# --- some cases go wrong ------------------------------------------------------------------------


def test_what_the_plan_skips_is_told_with_its_reason_and_not_started():
    skipping = Group(
        case(1, "any").workload, (case(1, "torch", skip="not installed"), case(1, "numpy"))
    )
    story = Story(plan(skipping))
    assert story.launched() == ["numpy"]
    assert story.outcomes() == {"matmul/1 on torch": "skipped", "matmul/1 on numpy": "ok"}
    assert story.of(1, "torch").reason == "not installed"


@pytest.mark.parametrize(
    "answer",
    [
        wire.Failed("skipped", "there is no such device"),
        wire.Failed("failed", "torch uses 8 threads instead of 2"),
        CRASH,
        HANGS,
    ],
    ids=["skipped", "failed", "crash", "hang"],
)
def test_a_refused_start_is_the_end_of_all_cases_of_that_target(answer):
    story = Story(
        plan(group(1, "torch", "numpy"), group(2, "torch", "numpy"), group(3, "torch")),
        stable(torch={"start": [answer]}),
    )
    failed = answer.failed if isinstance(answer, Dies) else answer
    assert story.launched() == ["torch", "numpy"]
    assert not story.told("torch", "prepare")
    for size in (1, 2, 3):
        assert story.of(size, "torch").status == failed.status
        assert story.of(size, "torch").reason == failed.reason
    assert [story.of(size, "numpy").status for size in (1, 2)] == ["ok", "ok"]


@pytest.mark.parametrize(
    "answer", [RAISES, NO_MEMORY, CRASH, HANGS], ids=lambda a: type(a).__name__
)
@pytest.mark.parametrize("order", ["prepare", "check", "warm_up", "block"])
def test_a_case_that_goes_wrong_takes_no_other_with_it(order, answer):
    story = Story(
        plan(group(1, "torch", "numpy"), group(2, "torch", "numpy")),
        stable(torch={order: [answer]}),
    )
    failed = answer.failed if isinstance(answer, Dies) else answer
    assert story.outcomes() == {
        "matmul/1 on torch": failed.status,
        "matmul/1 on numpy": "ok",
        "matmul/2 on torch": "ok",
        "matmul/2 on numpy": "ok",
    }
    assert story.of(1, "torch").reason == failed.reason


@pytest.mark.parametrize("answer", [RAISES, CRASH], ids=["raises", "dies"])
def test_a_worker_is_launched_again_only_if_it_died(answer):
    story = Story(plan(group(1, "torch"), group(2, "torch")), stable(torch={"block": [answer]}))
    assert story.launched() == ["torch"] * (2 if answer is CRASH else 1)


def test_blocks_taken_before_a_failure_are_kept():
    story = Story(plan(group(1, "torch"), blocks=3), stable(torch={"block": [None, RAISES]}))
    measured = story.of(1, "torch")
    assert (measured.status, len(measured.samples)) == ("failed", 1)
    assert (measured.stop_reason, measured.calls_s) == (None, CALLS_S)


def test_a_worker_that_died_is_not_told_of_its_other_cases():
    """A row may hold two cases of one target; a plan that dlbench makes has none."""
    twins = Group(case(1, "any").workload, (case(1, "torch"), case(2, "torch")))
    story = Story(plan(twins), stable(torch={"prepare": [None, CRASH]}))
    assert story.outcomes() == {"matmul/1 on torch": "failed", "matmul/2 on torch": "failed"}
    assert story.of(2, "torch").reason == CRASH.failed.reason
    assert story.of(1, "torch").reason == "the worker process had ended before"


@pytest.mark.parametrize(
    ("parity", "reason"),
    [
        ([BROKEN], WRONG_LOSS),
        ([HELD, BROKEN, BROKEN], f"{WRONG_LOSS}; 1 other quantity wrong too"),
        (
            [ParityCheck("outputs", None, 1e-5)],
            "wrong result: no finite number in the outputs",
        ),
    ],
)
def test_a_case_that_fails_parity_is_recorded_and_never_timed(parity, reason):
    answer = wire.Verified(tuple(parity))
    story = Story(plan(group(1, "torch")), stable(torch={"check": [answer]}))
    measured = story.of(1, "torch")
    assert (measured.status, measured.reason) == ("parity_failed", reason)
    assert (measured.calls_s, measured.parity, measured.samples) == (CALLS_S, tuple(parity), ())
    assert not story.told("torch", "warm_up")
    assert not story.told("torch", "block")


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("check", wire.Verified((BROKEN,))),
        ("prepare", NO_MEMORY),
        ("warm_up", RAISES),
        ("block", NO_MEMORY),
    ],
    ids=["parity", "prepare", "warm_up", "block"],
)
def test_a_case_that_goes_wrong_frees_its_memory_for_the_next(order, answer):
    story = Story(plan(group(1, "torch", "numpy")), stable(torch={order: [answer]}))
    assert story.told("torch", "release") == ["torch: release matmul/1"]
    released = story.journal.index("torch: release matmul/1")
    assert "numpy: block matmul/1" in story.journal[released:]


@pytest.mark.parametrize(
    ("order", "answer", "named"),
    [
        ("start", wire.Warm(()), "Warm"),
        ("prepare", wire.Ready(), "Ready"),
        ("warm_up", wire.Prepared((), ()), "Prepared"),
        ("block", wire.Warm(()), "Warm"),
    ],
)
def test_an_answer_out_of_turn_fails_the_case(order, answer, named):
    story = Story(plan(group(1, "torch")), stable(torch={order: [answer]}))
    measured = story.of(1, "torch")
    assert (measured.status, measured.reason) == (
        "failed",
        f"unexpected answer {named} from the worker process",
    )


def test_a_worker_that_dies_of_a_release_has_measured_all_the_same():
    story = Story(plan(group(1, "torch"), group(2, "torch")), stable(torch={"release": [CRASH]}))
    assert set(story.outcomes().values()) == {"ok"}
    assert story.launched() == ["torch", "torch"]


# --- time runs out ------------------------------------------------------------------------------


def test_a_case_stops_when_its_time_is_used_up():
    measured = Story(plan(group(1, "numpy"), blocks=10, case_s=2.5)).of(1, "numpy")
    assert (measured.status, measured.stop_reason, len(measured.samples)) == ("ok", "budget", 3)


def test_cases_share_what_is_left_of_the_budget():
    story = Story(plan(group(1, "numpy", "torch"), blocks=100, budget_s=14.0))
    blocks = [len(m.samples) for m in story.measurements]
    assert blocks == [7, 7]
    assert {m.stop_reason for m in story.measurements} == {"budget"}


def test_a_row_after_the_budget_is_skipped_with_the_reason():
    rows = [group(size, "numpy") for size in (1, 2, 3)]
    story = Story(plan(*rows, budget_s=3.0), Stable(block_s=2.0))
    assert [story.of(size, "numpy").status for size in (1, 2, 3)] == ["ok", "ok", "skipped"]
    assert (
        story.of(3, "numpy").reason
        == "not reached within the time limit of 3 s; --budget raises the limit"
    )
    assert not [entry for entry in story.journal if entry.endswith(" matmul/3")]


def test_a_case_that_was_prepared_gets_one_block_however_late_it_is():
    story = Story(plan(group(1, "numpy", "torch"), budget_s=10.0), Stable(block_s=50.0))
    assert [len(m.samples) for m in story.measurements] == [1, 1]
    assert {m.stop_reason for m in story.measurements} == {"budget"}


def test_when_warming_up_has_used_up_the_budget_the_rest_of_the_row_is_not_measured():
    row = group(1, "numpy", "torch", "jax")
    story = Story(plan(row, budget_s=10.0), Stable(takes_s={"warm_up": 6.0}))
    warmed_up = [entry for entry in story.journal if ": warm_up" in entry]
    assert warmed_up == ["numpy: warm_up matmul/1", "torch: warm_up matmul/1"]
    assert [len(story.of(1, name).samples) for name in ("numpy", "torch", "jax")] == [1, 1, 0]
    assert (
        story.of(1, "jax").reason
        == "not reached within the time limit of 10 s; --budget raises the limit"
    )


def test_one_case_that_was_prepared_is_measured_however_late_it_is():
    story = Story(plan(group(1, "numpy"), budget_s=10.0), Stable(takes_s={"prepare": 20.0}))
    assert len(story.of(1, "numpy").samples) == 1


# --- turns --------------------------------------------------------------------------------------


def blocks_in(story):
    return [entry.partition(":")[0] for entry in story.journal if ": block" in entry]


def rounds_in(story, cases):
    turns = blocks_in(story)
    return [turns[start : start + cases] for start in range(0, len(turns), cases)]


def test_every_case_has_one_block_a_round_and_every_second_round_is_mirrored():
    story = Story(plan(group(1, "numpy", "torch", "jax", "mlx"), blocks=6))
    rounds = rounds_in(story, 4)
    assert len(rounds) == 6
    assert {frozenset(turns) for turns in rounds} == {frozenset(["numpy", "torch", "jax", "mlx"])}
    assert all(rounds[n] == rounds[n + 1][::-1] for n in (0, 2, 4))
    assert len({tuple(turns) for turns in rounds[::2]}) > 1, "the order is drawn anew"


def test_the_same_seed_gives_the_same_order():
    stories = [Story(plan(group(1, "numpy", "torch", "jax"), blocks=4)) for _ in range(2)]
    assert blocks_in(stories[0]) == blocks_in(stories[1])


def test_samples_know_their_round_and_their_generation():
    story = Story(plan(group(1, "numpy", "torch"), blocks=2, generations=2))
    places = [[(s.generation, s.round) for s in m.samples] for m in story.measurements]
    assert places == [[(0, 0), (0, 1)]] * 2 + [[(1, 0), (1, 1)]] * 2


def test_a_case_that_fails_leaves_the_others_their_turns():
    story = Story(
        plan(group(1, "numpy", "torch"), blocks=3), stable(numpy={"block": [None, CRASH]})
    )
    assert blocks_in(story).count("torch") == 3
    assert blocks_in(story).count("numpy") == 2
    assert story.outcomes() == {"matmul/1 on numpy": "failed", "matmul/1 on torch": "ok"}
    assert len(story.of(1, "torch").samples) == 3


def test_cases_of_one_slot_share_a_worker():
    twins = Group(case(1, "any").workload, (case(1, "torch"), case(2, "torch")))
    assert Story(plan(twins)).launched() == ["torch"]
    story = Story(plan(twins), slot=lambda case: case.id)
    assert story.launched() == ["torch", "torch"]


def test_a_null_has_a_worker_of_its_own_and_is_measured_in_turns_with_its_case():
    story = Story(plan(group(1, "torch", null="torch"), blocks=3))
    assert story.launched() == ["torch", "torch"]
    assert [m.case for m in story.measurements] == [
        case(1, "torch").id,
        case(1, "torch", null=True).id,
    ]
    assert [len(m.samples) for m in story.measurements] == [3, 3]


# --- parking ------------------------------------------------------------------------------------
# That no two workers run at once is asserted by the scripted workers, in every story.


def parked_s(story):
    return [[sample.parked_s for sample in m.samples] for m in story.measurements]


def test_the_record_proves_that_parked_workers_were_silent():
    story = Story(plan(group(1, "numpy", "torch"), group(2, "torch"), blocks=2))
    assert parked_s(story) == [[0.0, 0.0]] * 3
    assert {sample.flags for m in story.measurements for sample in m.samples} == {()}


def test_a_parked_worker_that_is_not_silent_is_seen():
    story = Story(plan(group(1, "numpy", "torch", "jax")), Stable(leak_s=0.25))
    assert parked_s(story) == [[0.5] * 2 * PATIENCE] * 3
    assert {sample.flags for m in story.measurements for sample in m.samples} == {("unparked",)}


def test_a_worker_kept_for_a_later_row_must_be_silent_too():
    story = Story(
        plan(group(1, "numpy", "torch"), group(2, "torch"), group(3, "numpy")), Stable(leak_s=0.25)
    )
    assert set(story.of(2, "torch").samples[0].flags) == {"unparked"}


def test_a_flag_of_the_worker_is_kept_beside():
    busy = wire.Timed(Sample(iterations=1, host_s=1.0, started_s=0.0, flags=("busy",)))
    script = {"numpy": {"block": [busy]}}
    story = Story(plan(group(1, "numpy", "torch"), blocks=1), Stable(script, leak_s=0.25))
    assert story.of(1, "numpy").samples[0].flags == ("busy", "unparked")


def test_where_cpu_time_cannot_be_read_silence_is_unknown():
    story = Story(plan(group(1, "numpy", "torch")), Stable(leak_s=None))
    assert parked_s(story) == [[None, None]] * 2


def test_how_workers_are_parked_is_in_the_record():
    assert Story(plan(group(1, "numpy"))).of(1, "numpy").facts["parking"] == "told to stand still"


# --- generations --------------------------------------------------------------------------------


def test_every_other_generation_finds_what_was_compiled_before():
    story = Story(plan(group(1, "numpy"), generations=3, blocks=1))
    assert story.stable.warm == [False, True, False]


def test_mirrored_generations_are_as_often_cold_as_warm():
    story = Story(plan(group(1, "numpy", "torch"), generations=4, blocks=1))
    first = [worker.target.backend for worker in story.stable.workers[::2]]
    assert list(zip(first, story.stable.warm[::2], strict=True)) == [
        ("numpy", False),
        ("torch", True),
        ("torch", False),
        ("numpy", True),
    ]


def test_a_worker_that_has_to_be_started_again_finds_no_more_than_the_first():
    story = Story(
        plan(group(1, "torch"), group(2, "torch"), blocks=1), stable(torch={"block": [CRASH]})
    )
    assert story.stable.warm == [False, False]


def compiling_for(limit_s, *later):
    """A row of a dynamic and a static case, the latter not ready in time."""
    made = group(1, "numpy", "torch")
    numpy, torch = made.cases
    row = replace(made, cases=(numpy, replace(torch, mode_kind="static")))
    gone = wire.Failed("timed_out", "no answer")
    answers = stable(torch={"prepare": [Dies(gone)]})
    later = later or (group(2, "numpy"),)
    return Story(plan(row, *later, blocks=1, compile_limit_s=limit_s), answers)


def test_a_case_that_takes_too_long_to_compile_keeps_no_other_from_being_measured():
    story = compiling_for(7.0)
    assert story.outcomes() == {
        "matmul/1 on torch": "timed_out",
        "matmul/1 on numpy": "ok",
        "matmul/2 on numpy": "ok",
    }
    assert story.of(1, "torch").reason == (
        "compiling took longer than 7 s; --compile-limit raises the limit"
    )


def test_a_mode_that_takes_too_long_is_not_tried_in_every_row():
    story = compiling_for(7.0, group(2, "torch"), group(3, "numpy", "torch"))
    assert story.outcomes() == {
        "matmul/1 on torch": "timed_out",
        "matmul/1 on numpy": "ok",
        "matmul/2 on torch": "skipped",
        "matmul/3 on torch": "skipped",
        "matmul/3 on numpy": "ok",
    }
    reason = "skipped, because matmul/1 took too long to compile; --compile-limit raises the limit"
    assert {story.of(size, "torch").reason for size in (2, 3)} == {reason}
    assert story.launched().count("torch") == 1


def test_what_was_measured_before_is_tried_again():
    gone = wire.Failed("timed_out", "no answer")
    made = [group(1, "torch"), group(2, "torch")]
    rows = [replace(g, cases=tuple(replace(c, mode_kind="static") for c in g.cases)) for g in made]
    prepared = {"prepare": [None, None, Dies(gone)]}
    story = Story(plan(*rows, generations=2, blocks=1), stable(torch=prepared))
    told = [(short(m.case), m.generation, m.status) for m in story.measurements]
    assert told == [
        ("matmul/1 on torch", 0, "ok"),
        ("matmul/2 on torch", 0, "ok"),
        ("matmul/2 on torch", 1, "timed_out"),
        ("matmul/1 on torch", 1, "ok"),
    ]


def test_only_who_compiles_has_the_limit_of_compiling():
    timeouts = compiling_for(7.0).stable.timeouts
    assert sorted(timeouts) == [5.0] * 10 + [7.0, RELEASE_TIMEOUT_S]


@pytest.mark.parametrize(("prepare_s", "left_s"), [(3.0, 4.0), (6.5, LEAST_CHECK_S)])
def test_a_check_may_compile_as_well_and_has_what_is_left_of_the_limit(prepare_s, left_s):
    [static] = [replace(c, mode_kind="static") for c in group(1, "torch").cases]
    row = Group(static.workload, (static,))
    slow = Stable({"torch": {"check": [HANGS]}}, takes_s={"prepare": prepare_s})
    story = Story(plan(row, compile_limit_s=7.0), slow)
    assert slow.timeouts == [5.0, 7.0, left_s]
    assert "compiling took longer than 7 s" in story.of(1, "torch").reason


def test_where_nothing_compiles_a_check_has_the_time_of_every_order():
    slow = Stable(takes_s={"prepare": 4.5})
    Story(plan(group(1, "torch"), blocks=1), slow)
    assert slow.timeouts == [5.0] * 5


def test_a_generation_is_all_rows_with_new_workers():
    story = Story(plan(group(1, "numpy"), group(2, "numpy", "torch"), generations=3, blocks=1))
    assert sorted(story.launched()) == ["numpy"] * 3 + ["torch"] * 3
    told = [(short(m.case), m.generation) for m in story.measurements]
    first, second = ["matmul/1 on numpy"], ["matmul/2 on numpy", "matmul/2 on torch"]
    mirrored = [*second[::-1], *first]
    rows = [*first, *second], mirrored, mirrored
    assert told == [(name, generation) for generation in range(3) for name in rows[generation]]
    closed = [n for n, entry in enumerate(story.journal) if entry == "numpy: closed"]
    started = [n for n, entry in enumerate(story.journal) if entry == "numpy: start"]
    assert all(end < start for end, start in zip(closed, started[1:], strict=False))


def test_progress_counts_all_generations():
    progress = Story(plan(group(1, "numpy", "torch"), generations=2)).progress
    assert {p.total for p in progress} == {4}
    assert [p.done for p in progress if p.doing.startswith("measuring")] == [0, 0, 2, 2]


def test_what_is_skipped_is_told_once():
    skipping = Group(
        case(1, "any").workload, (case(1, "torch", skip="not installed"), case(1, "numpy"))
    )
    story = Story(plan(skipping, generations=3))
    assert [m.status for m in story.measurements] == ["skipped", "ok", "ok", "ok"]
    assert {p.total for p in story.progress} == {4}


@pytest.mark.parametrize("answer", [RAISES, CRASH, HANGS])
def test_a_case_that_went_wrong_is_not_measured_again(answer):
    story = Story(
        plan(group(1, "torch", "numpy"), generations=2), stable(torch={"block": [answer]})
    )
    told = [(short(m.case), m.generation, m.status == "ok") for m in story.measurements]
    assert told == [
        ("matmul/1 on torch", 0, False),
        ("matmul/1 on numpy", 0, True),
        ("matmul/1 on numpy", 1, True),
    ]
    assert story.launched() == ["torch", "numpy", "numpy"]


def test_a_case_that_goes_wrong_late_keeps_what_was_measured_before():
    story = Story(
        plan(group(1, "torch"), generations=2, blocks=1), stable(torch={"block": [None, RAISES]})
    )
    assert [(m.generation, m.status) for m in story.measurements] == [(0, "ok"), (1, "failed")]


def test_every_generation_has_its_share_of_the_budget():
    story = Story(plan(group(1, "numpy"), generations=2, blocks=100, budget_s=14.0))
    assert [len(m.samples) for m in story.measurements] == [7, 7]
    assert {m.stop_reason for m in story.measurements} == {"budget"}


@pytest.mark.parametrize(
    ("budget_s", "generations"),
    [(None, 5), (100.0, 5), (50.0, 4), (40.0, 3), (33.0, 3), (22.0, 2), (12.0, 1)],
)
def test_starting_leaves_a_quarter_of_a_generation_or_there_are_three_at_most(
    budget_s, generations
):
    slow = Stable(takes_s={"start": 9.0})
    story = Story(plan(group(1, "numpy"), generations=5, blocks=3, budget_s=budget_s), slow)
    assert len(story.measurements) == generations
    assert story.progress[-1].total == generations
    assert all(m.samples for m in story.measurements)


def test_generations_that_are_not_made_leave_their_time_to_the_others():
    slow = Stable(takes_s={"start": 6.0})
    story = Story(plan(group(1, "numpy"), generations=9, blocks=100, budget_s=40.0), slow)
    assert [len(m.samples) for m in story.measurements] == [2, 2, 2, 2, 2]


def test_what_later_rows_need_to_be_prepared_counts_too():
    slow = {"start": 4.0, "prepare": 3.0}
    rows = [group(size, "numpy") for size in (1, 2, 3)]
    story = Story(plan(*rows, generations=4, budget_s=60.0), Stable(takes_s=slow))
    assert {m.generation for m in story.measurements} == {0, 1, 2}


def test_a_generation_that_would_begin_too_late_is_not_begun():
    slow = Stable(block_s=50.0)
    story = Story(plan(group(1, "numpy"), group(2, "numpy"), generations=3, budget_s=30.0), slow)
    assert [(short(m.case), m.generation, m.status) for m in story.measurements] == [
        ("matmul/1 on numpy", 0, "ok"),
        ("matmul/2 on numpy", 0, "skipped"),
    ]


# --- renewals -----------------------------------------------------------------------------------


def renewing(*groups, scripts=None, renewable=("torch",), **options):
    """Four rounds, in the middle of which a worker that can be renewed is."""
    known = {"blocks": 4, "renewals": 1, **options}
    return Story(plan(*groups, **known), Stable(scripts, renewable=renewable))


def renewals_of(measured):
    return [sample.renewal for sample in measured.samples]


def test_in_a_renewed_worker_the_case_is_prepared_again_and_measured_on():
    story = renewing(group(1, "torch"))
    assert story.journal == lines("""
        torch: start
        torch: prepare matmul/1
        torch: check matmul/1
        torch: warm_up matmul/1
        torch: block matmul/1
        torch: block matmul/1
        torch: renew
        torch: prepare matmul/1
        torch: warm_up matmul/1
        torch: block matmul/1
        torch: block matmul/1
        matmul/1 on torch is ok
        torch: closed
    """)
    assert renewals_of(story.of(1, "torch")) == [0, 0, 1, 1]
    assert [sample.round for sample in story.of(1, "torch").samples] == [0, 1, 2, 3]


def test_who_cannot_be_renewed_goes_on_as_it_is():
    story = renewing(group(1, "numpy", "torch"))
    assert len(story.told("numpy", "prepare")) == 1
    assert story.told("numpy", "renew") == []
    assert renewals_of(story.of(1, "numpy")) == [0] * 4
    assert renewals_of(story.of(1, "torch")) == [0, 0, 1, 1]


def test_what_a_case_was_like_at_first_stays_in_the_record():
    other = wire.Prepared((9.0,))
    story = renewing(group(1, "torch"), scripts={"torch": {"prepare": [None, other]}})
    measured = story.of(1, "torch")
    assert (measured.calls_s, measured.parity) == (CALLS_S, (HELD,))


def together(answers):
    """Two cases in one worker, whose copy checks them again."""
    twins = Group(case(1, "any").workload, (case(1, "torch"), case(2, "torch")))
    script = {"torch": {"check": answers}}
    made = plan(twins, blocks=4, renewals=1)
    return Story(made, Stable(script, renewable=("torch",)), slot=lambda case: 0)


def test_what_a_copy_is_found_to_compute_is_not_recorded_unless_it_is_wrong():
    other, held = ParityCheck("product", error=0.0, tolerance=0.5), (HELD,)
    again, broken = wire.Verified((other,)), wire.Verified((BROKEN,))
    story = together([None, None, again, broken])
    measured = {m.parity: (m.status, len(m.samples)) for m in story.measurements}
    assert measured == {held: ("ok", 4), (BROKEN,): ("parity_failed", 2)}


def test_every_warm_up_is_kept():
    measured = renewing(group(1, "torch")).of(1, "torch")
    assert [sample.renewal for sample in measured.warmup] == [0, 1]


def test_a_renewed_worker_is_told_how_long_a_block_was():
    made = plan(group(1, "torch"))
    asked = []
    one = CaseRun(made.groups[0].cases[0], made, lambda order: asked.append(order) or wire.Warm(()))
    for one.renewal in (0, 1):
        one.warm_up()
        # one that was too short at first, and one that ended early
        one.samples += [Sample(n, host_s=1.0, started_s=0.0) for n in (3, 40, 40, 5)]
    assert asked == [
        wire.WarmUp(one.case.id, made.sampling),
        wire.WarmUp(one.case.id, made.sampling, iterations=40),
    ]


def test_beside_a_case_that_cannot_be_renewed_the_null_and_its_twin_are_not_either():
    """Their luck would average out, and what the null shows of luck is believed of all."""
    story = renewing(group(1, "numpy", "torch", "jax", null="torch"), renewable=("numpy", "torch"))
    renewed = {
        short(m.case): max(renewals_of(m)) for m in story.measurements if "null" not in m.case
    }
    assert renewed == {"matmul/1 on numpy": 1, "matmul/1 on torch": 0, "matmul/1 on jax": 0}
    assert len(story.told("torch", "renew")) == 0


def test_where_all_can_be_renewed_so_is_the_null():
    story = renewing(group(1, "numpy", "torch", null="torch"), renewable=("numpy", "torch"))
    assert {tuple(renewals_of(m)) for m in story.measurements} == {(0, 0, 1, 1)}
    assert len(story.measurements) == 3


@pytest.mark.parametrize(("prepare_s", "renewals"), [(10.0, [0, 0, 0, 0]), (3.0, [0, 0, 1, 1])])
def test_a_row_that_gets_ready_for_longer_than_it_is_measured_is_not_renewed(prepare_s, renewals):
    slow = Stable(renewable=("torch",), takes_s={"prepare": prepare_s})
    story = Story(plan(group(1, "torch"), blocks=4, renewals=1), slow)
    assert renewals_of(story.of(1, "torch")) == renewals


def test_where_nobody_is_left_nothing_is_renewed():
    story = renewing(
        group(1, "numpy", "torch"), scripts={"torch": {"block": [None, CRASH]}}, renewals=3
    )
    assert story.told("torch", "renew") == ["torch: renew"]
    assert len(story.of(1, "numpy").samples) == 4


def test_disturbed_rounds_do_not_count():
    busy = wire.Timed(Sample(iterations=1, host_s=1.0, started_s=0.0, flags=("busy",)))
    story = renewing(group(1, "torch"), scripts={"torch": {"block": [busy, busy, None]}})
    assert renewals_of(story.of(1, "torch")) == [0, 0, 0, 0, 1, 1]


def test_a_worker_of_several_cases_is_renewed_once():
    twins = Group(case(1, "any").workload, (case(1, "torch"), case(2, "torch")))
    story = renewing(twins)
    assert len(story.told("torch", "renew")) == 1
    assert [renewals_of(m) for m in story.measurements] == [[0, 0, 1, 1]] * 2


def test_who_gets_ready_first_changes_from_renewal_to_renewal_and_between_generations():
    """Who comes first gets other memory: as many are prepared in one order as in the other."""
    story = renewing(
        group(1, "numpy", "torch"), renewable=("numpy", "torch"), renewals=3, generations=2
    )
    prepared = [entry.partition(":")[0] for entry in story.journal if ": prepare" in entry]
    # + - - + in the first generation, - - + + in the second
    assert "".join(name[0] for name in prepared[::2]) == "nttn" + "ttnn"


def test_in_renewed_workers_too_all_are_prepared_before_any_is_warmed_up():
    story = renewing(group(1, "numpy", "torch"), renewable=("numpy", "torch"), renewals=1)
    again = story.journal[story.journal.index("torch: renew") + 1 :]
    steps = [entry.split()[1] for entry in again[:4]]
    assert steps == ["prepare", "prepare", "warm_up", "warm_up"]


@pytest.mark.parametrize(
    ("slot", "steps"),
    [
        (lambda case: case.id, ["prepare", "prepare", "warm_up", "warm_up"]),
        (lambda case: 0, ["prepare", "prepare", "check", "check", "warm_up", "warm_up"]),
    ],
    ids=["apart", "together"],
)
def test_in_renewed_workers_only_cases_that_share_one_are_checked_again(slot, steps):
    workload = case(1, "any").workload
    twins = Group(workload, (case(1, "torch"), case(2, "torch")))
    answers = Stable(renewable=("torch",))
    story = Story(plan(twins, blocks=4, renewals=1), answers, slot=slot)
    renewed = max(n for n, entry in enumerate(story.journal) if entry == "torch: renew")
    assert [entry.split()[1] for entry in story.journal[renewed + 1 :]][: len(steps)] == steps


def test_a_worker_is_renewed_in_every_row():
    story = renewing(group(1, "torch"), group(2, "torch"))
    assert len(story.told("torch", "renew")) == 2
    assert story.launched() == ["torch"]


@pytest.mark.parametrize("order", ["renew", "prepare", "warm_up"])
@pytest.mark.parametrize("answer", [RAISES, CRASH], ids=["raises", "dies"])
def test_a_renewal_that_goes_wrong_ends_its_case_alone_and_loses_nothing(order, answer):
    answers = [answer] if order == "renew" else [None, answer]
    story = renewing(group(1, "numpy", "torch"), scripts={"torch": {order: answers}})
    measured = story.of(1, "torch")
    failed = answer.failed if isinstance(answer, Dies) else answer
    assert (measured.status, measured.reason) == (failed.status, failed.reason)
    assert len(measured.samples) == 2
    assert story.of(1, "numpy").status == "ok"
    assert len(story.of(1, "numpy").samples) == 4


def test_a_worker_that_was_not_renewed_is_started_anew_for_the_next_row():
    story = renewing(group(1, "torch"), group(2, "torch"), scripts={"torch": {"renew": [RAISES]}})
    assert story.launched() == ["torch", "torch"]
    assert story.outcomes() == {"matmul/1 on torch": "failed", "matmul/2 on torch": "ok"}


def test_a_renewal_that_is_answered_out_of_turn_fails_the_case():
    story = renewing(group(1, "torch"), scripts={"torch": {"renew": [wire.Warm(())]}})
    assert story.of(1, "torch").reason == "unexpected answer Warm from the worker process"


# --- enough -------------------------------------------------------------------------------------


def timed(*steps_s):
    return [wire.Timed(Sample(iterations=1, host_s=s, started_s=0.0)) for s in steps_s]


def test_a_row_that_is_precise_stops_at_a_look():
    steady = {"block": timed(*[2.0] * 100)}
    story = Story(plan(group(1, "numpy", "torch"), blocks=100), stable(numpy=steady, torch=steady))
    assert [(m.stop_reason, len(m.samples)) for m in story.measurements] == [("precision", 8)] * 2


def test_a_row_is_as_precise_as_its_least_precise_ratio():
    steady, loose = {"block": timed(*[2.0] * 100)}, {"block": timed(*[3.0, 4.0] * 50)}
    story = Story(
        plan(group(1, "numpy", "torch", "jax"), blocks=30, precision=0.05),
        stable(numpy=steady, torch=loose, jax=steady),
    )
    assert {m.stop_reason for m in story.measurements} == {"blocks"}


# --- the end ------------------------------------------------------------------------------------


def interrupted_at(order, nth, backend="numpy"):
    return stable(**{backend: {order: [None] * (nth - 1) + [KeyboardInterrupt()]}})


def test_an_interrupt_keeps_the_case_that_was_under_way():
    story = Story(plan(group(1, "numpy"), blocks=5), interrupted_at("block", 4), KeyboardInterrupt)
    (kept,) = story.measurements
    assert (kept.case, kept.status) == (case(1, "numpy").id, "ok")
    assert (kept.stop_reason, len(kept.samples)) == ("interrupted", 3)


def test_an_interrupt_keeps_all_cases_that_were_under_way_in_turns():
    story = Story(
        plan(group(1, "numpy", "torch"), blocks=5),
        interrupted_at("block", 4, "torch"),
        KeyboardInterrupt,
    )
    kept = {short(m.case): (m.stop_reason, len(m.samples)) for m in story.measurements}
    assert kept["matmul/1 on torch"] == ("interrupted", 3)
    assert kept["matmul/1 on numpy"] in {("interrupted", 3), ("interrupted", 4)}


def test_an_interrupt_in_a_later_generation_keeps_the_earlier_ones():
    story = Story(
        plan(group(1, "numpy"), generations=3, blocks=2),
        interrupted_at("block", 4),
        KeyboardInterrupt,
    )
    kept = [(m.generation, m.stop_reason, len(m.samples)) for m in story.measurements]
    assert kept == [(0, "blocks", 2), (1, "interrupted", 1)]


@pytest.mark.parametrize("order", ["start", "prepare", "check", "warm_up", "block"])
def test_an_interrupt_before_the_first_sample_leaves_nothing(order):
    story = Story(plan(group(1, "numpy")), interrupted_at(order, 1), KeyboardInterrupt)
    assert story.measurements == []


def test_an_interrupt_tells_of_every_finished_case_once():
    story = Story(
        plan(group(1, "numpy"), group(2, "numpy")), interrupted_at("prepare", 2), KeyboardInterrupt
    )
    assert story.outcomes() == {"matmul/1 on numpy": "ok"}


@pytest.mark.parametrize(
    ("answer", "status"), [(None, "ok"), (RAISES, "failed")], ids=["measured", "failed"]
)
def test_an_interrupt_while_memory_is_freed_loses_nothing(answer, status):
    story = Story(
        plan(group(1, "numpy"), group(2, "numpy"), blocks=1),
        stable(numpy={"block": [answer], "release": [KeyboardInterrupt()]}),
        KeyboardInterrupt,
    )
    assert story.outcomes() == {"matmul/1 on numpy": status}


def test_an_interrupt_of_whoever_handles_a_measurement_loses_none_of_its_row():
    stable = Stable()
    supervisor = Supervisor(plan(group(1, "numpy", "torch", "jax")), stable.launch)
    events = supervisor.measure()
    while not isinstance(first := next(events), Measurement):
        pass
    told = [events.throw(KeyboardInterrupt()), next(events), next(events)]
    with pytest.raises(KeyboardInterrupt):
        next(events)
    assert told[0] == first, "it may not have been written"
    assert [short(m.case) for m in told] == [f"matmul/1 on {n}" for n in ("numpy", "torch", "jax")]
    assert {m.stop_reason for m in told} == {"blocks"}
    assert not any(worker.alive for worker in stable.workers)


@pytest.mark.parametrize("order", ["start", "prepare", "check", "block", "release"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_however_it_ends_no_worker_lives_on(order, error):
    story = Story(
        plan(group(1, "numpy", "torch"), group(2, "numpy", "torch")),
        stable(numpy={order: [error()]}),
        ends_with=error,
    )
    assert len(story.stable.workers) == 2
    assert not any(worker.alive for worker in story.stable.workers)


def test_if_nobody_wants_to_hear_more_no_worker_lives_on():
    stable = Stable()
    events = Supervisor(plan(group(1, "numpy", "torch")), stable.launch).measure()
    while not isinstance(next(events), Measurement):
        pass
    assert any(worker.alive for worker in stable.workers)
    events.close()
    assert not any(worker.alive for worker in stable.workers)


def test_a_machine_that_cannot_start_a_worker_closes_those_that_it_started():
    stable = Stable()

    def launch(target, slot=None, *, warm=False):
        if stable.workers:
            raise OSError("out of processes")
        return stable.launch(target, slot, warm=warm)

    with pytest.raises(OSError, match="out of processes"):
        list(Supervisor(plan(group(1, "numpy", "torch")), launch).measure())
    assert [worker.alive for worker in stable.workers] == [False]


def test_a_plan_of_nothing_ends_at_once():
    assert Story(plan()).events == []
