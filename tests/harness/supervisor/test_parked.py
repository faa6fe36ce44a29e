"""Parked workers use no CPU time, and the record proves it."""

from dlbench.harness import wire
from dlbench.harness.supervisor.stopping import MOST_ROUNDS_FACTOR
from dlbench.records.measurement import Sample
from fakes.story import Story, group, plan
from fakes.workers import Stable

# That no two workers run at once is asserted by the scripted workers, in every story.


def parked_s(story):
    return [[sample.parked_s for sample in m.samples] for m in story.measurements]


def test_the_record_proves_that_parked_workers_were_silent():
    story = Story(plan(group(1, "numpy", "torch"), group(2, "torch"), blocks=2))
    assert parked_s(story) == [[0.0, 0.0]] * 3
    assert {sample.flags for m in story.measurements for sample in m.samples} == {()}


def test_a_parked_worker_that_is_not_silent_is_seen():
    story = Story(plan(group(1, "numpy", "torch", "jax")), Stable(leak_s=0.25))
    assert parked_s(story) == [[0.5] * 2 * MOST_ROUNDS_FACTOR] * 3
    assert {sample.flags for m in story.measurements for sample in m.samples} == {("unparked",)}


def test_a_worker_kept_for_a_later_row_must_be_silent_too():
    story = Story(
        plan(group(1, "numpy", "torch"), group(2, "torch"), group(3, "numpy")), Stable(leak_s=0.25)
    )
    assert set(story.of(2, "torch").samples[0].flags) == {"unparked"}


def test_a_flag_of_the_worker_is_kept_beside():
    busy = wire.Timed((Sample(iterations=1, host_s=1.0, started_s=0.0, flags=("busy",)),))
    script = {"numpy": {"turn": [busy]}}
    story = Story(plan(group(1, "numpy", "torch"), blocks=1), Stable(script, leak_s=0.25))
    assert story.of(1, "numpy").samples[0].flags == ("busy", "unparked")


def test_where_cpu_time_cannot_be_read_silence_is_unknown():
    story = Story(plan(group(1, "numpy", "torch")), Stable(leak_s=None))
    assert parked_s(story) == [[None, None]] * 2


def test_how_workers_are_parked_is_in_the_record():
    assert Story(plan(group(1, "numpy"))).of(1, "numpy").facts["parking"] == "told to stand still"
