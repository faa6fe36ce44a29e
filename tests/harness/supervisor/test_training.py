"""Trainings by workers that are told what to answer: which trains when, and what is told of it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.training import TrainingPlan
from dlbench.networks.base import every
from dlbench.records.training import Lap, TrainingResult, TrainingStarts, by_target
from fakes.trainings import LEARNT, NUMPY, OUTPUTS, TORCH, School, broken, trained

ROW = (5.1, 3.5, 1.4, 0.2)
NO_NUMBER = wire.Failed("failed", "the training loss of epoch 2 is not a finite number")


def events(school, *targets, seeds=(0,), length=3, **beside):
    """What is told, as it comes."""
    network = replace(every()["iris"], epochs=length)
    return TrainingPlan(network, **beside).train(targets, seeds, school.launch)


def results(school, *targets, seeds=(0,), **how):
    told = events(school, *targets, seeds=seeds, **how)
    return [event for event in told if isinstance(event, TrainingResult)]


# --- all goes well ------------------------------------------------------------------------------


def test_every_epoch_is_told_and_at_the_end_the_whole_training():
    assert list(events(School(), NUMPY, rows=(ROW,))) == [
        TrainingStarts(NUMPY, 0),
        *(Lap(NUMPY, 0, epoch) for epoch in LEARNT[:3]),
        TrainingResult(NUMPY, 0, "ok", LEARNT[:3], predictions=(OUTPUTS,)),
    ]


def test_an_epoch_is_told_before_the_next_begins():
    school = School()
    told = events(school, NUMPY)
    assert next(told) == TrainingStarts(NUMPY, 0)
    assert school.journal == []
    next(told)
    assert school.journal == ["numpy start", "numpy seed 0", "numpy seed 0 epoch 1"]
    next(told)
    assert school.journal[3:] == ["numpy seed 0 epoch 2"]
    told.close()
    assert school.journal[4:] == ["numpy closed"]


def test_nothing_is_started_before_anybody_listens():
    school = School()
    events(school, NUMPY)
    assert school.journal == []


def test_targets_come_one_after_the_other_and_all_seeds_of_one_share_its_worker():
    school = School()
    list(events(school, NUMPY, TORCH, seeds=(0, 1), length=1))
    assert school.journal == [
        f"{backend} {what}"
        for backend in ("numpy", "torch")
        for what in (
            "start",
            "seed 0",
            "seed 0 epoch 1",
            "seed 1",
            "seed 1 epoch 1",
            "closed",
        )
    ]


def test_seeds_come_in_the_order_in_which_they_are_given():
    found = results(School(), NUMPY, seeds=(7, 3, 5))
    assert [one.seed for one in found] == [7, 3, 5]


def test_the_worker_is_told_the_network_with_its_schedule():
    school = School()
    results(school, NUMPY, length=2)
    [order] = school.orders
    assert order == wire.StartTraining(replace(every()["iris"], epochs=2), 0)


# --- something goes wrong -----------------------------------------------------------------------


def test_a_worker_that_does_not_start_says_why_for_every_seed_and_the_others_go_on():
    school = School({"numpy start": wire.Failed("skipped", "there is no such device")})
    found = results(school, NUMPY, TORCH, seeds=(0, 1))
    assert found[:2] == [
        TrainingResult(NUMPY, seed, "skipped", (), "there is no such device") for seed in (0, 1)
    ]
    assert [(one.target, one.status) for one in found[2:]] == [(TORCH, "ok")] * 2


def test_a_failure_in_the_middle_keeps_the_epochs_before_and_goes_on_with_the_next_seed():
    school = School({"numpy seed 0 epoch 2": NO_NUMBER})
    first, second = results(school, NUMPY, seeds=(0, 1))
    assert first == TrainingResult(NUMPY, 0, "failed", LEARNT[:1], NO_NUMBER.reason)
    assert (second.seed, second.status, second.epochs) == (1, "ok", LEARNT[:3])


@pytest.mark.parametrize("status", ["failed", "timed_out", "out_of_memory", "skipped"])
def test_the_status_is_the_one_that_the_worker_gives(status):
    [one] = results(School({"numpy seed 0": wire.Failed(status, "a reason")}), NUMPY)
    assert one == TrainingResult(NUMPY, 0, status, (), "a reason")


def test_a_failure_in_the_predictions_keeps_all_epochs():
    school = School({"numpy seed 0 predict": wire.Failed("failed", "ValueError: shapes")})
    [one] = results(school, NUMPY, rows=(ROW,))
    assert one == TrainingResult(NUMPY, 0, "failed", LEARNT[:3], "ValueError: shapes")


def test_an_answer_out_of_turn_is_a_failure():
    [one] = results(School({"numpy seed 0 epoch 3": wire.WorkedOut((1.0,))}), NUMPY)
    assert one.reason == "unexpected answer WorkedOut from the worker process"
    assert (one.status, one.epochs) == ("failed", LEARNT[:2])


def test_an_interrupt_tells_what_there_is_and_then_goes_on_up():
    school, told = School({"numpy seed 1 epoch 3": KeyboardInterrupt()}), []
    with pytest.raises(KeyboardInterrupt):
        told.extend(events(school, NUMPY, TORCH, seeds=(0, 1)))
    assert told[-1] == TrainingResult(NUMPY, 1, "failed", LEARNT[:2], "interrupted")
    assert [event.status for event in told if isinstance(event, TrainingResult)] == ["ok", "failed"]
    assert school.journal[-2:] == ["numpy seed 1 epoch 3", "numpy closed"]


def test_an_interrupt_while_a_worker_starts_leaves_nothing_to_tell():
    school, told = School({"numpy start": KeyboardInterrupt()}), []
    with pytest.raises(KeyboardInterrupt):
        told.extend(events(school, NUMPY))
    assert told == [TrainingStarts(NUMPY, 0)]
    assert school.journal == ["numpy start", "numpy closed"]


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"numpy start": NO_NUMBER},
        {"numpy seed 0": NO_NUMBER},
        {"torch seed 1 epoch 1": NO_NUMBER, "torch seed 1 predict": NO_NUMBER},
    ],
)
def test_all_workers_are_closed(answers):
    school = School(answers)
    results(school, NUMPY, TORCH, seeds=(0, 1))
    assert [worker.alive for worker in school.workers] == [False, False]
    assert school.journal.index("numpy closed") < school.journal.index("torch start")


# --- what is written beside ---------------------------------------------------------------------


def test_every_training_has_folders_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    school = School()
    beside = {"tensorboard": Path("logs"), "checkpoint": Path("kept")}
    results(school, NUMPY, TORCH, seeds=(0, 1), **beside)
    below = [
        Path(f"{backend}-cpu-eager-float32-t1-tensors") / f"seed-{seed}"
        for backend in ("numpy", "torch")
        for seed in (0, 1)
    ]
    orders, here = school.orders, Path.cwd()
    assert [Path(order.tensorboard) for order in orders] == [here / "logs" / b for b in below]
    assert [Path(order.checkpoint) for order in orders] == [here / "kept" / b for b in below]


def test_a_folder_is_given_whole_and_its_name_is_one_everywhere(tmp_path):
    school = School()
    target = replace(NUMPY, device="cuda:1")
    results(school, target, tensorboard=tmp_path)
    [order] = school.orders
    assert order.tensorboard == str(tmp_path / "numpy-cuda1-eager-float32-t1-tensors" / "seed-0")
    assert order.checkpoint is None


def test_trainings_are_sorted_by_target_in_the_order_of_the_run():
    first, other, last = trained(0.1, target=TORCH), broken(), trained(0.2, target=TORCH, seed=1)
    assert list(by_target([first, other, last]).items()) == [
        (TORCH, [first, last]),
        (NUMPY, [other]),
    ]


def test_a_worker_that_has_died_is_started_anew_for_the_next_seed():
    killed = wire.Failed("out_of_memory", "the system killed the worker process")
    school = School({"numpy seed 0 epoch 2": killed}, deadly=True)
    first, second = results(school, NUMPY, seeds=(0, 1))
    assert (first.status, len(first.epochs)) == ("out_of_memory", 1)
    assert (second.status, len(second.epochs)) == ("ok", 3)
    assert school.journal.count("numpy start") == 2


def test_a_result_that_was_being_written_is_told_again_on_an_interrupt():
    told = events(School(), NUMPY, length=1)
    next(told)
    next(told)
    result = next(told)
    assert told.throw(KeyboardInterrupt()) == result
    with pytest.raises(KeyboardInterrupt):
        next(told)
