"""What a training shows, in words, as bars and as a table; all times and losses are told."""

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench.records.training import EpochResult, Lap
from dlbench.report.trainings import tables as training
from dlbench.report.trainings.tables import (
    describe_end,
    describe_epoch,
    describe_epoch_briefly,
    seconds_to,
)
from fakes.trainings import NUMPY, OUTPUTS, TORCH, broken, epochs, found, interrupted, trained

RUN = found().run
HALF = EpochResult(2, loss=0.5, seconds=0.5, test_loss=1.0, accuracy=0.25)

# Three seeds that end at 0.6, 0.8 and 0.9; every epoch takes half a second.
SEEDS = (
    trained(0.1, 0.5, 0.6, seed=0),
    trained(0.1, 0.4, 0.8, seed=1),
    trained(0.1, 0.2, 0.9, seed=2, loss=4.0),
)
COMMON = "All with: numpy, cpu, eager, float32, 1 thread, tensors"
EPOCHS = "Epochs of numpy: 500 ms to 500 ms"
LECTURE = "Lecture, 150 epochs: test accuracy 0.9"


def texts(grid, row=0):
    _, cells = grid.rows[row]
    return [(cell.text, cell.below) for cell in cells]


def shown(told):
    stream = io.StringIO()
    training.show(told, Console(file=stream, width=200, force_terminal=False))
    return stream.getvalue()


def predictions(told):
    """The lines on predictions: a head for each row, and below it a line per target."""
    lines = shown(told).splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("Prediction")), len(lines))
    return lines[start:]


# --- sentences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (HALF, "loss 0.500, test loss 1.00, test accuracy 0.250"),
        (replace(HALF, accuracy=None), "loss 0.500, test loss 1.00"),
        (replace(HALF, test_loss=None), "loss 0.500, test accuracy 0.250"),
        (replace(HALF, accuracy=None, test_loss=None), "loss 0.500"),
        (replace(HALF, loss=1234567.0, accuracy=None), "loss 1.23e+06, test loss 1.00"),
    ],
)
def test_an_epoch_in_words(result, sentence):
    words = describe_epoch(RUN, Lap(NUMPY, 4, result))
    assert words == f"numpy, seed 4: epoch 2/3, {sentence}"


def test_an_epoch_in_few_words_has_what_matters_most():
    accuracy, regression = HALF, replace(HALF, accuracy=None)
    for result, figure in ((accuracy, "test accuracy 0.250"), (regression, "test loss 1.00")):
        words = describe_epoch_briefly(RUN, Lap(NUMPY, 4, result))
        assert words == f"numpy, seed 4: epoch 2/3, {figure}"


def test_a_device_is_named_where_it_is_not_the_cpu():
    target = replace(TORCH, device="cuda:1")
    run = found(trained(0.1, target=target)).run
    assert training.name(run, target) == "torch cuda:1"


def test_mode_and_loop_are_named_where_they_differ():
    other = replace(TORCH, mode="compile", loop="dataloader")
    run = found(trained(0.1), trained(0.1, target=other)).run
    assert training.name(run, NUMPY) == "numpy eager tensors"
    assert training.name(run, other) == "torch compile dataloader"


def test_dtype_and_threads_are_named_where_there_are_several():
    other = replace(NUMPY, dtype="float64", threads=2)
    run = found(trained(0.1), trained(0.1, target=other)).run
    assert training.name(run, NUMPY) == "numpy float32 1 thread"
    assert training.name(run, other) == "numpy float64 2 threads"


def test_how_a_training_ended_in_words():
    assert describe_end(RUN, trained(0.1, 0.2, 0.75, seed=2)) == (
        "numpy, seed 2: 3 epochs in 1.50 s, loss 0.333, test loss 0.667, test accuracy 0.750"
    )


@pytest.mark.parametrize(
    ("accuracies", "after"),
    [((), "after 0 epochs"), ((0.1,), "after 1 epoch"), ((0.1, 0.2), "after 2 epochs")],
)
def test_why_a_training_failed_and_after_how_much(accuracies, after):
    words = describe_end(RUN, broken(*accuracies, target=TORCH, seed=1))
    assert words == f"torch, seed 1: no room on the card ({after})"


# --- the table ----------------------------------------------------------------------------------


