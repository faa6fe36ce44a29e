"""The learning curve as a picture: what is drawn is read back from matplotlib's own objects."""

from xml.etree import ElementTree as ET

import pytest

from dlbench.report.trainings import learning_curve
from fakes.trainings import NUMPY, TORCH, broken, found, trained

NAME = "numpy"

CLASSES = found(trained(0.1, 0.5, 0.9), trained(0.2, 0.3, 0.4, target=TORCH), goal=0.75)
SEEDS = found(trained(0.1, 0.5), trained(0.3, 0.4, seed=1), trained(0.2, 0.9, seed=2))
REGRESSION = found(trained(None, None, None), network="abalone", goal=0.75)
UNTESTED = found(trained(None, None, tested=False), network="fruit-2-1", goal=0.75)


def panels(told):
    """Against epochs, and against seconds."""
    return learning_curve.draw(told).axes


def lines(axes, label=NAME):
    """What is drawn under this name; without one, what is drawn thinly."""
    return [line for line in axes.lines if line.get_label() == label]


def thin(axes):
    return [line for line in axes.lines if line.get_linewidth() == learning_curve.SEED["linewidth"]]


def goals(told):
    return [line for axes in panels(told) for line in axes.lines if line.get_linestyle() == ":"]


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [CLASSES, SEEDS, REGRESSION, UNTESTED])
def test_a_curve_becomes_an_svg_and_a_png(told, tmp_path):
    svg, png = learning_curve.write(told, tmp_path)
    assert (svg, png) == (tmp_path / "learning-curve.svg", tmp_path / "learning-curve.png")
    assert png.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    root = ET.parse(svg).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {f"{told.run.network.name}: learning curve", "epochs", NAME} <= texts


@pytest.mark.parametrize("results", [(), (broken(), broken(seed=1))])
def test_where_no_epoch_was_trained_nothing_is_drawn(results, tmp_path):
    assert learning_curve.write(found(*results), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_same_data_give_the_same_svg(tmp_path):
    written = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        svg, _ = learning_curve.write(CLASSES, tmp_path / name)
        written.append(svg.read_bytes())
    assert written[0] == written[1]


def test_other_data_give_another_svg(tmp_path):
    first = learning_curve.write(CLASSES, tmp_path)[0].read_bytes()
    assert learning_curve.write(SEEDS, tmp_path)[0].read_bytes() != first


# --- what is drawn ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "label", "values"),
    [
        (CLASSES, "test accuracy", [0.1, 0.5, 0.9]),
        (REGRESSION, "test loss", [2.0, 1.0, 2 / 3]),
        (UNTESTED, "training loss", [1.0, 0.5]),
    ],
)
def test_the_best_that_there_is_is_drawn_and_said(told, label, values):
    left, _ = panels(told)
    assert left.get_ylabel() == label
    [line] = lines(left)
    assert list(line.get_ydata()) == values


def test_one_panel_is_against_epochs_and_the_other_against_seconds():
    left, right = panels(CLASSES)
    assert (left.get_xlabel(), right.get_xlabel()) == ("epochs", "seconds of training")
    assert list(lines(left)[0].get_xdata()) == [1, 2, 3]
    first, *_ = right.lines
    assert list(first.get_xdata()) == [0.5, 1.0, 1.5]
    assert list(first.get_ydata()) == [0.1, 0.5, 0.9]


def test_every_target_has_a_name_and_a_colour_of_its_own():
    left, right = panels(CLASSES)
    [numpy], [torch] = lines(left), lines(left, "torch")
    assert numpy.get_color() != torch.get_color()
    assert [line.get_color() for line in right.lines[:2]] == [numpy.get_color(), torch.get_color()]


def test_of_several_seeds_every_one_is_drawn_thinly_and_the_median_strongly():
    for axes in panels(SEEDS):
        drawn = [list(line.get_ydata()) for line in thin(axes)]
        assert drawn == [[0.1, 0.5], [0.3, 0.4], [0.2, 0.9]]
        [strong] = [line for line in axes.lines if line not in thin(axes)]
        assert list(strong.get_ydata()) == [0.2, 0.5]


def test_a_single_seed_is_drawn_once():
    assert all(len(axes.lines) == 1 for axes in panels(UNTESTED))


def test_what_failed_before_its_first_epoch_is_left_out():
    told = found(broken(target=TORCH), trained(0.1, 0.2), broken(seed=1))
    left, _ = panels(told)
    assert [line.get_label() for line in left.lines] == [NAME]


def test_what_failed_later_is_drawn_as_far_as_it_got():
    left, _ = panels(found(broken(0.1, 0.4)))
    drawn, named = left.lines
    assert list(drawn.get_ydata()) == [0.1, 0.4]
    assert (list(named.get_ydata()), named.get_label()) == ([], f"{NAME} (failed)")


def test_the_median_is_that_of_the_trainings_that_went_well():
    left, _ = panels(found(trained(0.1, 0.3), trained(0.2, 0.5, seed=1), broken(0.9, seed=2)))
    assert list(lines(left)[-1].get_ydata()) == pytest.approx([0.15, 0.4])


def test_a_single_epoch_is_a_point():
    for axes in panels(found(trained(0.5), length=1)):
        [line] = axes.lines
        assert line.get_marker() == "o"


def test_the_goal_is_a_line_in_both_panels():
    assert [list(line.get_ydata()) for line in goals(CLASSES)] == [[0.75, 0.75]] * 2


@pytest.mark.parametrize("told", [SEEDS, REGRESSION, UNTESTED])
def test_a_goal_is_drawn_only_where_there_is_one_and_it_is_an_accuracy(told):
    assert goals(told) == []


@pytest.mark.parametrize(("seconds", "scale"), [(0.5, "linear"), (2.0, "linear"), (5.0, "log")])
def test_seconds_are_logarithmic_where_one_takes_many_times_as_long(seconds, scale):
    slow = trained(0.1, 0.2, target=TORCH, seconds=seconds)
    left, right = panels(found(trained(0.1, 0.2), slow))
    assert (left.get_xscale(), right.get_xscale()) == ("linear", scale)


def test_logarithmic_seconds_have_plain_numbers_and_no_formulas():
    slow = trained(0.1, 0.2, target=TORCH, seconds=5.0)
    _, right = panels(found(trained(0.1, 0.2), slow))
    label = right.xaxis.get_major_formatter()
    assert [label(seconds, None) for seconds in (0.1, 1.0, 10.0)] == ["0.1", "1", "10"]


@pytest.mark.parametrize(
    ("told", "title"), [(CLASSES, ""), (SEEDS, "thick: median; thin: single seeds")]
)
def test_the_legend_says_what_is_thin(told, title):
    [legend] = learning_curve.draw(told).legends
    assert legend.get_title().get_text() == title
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [NAME, "torch"][: len(told.run.targets)]


def test_a_target_is_drawn_in_the_order_of_the_run():
    left, _ = panels(found(trained(0.1, target=TORCH), trained(0.2, target=NUMPY)))
    assert [line.get_label() for line in left.lines] == ["torch", NAME]
