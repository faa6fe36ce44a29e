"""What is said while a training goes on: as bars, in words, and in a log."""

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench.records.training import Lap, TrainingStarts
from dlbench.report.trainings.watching import (
    BARS,
    CURVE_WIDTH,
    LINES_OF_A_TRAINING,
    NARROWEST,
    curve,
    fitted,
    watching_training,
)
from fakes.trainings import NUMPY, TORCH, epochs, found, trained

RUN = found().run


def terminal(width):
    return Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)


# --- curves -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([float(value) for value in range(8)], BARS),
        ([float(value) for value in reversed(range(8))], BARS[::-1]),
        ([1.0, 3.0, 1.0], "▁█▁"),
        ([-1.0, -8.0], "█▁"),
        ([0.5], "▁"),
        ([2.0, 2.0, 2.0], "▁▁▁"),
    ],
)
def test_a_curve_goes_from_the_lowest_to_the_highest_value(values, bars):
    assert curve(values) == bars


def test_of_a_long_curve_the_end_is_shown_on_the_scale_of_all():
    bars = curve([0.0, *[7.0] * 100, 3.0])
    assert bars == BARS[-1] * (CURVE_WIDTH - 1) + BARS[3]


@pytest.mark.parametrize(
    ("width", "bars", "words"),
    [
        (80, 32, "in many words"),
        (30, 15, "in many words"),
        (23, NARROWEST, "in many words"),
        (22, 15, "short"),
        (15, NARROWEST, "short"),
        (9, NARROWEST, "short"),
    ],
)
def test_the_curve_takes_the_room_that_the_words_leave(width, bars, words):
    values = [float(number) for number in range(100)]
    line = fitted(values, ("in many words", "short"), width)
    assert line == f"{curve(values, bars)}  {words}"


# --- while it goes on ---------------------------------------------------------------------------


def watch(watcher, length):
    """A training of so many epochs, from the first to its end."""
    whole = trained(*[0.5] * length)
    for result in whole.epochs:
        watcher.see(Lap(NUMPY, 0, result))
    watcher.see(whole)


@pytest.mark.parametrize("length", [1, 2, 4, 5, 7, 12, 99, 150])
def test_a_log_gets_a_few_lines_of_every_training(length):
    stream = io.StringIO()
    console = Console(file=stream, width=40, force_terminal=False)
    with watching_training(console) as watcher:
        watcher.see(found(length=length).run)
        watch(watcher, length)
    *lines, end = stream.getvalue().splitlines()
    assert len(lines) == min(LINES_OF_A_TRAINING, length)
    assert f"epoch {length}/{length}, " in lines[-1]
    assert f"seed 0: {length} epoch" in end


def test_a_terminal_has_a_line_that_lives_and_keeps_only_the_ends():
    stream = io.StringIO()
    console = Console(file=stream, width=200, force_terminal=True, color_system=None)
    whole = trained(0.1, 0.8)
    with watching_training(console) as watcher:
        watcher.see(found(length=2).run)
        for result in whole.epochs:
            watcher.see(Lap(NUMPY, 0, result))
        assert str(watcher.live.get_renderable()) == (
            "▁█  numpy, seed 0: epoch 2/2, loss 0.500, test loss 1.00, test accuracy 0.800"
        )
        watcher.see(whole)
        assert str(watcher.live.get_renderable()) == ""
    assert "numpy, seed 0: 2 epochs in 1.00 s" in stream.getvalue()


def test_the_live_curve_is_of_losses_where_there_is_no_accuracy():
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
    with watching_training(console) as watcher:
        watcher.see(RUN)
        for result in epochs(None, None):
            watcher.see(Lap(NUMPY, 0, result))
        assert str(watcher.live.get_renderable()).startswith("█▁  numpy")


def test_at_80_columns_the_newest_epoch_and_the_accuracy_are_seen():
    long = replace(RUN.network, epochs=150)
    console = terminal(80)
    many = epochs(*[0.5] * 149, 0.9138)
    with watching_training(console) as watcher:
        watcher.see(replace(RUN, network=long, targets=(replace(TORCH, backend="tensorflow"),)))
        for result in many:
            watcher.see(Lap(replace(TORCH, backend="tensorflow"), 0, result))
            line = str(watcher.live.get_renderable())
            assert len(line) <= 80
        assert line.startswith("▁" * 7)
        assert "█  tensorflow, seed 0: epoch 150/150, " in line
        assert line.endswith("test accuracy 0.914")


def test_while_the_next_framework_starts_its_name_is_shown():
    with watching_training(terminal(80)) as watcher:
        watcher.see(replace(RUN, targets=(NUMPY, TORCH), seeds=(0,)))
        watcher.see(Lap(NUMPY, 0, epochs(0.5)[0]))
        watcher.see(trained(0.1))
        watcher.see(TrainingStarts(TORCH, 0))
        assert str(watcher.live.get_renderable()) == "starting torch"
        watcher.see(replace(RUN, targets=(NUMPY, TORCH), seeds=(0, 1)))
        watcher.see(TrainingStarts(TORCH, 1))
        assert str(watcher.live.get_renderable()) == "starting torch, seed 1"