def test_the_table_has_medians_over_the_seeds_and_how_far_they_spread():
    grid = training.lay_out(found(*SEEDS))
    assert grid.title == "iris: batch 32, 3 epochs; median over 3 seeds (lowest–highest)"
    assert [" ".join(head) for head in grid.heads] == [
        "training loss",
        "test loss",
        "test accuracy",
        "time per epoch",
    ]
    assert [label for label, _ in grid.rows] == ["numpy"]
    assert texts(grid) == [
        ("0.333", "0.333–1.33"),
        ("0.667", "0.667–2.67"),
        ("0.800", "0.600–0.900"),
        ("500 ms", "500 ms–500 ms"),
    ]


def test_one_seed_has_no_spread():
    cells = texts(training.lay_out(found(trained(0.1, 0.2, 0.75))))
    assert cells == [(text, "") for text in ("0.333", "0.667", "0.750", "500 ms")]


def test_what_there_is_not_is_a_dash():
    regression = found(trained(None, None, None), network="abalone")
    assert texts(training.lay_out(regression))[1:3] == [("0.667", ""), ("–", "")]
    untested = found(trained(None, None, None, tested=False), network="fruit-2-1")
    assert texts(training.lay_out(untested))[1:3] == [("–", ""), ("–", "")]


def test_the_first_epoch_does_not_count_for_the_time_unless_there_is_no_other():
    first, *rest = epochs(0.1, 0.2, 0.3)
    slow = replace(first, seconds=60.0)
    longer = replace(trained(), epochs=(slow, *rest))
    assert texts(training.lay_out(found(longer)))[3] == ("500 ms", "")
    single = replace(trained(), epochs=(slow,))
    assert texts(training.lay_out(found(single, length=1)))[3] == ("60.0 s", "")


@pytest.mark.parametrize(
    ("goal", "cell"),
    [
        (0.1, ("500 ms", "3 of 3 seeds")),
        (0.5, ("1.50 s", "3 of 3 seeds")),
        (0.85, ("not reached", "1 of 3 seeds")),
        (0.95, ("not reached", "0 of 3 seeds")),
    ],
)
def test_a_goal_has_the_median_time_of_the_seeds_that_reach_it(goal, cell):
    grid = training.lay_out(found(*SEEDS, goal=goal))
    assert grid.heads[-1] == ("time to", f"accuracy {goal:g}")
    assert texts(grid)[-1] == cell


def test_a_goal_of_one_seed_is_reached_or_not():
    assert texts(training.lay_out(found(SEEDS[0], goal=0.5)))[-1] == ("1.00 s", "")


def test_failed_seeds_are_notes_and_the_others_count():
    grid = training.lay_out(found(SEEDS[0], broken(0.1, seed=1), goal=0.5))
    assert texts(grid)[2:] == [("0.600", ""), ("500 ms", ""), ("not reached", "1 of 2 seeds")]
    assert [label for label, _ in grid.rows] == ["numpy, 1 of 2 seeds"]
    failure, _, _, seeds, lecture = grid.notes
    assert failure == "[1] numpy, seed 1: no room on the card (after 1 epoch)"
    assert seeds.startswith("numpy, seed by seed: training loss 0.333, failed; ")
    assert seeds.endswith("test accuracy 0.600, failed")
    assert lecture.startswith(LECTURE)


def test_a_target_without_any_good_training_has_failed():
    grid = training.lay_out(found(trained(0.1, 0.2, 0.3), broken(target=TORCH), goal=0.5))
    assert [label for label, _ in grid.rows] == ["numpy", "torch"]
    assert texts(grid, row=1) == [("failed", "")] * 5


def test_an_interrupted_training_has_not_failed_and_does_not_count():
    told = found(SEEDS[0], SEEDS[1], interrupted(0.1, seed=2), goal=0.7, seeds=(0, 1, 2, 3))
    grid = training.lay_out(told)
    assert grid.title == (
        "iris: batch 32, 3 epochs; median over the finished of 4 seeds (lowest–highest)"
    )
    assert [label for label, _ in grid.rows] == ["numpy, 2 of 4 seeds"]
    assert texts(grid)[-1] == ("not reached", "1 of 2 seeds")
    [failure, _, _, seeds, _] = grid.notes
    assert failure == "[1] numpy, seed 2: interrupted (after 1 epoch)"
    assert seeds.endswith("test accuracy 0.600, 0.800, interrupted")


def test_a_target_that_was_interrupted_at_once_has_not_failed():
    grid = training.lay_out(found(trained(0.1, 0.2, 0.3), interrupted(0.1, target=TORCH)))
    assert texts(grid, row=1) == [("interrupted", "")] * 4


