"""The report: what it says, and that nothing which comes from results gets out of its text."""

import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec.structs import replace

from dlbench.analysis.limits.roof import NO_ROOFS
from dlbench.analysis.run import RunAnalysis
from dlbench.errors import UsageError
from dlbench.records.case import Target
from dlbench.records.measurement import Measurement, ParityCheck
from dlbench.records.settings import Departure
from dlbench.report import notes
from dlbench.report import page as report
from dlbench.report.machine import cnn_chart
from dlbench.results.folder import Results
from fakes.hardware import found as found_hardware
from fakes.runs import (
    COMPILED,
    ENVIRONMENT,
    NUMPY,
    TORCH,
    case,
    forward,
    matmul,
    measured,
    results,
    samples,
    steady,
)
from fakes.samples import flagged, turns

FOUND_HARDWARE = found_hardware()
CEILING = FOUND_HARDWARE.ceilings[0]

NASTY = (
    "a | b\n# c `d` <script>alert(1)</script> <img src=http://x onerror=e> **e** [f](javascript:g)"
)
WORDS = {
    "skipped": "skipped",
    "parity_failed": "wrong",
    "failed": "failed",
    "timed_out": "hung",
    "out_of_memory": "no memory",
}
# Elements that have no end, and those of SVG that close themselves.
VOID = {"meta", "br", "path", "use", "link", "img"}


def failed(workload, target, status, **fields):
    """A case that did not go well."""
    of = case(workload, target)
    return of, Measurement(of.id, status, **{"reason": f"a reason for {status}"} | fields)


def went(workload, target, *steps_s, **fields):
    """A case that went well."""
    of = case(workload, target)
    if len(steps_s) == 1:
        fields = {"samples": steady(*steps_s), **fields}
    return of, measured(of, *steps_s, **fields)


class Reader(HTMLParser):
    """Reads a page strictly: every element is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            self.ids += [value] if name == "id" else []
            self.links += [value] if name in ("src", "href") else []

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def hostile() -> Results:
    target = Target(NASTY, NASTY, NASTY, NASTY, 1)
    odd = replace(forward(synthetic=True), kind=NASTY, params={"network": NASTY, "batch": NASTY})
    given = results(
        failed(matmul(64), TORCH, "failed", reason=NASTY),
        went(matmul(64), target, 0.001, parity=(ParityCheck(NASTY, None, 0.0),)),
        went(odd, target, 0.001),
        went(odd, TORCH, 0.002),
    )
    known = {NASTY: NASTY}
    machine = replace(ENVIRONMENT, cpu=NASTY, gpus=(NASTY,), versions=known, variables=known)
    run = replace(given.run, command=f"dlbench run {NASTY}", environment=machine)
    return replace(given, run=run, warnings=(NASTY,))


ONE = results(went(matmul(64), TORCH, 0.001))
MANY = results(
    went(matmul(64), TORCH, 0.001),
    went(matmul(64), COMPILED, 0.002),
    went(matmul(128), TORCH, 0.004),
    went(matmul(128), COMPILED, 0.001),
    went(forward(synthetic=True), TORCH, 0.003, stop_reason="budget"),
    went(forward(synthetic=True), COMPILED, 0.006),
    *(failed(matmul(256), replace(TORCH, backend=f"b{i}"), s) for i, s in enumerate(WORDS)),
)
FAILED = results(*(failed(matmul(i + 1), TORCH, status) for i, status in enumerate(WORDS)))
GPU = replace(TORCH, device="cuda")
SAMPLES = {
    "one": ONE,
    "two devices": results(went(matmul(64), TORCH, 0.030), went(matmul(64), GPU, 0.001)),
    "many": MANY,
    "hostile": hostile(),
    "nothing": results(),
    "unreached": Results(MANY.run, (), ("a torn line",)),
    "failed": FAILED,
}


@cache
def written(sample) -> dict[str, bytes]:
    """The files of a sample's report by their names."""
    with TemporaryDirectory() as folder:
        files = report.write(SAMPLES[sample], Path(folder, "a", "b"))
        assert files[0].name == "index.html"
        found = {path for path in Path(folder).rglob("*") if path.is_file()}
        assert found == set(files)
        return {str(path.relative_to(Path(folder, "a", "b"))): path.read_bytes() for path in files}


def page(sample) -> str:
    return written(sample)["index.html"].decode()


def markdown(sample) -> str:
    return written(sample)["report.md"].decode()


