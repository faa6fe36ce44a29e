"""One row: its steps in order, its turns and its end."""

import pytest

from dlbench.harness import wire
from dlbench.harness.supervisor.row import RELEASE_TIMEOUT_S
from dlbench.records.case import Group
from dlbench.records.machine.device_time import DeviceTime, Queued
from dlbench.records.measurement import Measurement, Sample, Taken
from fakes.story import CRASH, RAISES, Story, case, group, lines, plan, short, stable
from fakes.workers import CALLS_S, FACTS, HELD, NO_STRETCH, Stable

# --- all goes well --------------------------------------------------------------------------------


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
        numpy: sustain matmul/1
        torch: sustain matmul/1
        torch: turn matmul/1
        numpy: turn matmul/1
        numpy: turn matmul/1
        torch: turn matmul/1
        numpy: sustain matmul/1
        torch: sustain matmul/1
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
        starting_s=0.0,
        preparing_s=0.0,
        calls_s=CALLS_S,
        warmup=measured.warmup,
        samples=measured.samples,
        stretches=(NO_STRETCH, NO_STRETCH),
        stop_reason="blocks",
        parity=(HELD,),
        facts={**FACTS, "parking": "told to stand still"},
    )
    assert len(measured.warmup) == 1
    assert [sample.started_s for sample in measured.samples] == [1.0, 2.0]


def test_the_part_of_the_device_is_that_of_the_first_stretch():
    told = DeviceTime(1e-5, Queued(16, 0.5, "spin and events"))
    probe = Sample(iterations=8, host_s=8.0, started_s=0.0, issued_s=1.0)
    first = wire.Sustained(NO_STRETCH, told, (probe,))
    later = wire.Sustained(NO_STRETCH, DeviceTime(2e-5))
    workers = Stable({"numpy": {"sustain": [first, later]}})
    measured = Story(plan(group(1, "numpy")), workers).of(1, "numpy")
    assert measured.device == told
    assert measured.warmup[-1] == probe


def test_a_measurement_holds_what_it_took_to_get_there():
    """Workers start together, so each has its share; a worker that runs costs nothing more."""
    slow = Stable(takes_s={"start": 3.0, "prepare": 1.0, "check": 0.5, "warm_up": 0.25})
    story = Story(plan(group(1, "numpy", "torch"), group(2, "torch")), slow)
    assert [(m.starting_s, m.preparing_s) for m in story.measurements] == [
        (3.0, 1.75),
        (3.0, 1.75),
        (0.0, 1.75),
    ]


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
        ("ramping up matmul/1/numpy/cpu/eager/float32/t1", 0),
        ("ramping up matmul/1/torch/cpu/eager/float32/t1", 0),
        *[("measuring matmul/1", 0)] * 4,  # before every turn
        ("ending matmul/1/numpy/cpu/eager/float32/t1", 0),
        ("ending matmul/1/torch/cpu/eager/float32/t1", 0),
        ("preparing matmul/2/torch/cpu/eager/float32/t1", 2),
        ("checking matmul/2/torch/cpu/eager/float32/t1", 2),
        ("warming up matmul/2/torch/cpu/eager/float32/t1", 2),
        ("ramping up matmul/2/torch/cpu/eager/float32/t1", 2),
        ("measuring matmul/2", 2),
        ("measuring matmul/2", 2),
        ("ending matmul/2/torch/cpu/eager/float32/t1", 2),
    ]
    assert {p.total for p in progress} == {3}
    timed = {p.doing.partition(" matmul")[0] for p in progress if p.is_timed}
    assert timed == {"warming up", "ramping up", "measuring", "ending"}


def test_progress_names_the_phase_the_row_the_case_and_the_round():
    progress = Story(plan(group(1, "numpy", "torch"), generations=2, blocks=2)).progress
    assert {p.row for p in progress} == {"matmul/1"}
    assert all(p.doing.startswith(f"{p.phase} ") for p in progress)
    assert {p.generations for p in progress} == {2}
    assert [p.generation for p in progress] == sorted(p.generation for p in progress)
    turns = [p for p in progress if p.phase == "measuring"]
    assert [(p.round, p.rounds) for p in turns] == [(1, 2), (1, 2), (2, 2), (2, 2)] * 2
    of_one = {"preparing", "checking", "warming up", "ramping up", "measuring", "ending"}
    assert {p.phase for p in progress if p.case} == of_one
    assert {p.phase for p in progress} == {"starting", *of_one}


def test_the_blocks_of_every_turn_are_told_at_once_and_stand_in_the_record():
    story = Story(
        plan(group(1, "numpy", "torch"), blocks=4), stable(torch={"turn": [None, RAISES]})
    )
    taken = [event for event in story.events if isinstance(event, Taken)]
    for backend in ("numpy", "torch"):
        blocks = [b for one in taken if one.case == case(1, backend).id for b in one.blocks]
        assert tuple(blocks) == story.of(1, backend).samples