def test_what_the_lecture_reports_is_a_note_where_it_does():
    assert training.lay_out(found(SEEDS[0])).notes == (COMMON, EPOCHS, LECTURE)
    assert training.lay_out(found(network="mnist-512")).notes == (
        "Lecture, 1 epoch: test accuracy 0.9705, test loss 0.099, training loss 0.3598",
        "Lecture, 2 epochs: test accuracy 0.9751, test loss 0.0796, training loss 0.1004",
    )
    assert training.lay_out(found(network="abalone")).notes == ()


def test_beside_the_lecture_stand_the_medians_after_as_many_epochs():
    told = found(trained(0.2, 0.4, 0.9), trained(0.4, 0.8, 0.1, seed=1), network="mnist-512")
    first, second = training.lay_out(told).notes[-2:]
    assert first.startswith("Lecture, 1 epoch: test accuracy 0.9705 (here 0.300), ")
    assert second.startswith("Lecture, 2 epochs: test accuracy 0.9751 (here 0.600), ")
    assert "training loss 0.1004 (here " in second


def test_every_seed_has_its_end():
    [_, _, line, _] = training.lay_out(found(*SEEDS)).notes
    assert line.endswith("test accuracy 0.600, 0.800, 0.900")
    many = [trained(0.5, seed=seed) for seed in range(training.MOST_LISTED + 1)]
    assert [note for note in training.lay_out(found(*many)).notes if "seed by seed" in note] == []


def test_everything_is_shown_and_nothing_is_taken_for_markup():
    page = shown(found(SEEDS[0], broken(seed=1, reason="a [bold] reason")))
    assert page.startswith("20260101-120000-train-iris: A Processor, 2 of 4 cores")
    assert "\n\niris: batch 32, 3 epochs; median over the finished of 2 seeds" in page
    assert "numpy" in page
    assert "[1] numpy, seed 1: a [bold] reason (after 0 epochs)\n" in page
    assert f"{LECTURE}\n" in page


@pytest.mark.parametrize("results", [(), (broken(),)], ids=["nothing", "only failures"])
def test_what_came_to_nothing_can_be_shown(results):
    assert "framework" in shown(found(*results, goal=0.5))


# --- single rows --------------------------------------------------------------------------------


def test_a_class_is_predicted_beside_the_lecture_s():
    told = found(
        trained(0.1, predictions=(OUTPUTS,)),
        trained(0.1, predictions=((0.75, 0.125, 0.125),), target=TORCH),
    )
    assert predictions(told) == [
        "Prediction for [5.1, 3.5, 1.4, 0.2], seed 0; lecture: class 0",
        "  numpy: class 1 (0.25, 0.5, 0.25)",
        "  torch: class 0 (0.75, 0.125, 0.125)",
    ]


def test_of_a_long_row_the_beginning_is_shown():
    told = found(trained(0.1, predictions=((0.75,),)), network="ionosphere")
    assert predictions(told) == [
        "Prediction for [1, 0, 0.99539, -0.05889, ...], seed 0; lecture: class g, 1",
        "  numpy: class 1 (0.75)",
    ]


def test_a_number_is_predicted_as_a_number():
    told = found(trained(None, tested=False, predictions=((0.123456,),)), network="fruit-2-1")
    assert predictions(told) == [
        "Prediction for [2, 0], seed 0",
        "  numpy: 0.123",
    ]


def test_the_first_seed_speaks_for_its_target_and_a_failed_one_says_nothing():
    told = found(
        broken(),
        trained(0.1, seed=1, predictions=(OUTPUTS,)),
        trained(0.1, target=TORCH, predictions=(OUTPUTS,)),
    )
    [_, line] = predictions(told)
    assert line.startswith("  torch: class 1")
    assert predictions(found(broken())) == []


@pytest.mark.parametrize(
    ("goal", "seconds"), [(0.05, 0.5), (0.1, 0.5), (0.11, 1.0), (0.6, 1.5), (0.7, None)]
)
def test_the_time_to_a_goal_is_that_of_all_epochs_up_to_it(goal, seconds):
    assert seconds_to(goal, trained(0.1, 0.2, 0.6)) == seconds


def test_who_falls_back_has_been_there_and_who_has_no_accuracy_never_is():
    assert seconds_to(0.5, trained(0.1, 0.6, 0.2)) == 1.0
    assert seconds_to(0.5, trained(None, None)) is None
