"""dlbench.report: what the page and the Markdown say, that nothing in results gets out of its text."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from dlbench import report
from dlbench.errors import UsageError
from dlbench.model import (
    Case,
    Environment,
    Group,
    Measurement,
    ParityCheck,
    Plan,
    Run,
    Sample,
    Sampling,
    Target,
    Work,
    Workload,
)
from dlbench.store import Results

NASTY = (
    "a | b\n# c `d` <script>alert(1)</script> <img src=http://x onerror=e> **e** [f](javascript:g)"
)
STATUSES = ("skipped", "parity_failed", "failed", "timed_out", "out_of_memory")
EAGER = Target("torch", "cpu", "eager", "float32", 2)
COMPILED = Target("torch", "cpu", "compile", "float32", 2)
VOID = {"meta", "br", "path", "use", "link", "img"}


def product(size=64) -> Workload:
    return Workload("matmul", {"m": size, "n": size, "k": size}, Work(2 * size**3, 3 * size**2))


def step(network="iris", *, synthetic=False) -> Workload:
    params = {"network": network, "batch": 32}
    return Workload("train_step", params, Work(10_000, 1000, 32), synthetic=synthetic)


def environment(**changes) -> Environment:
    known = {"system": "Linux", "cpu": "CPU 1", "cores": 4, "usable_cores": 2, "python": "3.11.7"}
    known |= {"memory_bytes": 2**34, "gpus": (), "versions": {"torch": "2.6.0"}, "variables": {}}
    return Environment(**(known | changes))


def results(*outcomes, command="dlbench run quick", **changes) -> Results:
    """A run of (workload, target, seconds or a status, further fields of the measurement)."""
    groups: dict[str, list[Case]] = {}
    measurements = []
    for workload, target, outcome, fields in outcomes:
        case = Case(workload, target, "dynamic")
        groups.setdefault(workload.id, []).append(case)
        measurements.append(measurement(case.id, outcome, **fields))
    plan_groups = tuple(Group(cases[0].workload, tuple(cases)) for cases in groups.values())
    plan = Plan("quick", 0, Sampling(), {}, plan_groups)
    machine = environment(**changes)
    run = Run("20250101-120000-quick", "2025-01-01T12:00:00+00:00", command, plan, machine, "0.1.0")
    return Results(run, tuple(measurements), changes.get("warnings", ()))


def measurement(case, outcome, **fields) -> Measurement:
    if outcome in STATUSES:
        return Measurement(case, outcome, **({"reason": f"a reason for {outcome}"} | fields))
    samples = tuple(Sample(10, 10 * outcome * (1 + i / 1000), float(i)) for i in range(-5, 6))
    return Measurement(case, "ok", samples=samples, **fields)


def outcome(workload, target, outcome, **fields):
    return workload, target, outcome, fields


def page(folder: Path, given: Results) -> str:
    return report.write(given, folder)[0].read_text(encoding="utf-8")


def markdown(folder: Path, given: Results) -> str:
    return report.write(given, folder)[1].read_text(encoding="utf-8")


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


ONE = results(outcome(product(), EAGER, 0.001))
MANY = results(
    outcome(product(64), EAGER, 0.001),
    outcome(product(64), COMPILED, 0.002),
    outcome(product(128), EAGER, 0.004),
    outcome(product(128), COMPILED, 0.001),
    outcome(step(synthetic=True), EAGER, 0.003, stop_reason="budget"),
    outcome(step(synthetic=True), COMPILED, 0.006),
    *(
        outcome(product(256), Target(f"b{i}", "cpu", "eager", "float32", 1), status)
        for i, status in enumerate(STATUSES)
    ),
)
NASTY_TARGET = Target(NASTY, NASTY, NASTY, NASTY, 1)
HOSTILE = results(
    outcome(product(), EAGER, "failed", reason=NASTY),
    outcome(product(), NASTY_TARGET, 0.001, parity=(ParityCheck(NASTY, None, 0.0),)),
    outcome(step(NASTY, synthetic=True), NASTY_TARGET, 0.001),
    outcome(step(NASTY), EAGER, 0.002),
    command=f"dlbench run {NASTY}",
    cpu=NASTY,
    gpus=(NASTY,),
    versions={NASTY: NASTY},
    variables={NASTY: NASTY},
)
NOTHING = results()
UNREACHED = Results(MANY.run, (), (f"a warning: {NASTY}",))
UNMEASURED = results(*(outcome(product(i + 1), EAGER, s) for i, s in enumerate(STATUSES)))
SAMPLES = {
    "one": ONE,
    "many": MANY,
    "hostile": HOSTILE,
    "nothing": NOTHING,
    "unreached": UNREACHED,
    "unmeasured": UNMEASURED,
}


@pytest.fixture(params=SAMPLES)
def given(request) -> Results:
    return SAMPLES[request.param]


def test_every_returned_file_exists_within_the_folder(given, tmp_path):
    files = report.write(given, tmp_path / "a" / "b")
    assert files[0].name == "index.html"
    assert all(path.stat().st_size for path in files)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(files)


def test_page_is_well_formed_and_self_contained(given, tmp_path):
    read = Reader(page(tmp_path, given))
    assert "script" not in read.tags
    assert "img" not in read.tags
    assert all(link.startswith("#") for link in read.links)
    assert len(read.ids) == len(set(read.ids))


def test_reports_are_the_same_every_time(given, tmp_path):
    first, second = (report.write(given, tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_markdown_tables_have_as_many_cells_in_every_line(given, tmp_path):
    lines = markdown(tmp_path, given).replace("\\|", "").splitlines()
    for above, below in zip(lines, lines[1:], strict=False):
        if above.startswith("|") and below.startswith("|"):
            assert above.count("|") == below.count("|")


def test_markdown_names_the_charts_that_were_drawn(given, tmp_path):
    files = report.write(given, tmp_path)
    text = files[1].read_text(encoding="utf-8")
    assert all(f"(charts/{path.name})" in text for path in files if path.suffix == ".png")


def test_hostile_text_stays_text(tmp_path):
    read = Reader(page(tmp_path, HOSTILE))
    assert "<script>alert(1)</script>" in read.text
    text = markdown(tmp_path, HOSTILE)
    code = f"    dlbench run {NASTY.replace(chr(10), ' ')}\n"
    assert text.endswith(code)
    rest = text.removesuffix(code)
    assert not any(mark in rest for mark in ("<script", "<img", " `d`", "**e**", "[f](", "\n# c"))


def test_command_is_given_to_the_letter(tmp_path):
    command = "dlbench run quick -k 'matmul and not xla' --size 64,128"
    given = results(outcome(product(), EAGER, 0.001), command=command)
    assert command in Reader(page(tmp_path, given)).text
    assert f"    {command}\n" in markdown(tmp_path, given)


def test_every_status_is_told_with_its_reason(tmp_path):
    read, text = Reader(page(tmp_path, UNMEASURED)), markdown(tmp_path, UNMEASURED)
    for status, word in zip(
        STATUSES, ("skipped", "wrong", "failed", "hung", "no memory"), strict=True
    ):
        assert f"{word} a reason for {status}" in read.text
        assert f"| {word} | a reason for {status.replace('_', '_')} | 1 |" in text
    assert "5 cases: 1 skipped, 1 wrong, 1 failed, 1 hung, 1 no memory." in read.text
    assert "No case was measured." in read.text


def test_cases_without_a_measurement_are_told(tmp_path):
    assert "the run ended before its turn" in Reader(page(tmp_path, UNREACHED)).text
    assert "Warning: a warning: a | b # c" in Reader(page(tmp_path, UNREACHED)).text


def test_headline_of_one_workload(tmp_path):
    given = results(outcome(product(), EAGER, 0.001), outcome(product(), COMPILED, 0.002))
    sentence = "matmul/64x64x64: eager was measured fastest with 0.524 GFLOP/s, 2.00 times compile."
    assert sentence in Reader(page(tmp_path, given)).text
    assert f"- {sentence}" in markdown(tmp_path, given)


def test_headline_of_several_workloads(tmp_path):
    text = Reader(page(tmp_path, MANY)).text
    assert (
        "matmul: eager was measured fastest in 1 of 2 workloads, compile in 1. In the one with the "
        "most work, matmul/128x128x128, it was compile with 4.19 GFLOP/s, 4.00 times eager."
    ) in text
    assert "eager was measured fastest with 10700 samples/s, 2.00 times compile." in text


@pytest.mark.parametrize("status", STATUSES)
def test_no_headline_counts_what_is_not_ok(status, tmp_path):
    unranked = Sample(10, 1e-9, 0.0)
    given = results(
        outcome(product(), EAGER, 0.001), outcome(product(), COMPILED, status, samples=(unranked,))
    )
    assert "fastest with" not in page(tmp_path, given)


def test_fastest_is_marked_by_more_than_colour(tmp_path):
    assert '<td class="number best">' in page(tmp_path, MANY)
    assert "★" in page(tmp_path, MANY)
    assert "| **0.524** |" in markdown(tmp_path, MANY)


def test_tables_only_of_metrics_with_values(tmp_path):
    assert "<h3" in page(tmp_path, ONE)
    assert "samples/s" not in page(tmp_path, ONE)
    assert "samples/s" in page(tmp_path, MANY)
    assert "<h3" not in page(tmp_path, NOTHING)


def test_synthetic_data_and_early_ends_are_said(tmp_path):
    text = Reader(page(tmp_path, MANY)).text
    assert "Synthetic data: the real data could not be had for iris." in text
    assert "1 of the cases have fewer blocks than asked for, stopped by: budget." in text
    assert "Synthetic" not in page(tmp_path, ONE)


def test_parity_names_the_check_nearest_to_its_tolerance(tmp_path):
    near, far = ParityCheck("loss", 0.005, 0.01), ParityCheck("outputs", 0.02, 1.0)
    wrong, unknown = ParityCheck("gradient", 0.3, 0.1), ParityCheck("weights", None, 0.1)
    given = results(
        outcome(product(1), EAGER, 0.001, parity=(near, far)),
        outcome(product(2), EAGER, 0.001, parity=(far,)),
        outcome(product(3), EAGER, "parity_failed", parity=(wrong,)),
        outcome(product(4), EAGER, "failed", parity=(wrong, unknown)),
    )
    text = markdown(tmp_path, given)
    assert (
        "| ok | 2 | 3 | 0.0050 | 0.010 | loss | matmul/1x1x1/torch/cpu/eager/float32/t2 |" in text
    )
    assert "| wrong | 1 | 1 | 0.30 | 0.10 | gradient |" in text
    assert "| failed | 1 | 2 | not a number | 0.10 | weights |" in text


def test_environment_is_told(tmp_path):
    given = results(variables={"OMP_NUM_THREADS": "2"}, gpus=("GPU 1",), memory_bytes=None)
    text = Reader(page(tmp_path, given)).text
    assert "processor CPU 1 cores 2 usable of 4 memory unknown GPU GPU 1" in text
    assert "torch 2.6.0 dlbench 0.1.0 OMP_NUM_THREADS 2 seed 0" in text


def test_writing_again_replaces(tmp_path):
    report.write(MANY, tmp_path)
    assert page(tmp_path, ONE) == page(tmp_path / "new", ONE)


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write the report .*Choose another folder"):
        report.write(ONE, tmp_path / "file")


def test_links_in_the_folder_are_not_followed(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "report"
    outside.write_text("mine")
    folder.mkdir()
    (folder / "index.html").symlink_to(outside)
    report.write(ONE, folder)
    assert outside.read_text() == "mine"
    assert not (folder / "index.html").is_symlink()


def test_link_to_another_folder_is_refused(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "report"
    outside.mkdir()
    folder.mkdir()
    (folder / "charts").symlink_to(outside)
    with pytest.raises(UsageError, match="leads out of"):
        report.write(ONE, folder)
    assert not list(outside.iterdir())
