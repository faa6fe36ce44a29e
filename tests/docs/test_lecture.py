"""The table of docs/lecture.md is that of a kept run; running this file writes it anew."""

import re
from pathlib import Path

from dlbench import units
from dlbench.analysis.labels import workload_names
from dlbench.analysis.rows import Row
from dlbench.analysis.run import RunAnalysis
from dlbench.answers.answer import Answer, answers_of
from dlbench.results.folder import read_run

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "lecture.md"
RUN = ROOT / "results" / "reference" / "20261126-144703-h200"

BEGIN, END = "<!-- devices: begin -->\n", "<!-- devices: end -->"
HEADS = ("", "best on the CPU", "best on the GPU", "GPU is as many times as fast", "95 % interval")


def table() -> str:
    """Of every workload the best of each device, in GFLOP/s, and their ratio as it was judged."""
    analysis = RunAnalysis(read_run(RUN))
    by_case = {row.case: row for row in analysis.rows}
    workloads = (row.workload.id for row in analysis.rows)
    names = dict(zip(workloads, workload_names(analysis.rows), strict=True))
    answered = [one for one in answers_of(analysis).by_workload if one.question == "device"]
    lines = [
        (names[one.workload], *_best(one, by_case), *_ratio(one))
        for one in answered
        if {one.left, one.right} == {"cpu", "cuda"}
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in (HEADS, ["---"] * len(HEADS), *lines))


def _best(answer: Answer, rows: dict[str, Row]) -> list[str]:
    cases = {answer.left: answer.left_case, answer.right: answer.right_case}
    return [_told(rows[cases[device]]) for device in ("cpu", "cuda")]


def _told(row: Row) -> str:
    assert row.time.gflops
    return f"{units.significant(row.time.gflops)} ({row.target.backend} `{row.target.mode}`)"


def _ratio(answer: Answer) -> tuple[str, str]:
    """The ratio and its interval if a verdict names a faster side, or the verdict."""
    if answer.verdict not in {"slower", "faster"}:
        return answer.verdict, ""
    ratio, low, high = answer.ratio, answer.low, answer.high
    assert low is not None
    assert high is not None
    if answer.left == "cpu":
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
    factor, *ends = units.ratios(ratio, low, high)
    return factor, "–".join(ends)


def test_the_table_of_the_page_is_that_of_the_kept_run() -> None:
    shown = re.search(f"{BEGIN}(.*){END}", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    assert shown[1] == table()


def test_the_text_below_the_table_says_what_the_table_says() -> None:
    """The GPU is faster everywhere: two to four times with 32 rows."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in _lines()]
    assert all(float(row[3]) > 1 for row in rows)
    (small,) = [row[4] for row in rows if row[0] == "forward mnist-512 batch 32"]
    low, high = map(float, small.split("–"))
    assert 2 <= low < high <= 4


def _lines() -> list[str]:
    return table().splitlines()[2:]


if __name__ == "__main__":
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(head + BEGIN + table() + END + rest.partition(END)[2], encoding="utf-8")