def told(given: Results, folder: Path) -> str:
    """The text of the page."""
    return Reader(report.write(given, folder)[0].read_text(encoding="utf-8")).text


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_file_has_something_in_it(sample):
    assert {"index.html", "report.md", "table.csv"} <= written(sample).keys()
    assert all(written(sample).values())


@pytest.mark.parametrize("sample", SAMPLES)
def test_page_is_well_formed_and_self_contained(sample):
    read = Reader(page(sample))
    assert not {"script", "img", "link"} & set(read.tags)
    assert all(link.startswith("#") for link in read.links)
    assert len(read.ids) == len(set(read.ids))


@pytest.mark.parametrize("sample", SAMPLES)
def test_markdown_tables_have_as_many_cells_in_every_line(sample):
    for above, below in pairwise(markdown(sample).replace("\\|", "").splitlines()):
        if above.startswith("|") and below.startswith("|"):
            assert above.count("|") == below.count("|")


@pytest.mark.parametrize("sample", SAMPLES)
def test_markdown_shows_the_charts_that_were_drawn(sample):
    drawn = [name for name in written(sample) if name.endswith(".png")]
    assert markdown(sample).count("![") == len(drawn)
    assert all(f"]({name})" in markdown(sample) for name in drawn)


def test_reports_are_the_same_every_time(tmp_path):
    again = [path.read_bytes() for path in report.write(MANY, tmp_path)]
    assert again == list(written("many").values())


def test_hostile_text_stays_text():
    assert "<script>alert(1)</script>" in Reader(page("hostile")).text
    code = f"    dlbench run {NASTY.replace(chr(10), ' ')}\n"
    assert markdown("hostile").endswith(code)
    rest = markdown("hostile").removesuffix(code)
    assert not any(mark in rest for mark in ("<script", "<img", " `d`", "**e**", "[f](", "\n# c"))


