"""Folders of results that nobody measured: shown, or refused in words; never more than text."""

import json
import shutil
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from dlbench.records.measurement import Measurement
from dlbench.records.run import Run
from dlbench.records.training import TrainingResult, TrainingRun
from dlbench.results.folder import RUN, TRAINING
from fakes import many, odd, trainings
from fakes.inputs import inputs
from fakes.terminal import Answer, dlbench

FORMATS = ("table", "md", "csv", "json", "html")
# All is well; no case was measured; a mistake in the options; not readable.
CODES = {0, 1, 2, 5}
RUN_SHAPE, LINE_SHAPE = odd.of(Run), odd.of(Measurement)
TRAINING_SHAPE, RESULT_SHAPE = odd.of(TrainingRun), odd.of(TrainingResult)


def builtins(record) -> dict:
    """A record as it stands in a file."""
    import msgspec

    return json.loads(msgspec.json.encode(record))


@cache
def plain() -> tuple[dict, list[dict]]:
    """The head and the lines of a small run with which nothing is wrong."""
    found = many.results(2, generations=2)
    return builtins(found.run), [builtins(one) for one in found.measurements]


@cache
def plain_training() -> tuple[dict, list[dict]]:
    """The same of a training."""
    found = trainings.found(trainings.trained(0.5, 0.9), trainings.broken(0.5))
    return builtins(found.run), [builtins(one) for one in found.results]


@st.composite
def runs(draw: st.DrawFn, known, head_shape, line_shape) -> tuple[bytes, bytes]:
    """The two files of a folder: with mistakes in one of them, or of the right shape alone."""
    head, lines = known()
    match draw(st.sampled_from(["head", "lines", "head", "lines", "both", "shape", "torn"])):
        case "head":
            head = draw(odd.with_mistakes(head))
        case "lines":
            place = draw(st.integers(0, len(lines) - 1))
            changed = draw(odd.with_mistakes(lines[place]))
            lines = [*lines[:place], changed, *lines[place + 1 :]]
        case "both":
            head = draw(odd.with_mistakes(head))
            lines = [draw(odd.with_mistakes(lines[0]))]
        case "shape":
            head, lines = draw(head_shape), draw(st.lists(line_shape, max_size=3))
        case "torn":
            text = b"".join(odd.as_json(line) + b"\n" for line in lines[:2])
            return draw(odd.torn(odd.as_json(head))), draw(odd.torn(text))
    return odd.as_json(head), b"".join(odd.as_json(line) + b"\n" for line in lines)


def store(folder: Path, kind, files: tuple[bytes, bytes]) -> None:
    """Write the two files of a folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in zip((kind.head_file, kind.lines_file), files, strict=True):
        (folder / name).write_bytes(content)


def is_text(answer: Answer) -> None:
    """An answer is a code that is documented, and text; an error is told."""
    assert answer.code in CODES
    assert odd.control_characters(answer.out + answer.err) == set()
    if answer.code:
        assert answer.err.strip()


OPTIONS = st.sampled_from(
    [
        ("show",),
        ("show", "--wide"),
        ("show", "--metric", "all"),
        ("show", "--baseline", "numpy"),
        ("show", "--baseline", "m=1", "--sort", "time"),
        ("show", "--filter", "torch", "--top", "1"),
        ("answer",),
        ("answer", "--baseline", "eager", "--sort", "name"),
    ]
)


@inputs(110)
@given(files=runs(plain, RUN_SHAPE, LINE_SHAPE), words=OPTIONS, form=st.sampled_from(FORMATS))
def test_a_run_is_shown_or_refused(files, words, form, inner) -> None:
    store(inner / "results/run", RUN, files)
    command, *options = words
    is_text(dlbench(command, "results/run", *options, "--format", form))
    assert {path.name for path in inner.parents[3].iterdir()} == {"a"}, "nothing is written"


@inputs(40)
@given(files=runs(plain_training, TRAINING_SHAPE, RESULT_SHAPE), form=st.sampled_from(FORMATS[:4]))
def test_a_training_is_shown_or_refused(files, form, inner) -> None:
    store(inner / "results/training", TRAINING, files)
    is_text(dlbench("show", "results/training", "--format", form))


@inputs(40)
@given(
    run=runs(plain, RUN_SHAPE, LINE_SHAPE),
    training=runs(plain_training, TRAINING_SHAPE, RESULT_SHAPE),
)
def test_one_damaged_folder_does_not_hide_the_others(run, training, inner) -> None:
    store(inner / "results/run", RUN, run)
    store(inner / "results/training", TRAINING, training)
    head, lines = plain()
    store(inner / "results/well", RUN, (odd.as_json(head), odd.as_json(lines[0]) + b"\n"))
    answer = dlbench("list", "runs")
    is_text(answer)
    assert answer.code == 0
    assert any(line.split()[:1] == ["well"] for line in answer.out.splitlines())


class _Marks(HTMLParser):
    """The elements of a page with the names of their attributes, and all links."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, ...]] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag, attributes) -> None:
        self.found.add((tag, *sorted(name for name, _ in attributes)))
        named = [value or "" for name, value in attributes if name in {"href", "src", "xlink:href"}]
        self.links |= {link for link in named if not link.startswith("#")}


def marks(page: str) -> _Marks:
    """What a page is made of."""
    parser = _Marks()
    parser.feed(page)
    return parser


def undrawn(figure: Figure, file, **_: object) -> None:
    """Save no picture: matplotlib escapes texts itself, and takes long."""
    file.write(b"<svg/>")


@pytest.fixture
def elements(inner, monkeypatch) -> set[tuple[str, ...]]:
    """The elements of all reports of plain runs: no other may come from an input."""
    monkeypatch.setattr(Figure, "savefig", undrawn)
    head, lines = plain()
    text = b"".join(odd.as_json(line) + b"\n" for line in lines)
    failed = [{**line, "status": "failed", "reason": "why", "samples": []} for line in lines]
    wrong = b"".join(odd.as_json(line) + b"\n" for line in failed[::3] + lines[1::3])
    known: set[tuple[str, ...]] = set()
    for content in (text, wrong, text + b"{", b""):
        store(inner / "results/run", RUN, (odd.as_json(head), content))
        assert dlbench("report", "results/run", "-o", "page").code == 0
        known |= marks((inner / "page/index.html").read_text("utf-8")).found
    return known


@inputs(15)
@given(files=runs(plain, RUN_SHAPE, LINE_SHAPE))
@example(files=(odd.as_json(plain()[0]).replace(b"A Processor", b"<script>x()</script>"), b""))
def test_a_report_holds_no_element_of_an_input(files, inner, elements) -> None:
    store(inner / "results/run", RUN, files)
    shutil.rmtree(inner / "page", ignore_errors=True)
    answer = dlbench("report", "results/run", "-o", "page")
    is_text(answer)
    assert sorted(path.name for path in inner.iterdir()) in (["page", "results"], ["results"])
    if answer.code == 0:
        page = marks((inner / "page/index.html").read_text("utf-8"))
        assert page.found <= elements
        assert page.links == set()
        assert b"\x1b" not in (inner / "page/report.md").read_bytes()
