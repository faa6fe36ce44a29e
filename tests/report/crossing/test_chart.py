"""The chart of a crossover: what is drawn is read back from matplotlib's own objects."""

from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from dlbench.report.crossing import chart
from fakes.crossings import PLACES, subject


def axes(found):
    (drawn,) = chart.draw(found).axes
    return drawn


def test_it_becomes_an_svg_and_a_png(tmp_path) -> None:
    svg, png = chart.write(subject(), tmp_path)
    assert (svg, png) == (tmp_path / "crossover.svg", tmp_path / "crossover.png")
    assert png.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    texts = {one.text for one in ET.parse(svg).getroot().iter("{http://www.w3.org/2000/svg}text")}
    assert {"forward iris by batch: numpy against torch", "batch", "numpy", "torch"} <= texts


def test_both_targets_have_their_times_and_their_cost_line() -> None:
    numpy, numpy_cost, torch, torch_cost = axes(subject()).get_lines()
    values = [place.value for place in PLACES]
    assert list(numpy.get_xdata()) == values
    assert list(numpy.get_ydata()) == pytest.approx([place.left_s * 1e3 for place in PLACES])
    assert list(torch.get_ydata()) == pytest.approx([place.right_s * 1e3 for place in PLACES])
    assert [line.get_linestyle() for line in (numpy_cost, torch_cost)] == [":", ":"]
    curve = dict(zip(*numpy_cost.get_data(), strict=True))
    assert (min(curve), max(curve)) == pytest.approx((1, 4096))
    assert [*curve.values()] == pytest.approx([9e-3 + value * 1e-3 for value in curve])


def test_a_cost_that_is_not_proportional_is_drawn_where_it_was_measured() -> None:
    line = subject().comparison.left_cost
    _, cost, *_ = axes(subject(left_cost=replace(line, rate_per_s=None))).get_lines()
    assert list(cost.get_xdata()) == [place.value for place in PLACES]
    assert list(cost.get_ydata()) == pytest.approx([9e-3 + place.value * 1e-3 for place in PLACES])


def test_the_band_is_where_the_answer_changes() -> None:
    (band,) = axes(subject()).patches
    low, high = band.get_x(), band.get_x() + band.get_width()
    assert (low, high) == (64, 128)
    assert list(axes(subject(change=None)).patches) == []


@pytest.mark.parametrize("is_drawn", [True, False])
def test_a_band_is_explained_if_one_is_drawn(is_drawn, tmp_path) -> None:
    svg, _ = chart.write(subject() if is_drawn else subject(change=None), tmp_path)
    assert ("band" in "".join(ET.parse(svg).getroot().itertext())) == is_drawn


def test_without_a_pair_of_times_nothing_is_drawn(tmp_path) -> None:
    assert chart.write(subject(places=(), change=None), tmp_path) == []
    assert list(tmp_path.iterdir()) == []