def test_a_restart_of_workers_is_told():
    story = Story(plan(group(1, "numpy"), blocks=8, renewals=1), Stable(renewable={"numpy"}))
    (renewing,) = [p for p in story.progress if p.phase == "renewing"]
    assert (renewing.doing, renewing.is_timed) == ("renewing 1 worker", True)


def test_progress_counts_what_is_planned_without_self_checks():
    progress = Story(plan(group(1, "numpy", null="numpy"), group(2, "numpy"))).progress
    assert {p.total for p in progress} == {2}
    assert sorted({p.done for p in progress}) == [0, 1]


def test_progress_moves_with_every_sample():
    progress = Story(plan(group(1, "numpy", "torch", null="numpy"), blocks=4)).progress
    parts = [p.part for p in progress if p.doing.startswith("measuring")]
    assert parts == pytest.approx([turn * 2 / 12 for turn in range(12)])


def test_orders_wait_as_long_as_the_plan_says_and_a_release_as_long_as_memory_takes():
    plan_of_two = plan(group(1, "numpy"), group(2, "numpy"), blocks=1)
    timeouts = Story(plan_of_two).stable.timeouts
    assert timeouts == [*[5.0] * 7, RELEASE_TIMEOUT_S, *[5.0] * 6]


# --- turns ----------------------------------------------------------------------------------------


def blocks_in(story):
    return [entry.partition(":")[0] for entry in story.journal if ": turn" in entry]


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
    story = Story(plan(group(1, "numpy", "torch"), blocks=3), stable(numpy={"turn": [None, CRASH]}))
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


def test_the_worker_of_a_null_lives_on_while_rows_need_it():
    rows = [group(size, "numpy", "torch", null="numpy") for size in (1, 2, 3)]
    assert sorted(Story(plan(*rows)).launched()) == ["numpy", "numpy", "torch"]


def test_every_generation_has_a_null_of_its_own():
    row = group(1, "numpy", "torch", nulls=["numpy", "torch"])
    story = Story(plan(row, generations=3))
    copies = [m for m in story.measurements if m.case.endswith("/null")]
    assert [(short(m.case), m.generation) for m in copies] == [
        ("matmul/1 on numpy", 0),
        ("matmul/1 on torch", 1),
        ("matmul/1 on numpy", 2),
    ]


# --- enough ---------------------------------------------------------------------------------------


def timed(*steps_s):
    return [wire.Timed((Sample(iterations=1, host_s=s, started_s=0.0),)) for s in steps_s]


def test_a_row_that_is_precise_stops_at_a_look():
    steady = {"turn": timed(*[2.0] * 100)}
    story = Story(plan(group(1, "numpy", "torch"), blocks=100), stable(numpy=steady, torch=steady))
    assert [(m.stop_reason, len(m.samples)) for m in story.measurements] == [("precision", 8)] * 2


def lone(blocks, null=None):
    """A row of two close cases and one far behind, measured for so many rounds."""
    close = [{"turn": timed(*[2.0, 2.4] * 50)}, {"turn": timed(*[2.5, 2.1] * 50)}]
    far = {"turn": timed(*[20.0, 21.0] * 100)}
    row = group(1, "numpy", "torch", "jax", null=null)
    answers = stable(numpy=close[0], torch=close[1], jax=far)
    return Story(plan(row, blocks=blocks, precision=1e-6), answers)


def test_a_case_that_is_far_behind_beyond_doubt_drops_out_of_the_rounds():
    story = lone(24)
    ends = {short(m.case): (m.stop_reason, len(m.samples)) for m in story.measurements}
    assert ends == {
        "matmul/1 on jax": ("decided", 8),
        "matmul/1 on numpy": ("blocks", 24),
        "matmul/1 on torch": ("blocks", 24),
    }
    assert len(story.of(1, "jax").stretches) == 2


def test_a_null_pair_keeps_all_its_rounds():
    ends = {m.case: (m.stop_reason, len(m.samples)) for m in lone(24, null="jax").measurements}
    assert set(ends.values()) == {("blocks", 24)}


def test_a_row_is_as_precise_as_its_least_precise_ratio():
    steady, loose = {"turn": timed(*[2.0] * 100)}, {"turn": timed(*[3.0, 4.0] * 50)}
    story = Story(
        plan(group(1, "numpy", "torch", "jax"), blocks=30, precision=0.05),
        stable(numpy=steady, torch=loose, jax=steady),
    )
    assert {m.stop_reason for m in story.measurements} == {"blocks"}
