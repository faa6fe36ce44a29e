"""A network as a picture: the boxes say what the network is, and both files are written."""

from xml.etree import ElementTree as ET

import pytest

from dlbench.networks.base import every
from dlbench.records.images import Conv2D, GlobalAvgPool2D, MaxPool2D
from dlbench.records.layers import BatchNorm, Dense, DropConnect, Dropout, Flatten, LayerNorm
from dlbench.records.network import parameter_count
from dlbench.records.sequences import LSTM, SimpleRNN
from dlbench.report import network_diagram
from fakes.networks import network
from fakes.terminal import Answer, dlbench, page

every_network = pytest.mark.parametrize("name", every())


def titles(net):
    return [box.title for box in network_diagram.boxes(net)]


# --- boxes --------------------------------------------------------------------------------------


@every_network
def test_there_is_a_box_for_the_input_and_for_every_layer(name):
    net = every()[name]
    first, *rest = network_diagram.boxes(net)
    assert (first.title, first.parameters) == ("input", 0)
    assert len(rest) == len(net.layers)


@every_network
def test_the_parameters_of_all_boxes_are_those_of_the_network(name):
    net = every()[name]
    assert sum(box.parameters for box in network_diagram.boxes(net)) == parameter_count(net)


@every_network
def test_a_layer_begins_with_the_shape_that_the_one_before_ends_with(name):
    net = every()[name]
    first, *rest = network_diagram.boxes(net)
    shape = first.shapes
    assert shape == network_diagram.write_shape(net.inputs)
    for box in rest:
        before, _, after = box.shapes.partition(" → ")
        assert before == shape
        shape = after
    assert shape == str(net.layers[-1].units)


def test_boxes_of_a_network_that_has_every_kind_of_layer():
    net = network(
        Flatten(),
        DropConnect(6, rate=0.5, activation="relu"),
        BatchNorm(),
        Dropout(0.25),
        Dense(4, l2=0.001),
        Dense(2, "softmax", l2=0.1),
        inputs=(3, 4),
    )
    assert [box[:3] for box in network_diagram.boxes(net)] == [
        ("input", "3×4", 0),
        ("flatten", "3×4 → 12", 0),
        ("dropconnect 6, rate 0.5, relu", "12 → 6", 78),
        ("batch norm", "6 → 6", 12),
        ("dropout, rate 0.25", "6 → 6", 0),
        ("dense 4, L2 0.001", "6 → 4", 28),
        ("dense 2, softmax, L2 0.1", "4 → 2", 10),
    ]


def test_boxes_of_a_network_of_images():
    net = network(
        Conv2D(8, 3, activation="relu"),
        MaxPool2D(),
        Conv2D(4, (3, 1), (2, 1), "same"),
        MaxPool2D(3, 1, "same"),
        GlobalAvgPool2D(),
        Dense(2),
        inputs=(10, 12),
    )
    assert [box[:3] for box in network_diagram.boxes(net)] == [
        ("input", "10×12", 0),
        ("conv2d 8, 3×3, relu", "10×12 → 8×10×8", 80),
        ("maxpool2d 2×2", "8×10×8 → 4×5×8", 0),
        ("conv2d 4, 3×1, strides 2×1, same", "4×5×8 → 2×5×4", 100),
        ("maxpool2d 3×3, strides 1×1, same", "2×5×4 → 2×5×4", 0),
        ("globalavgpool2d", "2×5×4 → 4", 0),
        ("dense 2", "4 → 2", 10),
    ]


def test_boxes_of_a_network_of_sequences():
    net = network(
        LSTM(3, return_sequences=True),
        LayerNorm(),
        SimpleRNN(2),
        Dense(2),
        inputs=(5, 4),
    )
    assert [box[:3] for box in network_diagram.boxes(net)] == [
        ("input", "5×4", 0),
        ("lstm 3, sequences", "5×4 → 5×3", 96),
        ("layer norm", "5×3 → 5×3", 6),
        ("simplernn 2", "5×3 → 2", 12),
        ("dense 2", "2 → 2", 6),
    ]


# --- files --------------------------------------------------------------------------------------


@every_network
def test_a_network_becomes_an_svg_and_a_png(name, tmp_path):
    net = every()[name]
    svg, png = network_diagram.write(net, tmp_path / "new" / "folder")
    assert (svg.name, png.name) == (f"{name}.svg", f"{name}.png")
    assert png.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    root = ET.parse(svg).getroot()
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {name, *titles(net)} <= texts


def test_a_diagram_counts_parameters_and_names_the_schedule(tmp_path):
    svg, _ = network_diagram.write(every()["mnist-512"], tmp_path)
    text = svg.read_text(encoding="utf-8")
    assert "407,050 parameters; sparse categorical crossentropy" in text
    assert "Adam (learning rate 0.001), batch 32" in text
    assert "401,920 parameters" in text
    assert "batch 32" in text


def test_the_same_network_gives_the_same_svg(tmp_path):
    first, second = (
        network_diagram.write(every()["iris"], tmp_path / folder)[0].read_bytes() for folder in "ab"
    )
    assert first == second


# --- the command --------------------------------------------------------------------------------


def test_a_diagram_is_drawn_where_it_is_asked_for(tmp_path):
    answer = dlbench("list", "networks", "--diagram", "iris", "-o", str(tmp_path / "new"))
    paths = [tmp_path / "new" / f"iris.{ending}" for ending in ("svg", "png")]
    assert answer == Answer(0, page(*map(str, paths)), "")
    assert all(path.stat().st_size for path in paths)


def test_a_diagram_is_drawn_here_where_nothing_is_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert dlbench("list", "networks", "--diagram", "iris").out == page("iris.svg", "iris.png")
    assert {path.name for path in tmp_path.iterdir()} == {"iris.svg", "iris.png"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            ["networks", "--diagram", "resnet"],
            "dlbench: unknown network: 'resnet'. Allowed: fruit-linear, fruit-2-1, ",
        ),
        (
            ["suites", "--diagram", "iris"],
            "dlbench: --diagram draws networks only: 'suites'. Allowed: networks.\n",
        ),
        (
            ["networks", "--diagram", "iris", "-o", "file/below"],
            (
                "dlbench: cannot write the diagram (Not a directory): 'file/below'. "
                "Choose another folder with --out.\n"
            ),
        ),
        (
            ["networks", "--diagram", "iris", "-o", "file"],
            "dlbench: cannot write the diagram (File exists): 'file'. ",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(words, complaint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    answer = dlbench("list", *words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(complaint)
    assert answer.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
