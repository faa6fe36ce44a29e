"""The lecture's chart: what is drawn is read back from matplotlib's own objects."""

import pytest

from dlbench.errors import UsageError
from dlbench.machine import peaks
from dlbench.report.machine import cnn, cnn_chart
from fakes.hardware import found

CEILINGS = found().ceilings[:1]


def test_it_has_a_mark_for_every_network_of_every_device() -> None:
    [axes] = cnn_chart.draw(CEILINGS).axes
    drawn = {line.get_label(): list(line.get_ydata()) for line in axes.get_lines()}
    networks = peaks.convolutional()
    xeon, titan, cudnn, here = drawn.values()
    assert xeon == [one.xeon_ms for one in networks]
    assert (titan, cudnn) == (
        [one.titan_ms for one in networks],
        [one.cudnn_ms for one in networks],
    )
    assert here == pytest.approx([cnn.at_ceiling_ms(one, 180.0) for one in networks])
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        one.network for one in networks
    ]


def test_the_legend_says_that_this_machine_is_not_measured() -> None:
    [legend] = cnn_chart.draw(CEILINGS).legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [
        "2 Xeon E5-2630 v3",
        "Pascal Titan X",
        "Titan X, cuDNN 5.1",
        "this CPU, at best",
    ]
    assert "are not measured" in " ".join(legend.get_title().get_text().split())


def test_it_becomes_an_svg_and_a_png(tmp_path) -> None:
    svg, png = cnn_chart.write(CEILINGS, tmp_path / "new")
    assert (svg.name, png.name) == ("cnn.svg", "cnn.png")
    assert png.read_bytes().startswith(b"\x89PNG")


def test_files_of_others_are_left_alone(tmp_path) -> None:
    (tmp_path / "cnn.png").write_text("mine")
    with pytest.raises(UsageError, match="another file"):
        cnn_chart.write(CEILINGS, tmp_path)
    assert (tmp_path / "cnn.png").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="the chart"):
        cnn_chart.write(CEILINGS, tmp_path / "file")


def test_without_a_ceiling_there_is_none(tmp_path) -> None:
    assert cnn_chart.write((), tmp_path / "new") == []
    assert cnn_chart.picture(()) is None
    assert cnn_chart.picture(CEILINGS).name == "cnn"