def test_command_is_given_to_the_letter(tmp_path):
    command = "dlbench run quick -k 'matmul and not xla' --size 64,128"
    given = replace(ONE, run=replace(ONE.run, command=command))
    assert command in told(given, tmp_path)
    assert f"    {command}\n" in (tmp_path / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("status", WORDS)
def test_every_status_is_told_with_its_reason(status):
    assert f"{WORDS[status]} a reason for {status}" in Reader(page("failed")).text
    assert f"| {WORDS[status]} | a reason for {status} | 1 |" in markdown("failed")


def test_what_could_not_be_measured_is_counted():
    text = Reader(page("failed")).text
    assert "0 of 5 cases measured, 1 skipped, 1 wrong, 1 failed, 1 hung, 1 no memory." in text
    assert "No case was measured." in text


def test_what_was_cut_off_is_told():
    text = Reader(page("unreached")).text
    assert "Warning: a torn line" in text
    assert "the run ended before its turn" in text


def test_answers_are_in_the_page_and_in_its_markdown():
    sentence = r"forward iris: eager is fastest; compile takes 2\.0+ \[[^]]+\] times as long"
    assert re.search(sentence, Reader(page("many")).text)
    assert re.search(rf"(?m)^- {sentence}", markdown("many").replace("\\", ""))


def test_every_question_has_a_table():
    text = Reader(page("two devices")).text
    assert "CPU or GPU?" in text
    assert "compared with" in text
    assert "## CPU or GPU?" in markdown("two devices")


TWO = {TORCH: 1e-3, COMPILED: 1.2e-3}


def headline(folder, *steps, **settings):
    """The first sentence on these steps of a matrix product, and more of them."""
    told = ((matmul(64 * (n + 1)), one) for n, one in enumerate(steps))
    report.write(turns(*told, **settings), folder)
    text = (folder / "report.md").read_text(encoding="utf-8")
    return next(line[2:] for line in text.splitlines() if line.startswith("- "))


def test_headline_has_the_interval(tmp_path):
    assert re.fullmatch(
        r"matmul 64: eager is fastest; compile takes 1\.(19|20)\d \[1\.(19|20)\d–1\.20\d\] "
        r"times as long",
        headline(tmp_path, TWO).replace("\\", ""),
    )


def test_what_cannot_be_told_apart_has_no_winner(tmp_path):
    tied = headline(tmp_path, {TORCH: 1e-3, COMPILED: 1.005e-3, NUMPY: 2e-3})
    assert tied.startswith("matmul 64: use one of torch eager, torch compile (too close to rank)")


def test_on_a_busy_machine_no_winner_is_named(tmp_path):
    busy = headline(tmp_path, TWO, change={COMPILED: flagged(1)})
    assert busy == "matmul 64: the fastest is not known (other programs were running)"


def test_blocks_that_took_no_turns_have_no_winner(tmp_path):
    blocks = [replace(block, round=0) for block in samples(*[1e-3] * 9)]
    pair = [case(matmul(64), target) for target in (TORCH, COMPILED)]
    given = results(*((one, measured(one, samples=tuple(blocks))) for one in pair))
    text = told(given, tmp_path)
    assert "matmul 64: the fastest is not known (not measured side by side)" in text


def test_null_pairs_and_a_busy_machine_are_told(tmp_path):
    given = turns((matmul(64), TWO), change={COMPILED: flagged(1)}, null_factor=1.3)
    text = told(given, tmp_path)
    for part in (
        "Warning: the self-check failed. One case, measured twice, differed by more than 2 %",
        "Self-check: 1 case measured twice, 1 came out different",
        "other programs used the CPU during 1 of 2 measurements, so these times are too long: ",
        "matmul 64 on compile. Close other programs and measure again",
    ):
        assert part in text
        assert part.removeprefix("Warning: ") in (tmp_path / "report.md").read_text("utf-8")


@pytest.mark.parametrize("status", WORDS)
def test_no_headline_counts_what_is_not_ok(status, tmp_path):
    fast = failed(matmul(64), COMPILED, status, samples=samples(1e-9))
    given = results(went(matmul(64), TORCH, 0.001), fast)
    assert "fastest" not in told(given, tmp_path).partition("Rankings")[0]


def test_fastest_is_marked_by_more_than_colour():
    assert '<td class="number best">' in page("many")
    assert ".best::before" in page("many")
    assert "| **0.524** |" in markdown("many")


def test_tables_are_only_of_metrics_with_values():
    assert "### GFLOP/s" in markdown("one")
    assert "### samples/s" not in markdown("one")
    assert "### samples/s" in markdown("many")
    assert "###" not in markdown("failed")


def test_synthetic_data_and_early_ends_are_said():
    text = Reader(page("many")).text
    assert "Random numbers instead of data for iris." in text
    assert "1 case reached the time limit before the precision wanted" in text
    assert "Random numbers" not in page("one")


def test_parity_names_the_check_nearest_to_its_tolerance(tmp_path):
    near, far = ParityCheck("loss", 0.005, 0.01), ParityCheck("outputs", 0.02, 1.0)
    wrong, unknown = ParityCheck("gradient", 0.3, 0.1), ParityCheck("weights", None, 0.1)
    given = results(
        went(matmul(1), TORCH, 0.001, parity=(near, far)),
        went(matmul(2), TORCH, 0.001, parity=(far,)),
        failed(matmul(3), TORCH, "parity_failed", parity=(wrong,)),
        failed(matmul(4), TORCH, "failed", parity=(wrong, unknown)),
    )
    text = told(given, tmp_path)
    assert "ok 2 3 0.0050 0.010 loss matmul/1x1x1/torch/cpu/eager/float32/t2" in text
    assert "wrong 1 1 0.30 0.10 gradient matmul/3x3x3" in text
    assert "failed 1 2 not a number 0.10 weights matmul/4x4x4" in text


def test_environment_is_told(tmp_path):
    machine = replace(ENVIRONMENT, gpus=("GPU 1",), memory_bytes=None, variables={"A": "2"})
    text = told(replace(ONE, run=replace(ONE.run, environment=machine)), tmp_path)
    assert "processor A Processor cores 2 usable of 4 memory unknown GPU GPU 1" in text
    assert "torch 2.13.0 dlbench 0.1.0 A 2 seed 0" in text


def test_writing_again_replaces(tmp_path):
    report.write(results(), tmp_path)
    assert report.write(ONE, tmp_path)[0].read_bytes() == written("one")["index.html"]


def test_writing_again_leaves_no_chart_of_the_earlier_report_and_every_other_file(tmp_path):
    earlier = report.write(MANY, tmp_path)
    mine = tmp_path / "charts" / "mine.png"
    mine.write_text("mine")
    later = report.write(FAILED, tmp_path)
    assert any(path.parent.name == "charts" for path in earlier)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {*later, mine}


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write the report .*Choose another folder"):
        report.write(results(), tmp_path / "file")


def test_links_in_the_folder_are_not_followed(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "report"
    outside.write_text("mine")
    folder.mkdir()
    (folder / "index.html").symlink_to(outside)
    with pytest.raises(UsageError, match="not of a report"):
        report.write(results(), folder)
    report.write(results(), folder, force=True)
    assert outside.read_text() == "mine"
    assert not (folder / "index.html").is_symlink()


def test_link_to_another_folder_is_refused(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "report"
    outside.mkdir()
    folder.mkdir()
    (folder / "charts").symlink_to(outside)
    with pytest.raises(UsageError, match="leads out of"):
        report.write(ONE, folder, force=True)
    assert not list(outside.iterdir())


def test_settings_that_differ_from_the_defaults_have_a_table(tmp_path) -> None:
    (of, measurement) = went(matmul(8), NUMPY, 1e-3)
    told = results((of, measurement))
    dispatch = Departure("dispatch", NASTY, "on", "off", measured_by={"mode": "as-users"})
    threads = Departure("threads", "so", "{cores}", "{threads}")
    head = replace(told.run, settings={"numpy": (dispatch, threads)})
    report.write(replace(told, run=head), tmp_path)
    page, text = ((tmp_path / name).read_text() for name in ("index.html", "report.md"))
    for written in (page, text):
        assert "Settings that differ from the framework" in written
        assert "one per core" in written
        assert "--mode as-users" in written or r"\-\-mode as-users" in written
    assert "<script>alert" not in page + text
    assert "numpy: dispatch is off, by default on" in page


@pytest.mark.parametrize(
    ("modes", "is_told"), [(["eager"], True), (["eager", "as-users"], False), ([], False)]
)
def test_a_default_that_was_measured_too_needs_no_note(modes, is_told) -> None:
    dispatch = Departure("dispatch", "so", "on", "off", measured_by={"mode": "as-users"})
    pairs = [went(matmul(8), replace(TORCH, mode=mode), 1e-3) for mode in modes]
    told = results(*pairs, went(matmul(8), NUMPY, 1e-3))
    head = replace(told.run, settings={"torch": (dispatch,)})
    lines = notes.lines(head, RunAnalysis(replace(told, run=head)).against())
    assert any("torch: dispatch is off" in line for line in lines) is is_told


ROOFS = replace(FOUND_HARDWARE.roofs, ceilings=(replace(CEILING, target=NUMPY),))


def under_roofs(roofs, *outcomes) -> Results:
    """A run on a machine of which this was measured before."""
    found = results(*outcomes)
    return replace(found, run=replace(found.run, roofs=roofs))


def test_what_the_machine_can_reach_has_a_section(tmp_path) -> None:
    given = under_roofs(ROOFS, (case(matmul(100)), 1e-3))
    written = report.write(given, tmp_path)
    text, tables = (tmp_path / "index.html").read_text(), (tmp_path / "report.md").read_text()
    assert tmp_path / "charts" / "cnn.png" in written
    for part in (text, tables):
        assert "What this machine can reach" in part
        assert "Measured by dlbench hardware on 2026-01-01T00:00:00+00:00" in part
        assert "Matrix products: measured ceiling" in part
        assert "Memory bandwidth" in part
        assert "Dispatch floor" in part
    assert "![" + cnn_chart.ABOUT + "](charts/cnn.png)" in tables
    assert f'aria-label="{cnn_chart.ABOUT}"' in text.replace("&#39;", "'")


def test_a_machine_that_was_not_measured_has_no_section_but_the_command(tmp_path) -> None:
    given = results((case(matmul(100)), 1e-3))
    (tmp_path / "charts").mkdir()
    report.write(under_roofs(ROOFS, (case(matmul(100)), 1e-3)), tmp_path, force=True)
    written = report.write(given, tmp_path)
    text = (tmp_path / "index.html").read_text()
    assert "What this machine can reach" not in text
    assert f"% of roof: {NO_ROOFS}" in text
    assert not (tmp_path / "charts" / "cnn.png").exists()
    assert tmp_path / "charts" / "cnn.png" not in written


def test_an_implausible_time_is_a_warning_and_has_its_reason(tmp_path) -> None:
    """100³ multiplications and additions in a microsecond are 2,000 GFLOP/s."""
    given = under_roofs(ROOFS, (case(matmul(100)), 1e-6), (case(matmul(100), TORCH), 1e-3))
    report.write(given, tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert "these times are shorter than the machine can be, so they are not ranked" in text
    assert "matmul 100 on numpy eager" in text
    assert "1 implausible" in text
    assert "faster than the measured ceiling allows" in text
