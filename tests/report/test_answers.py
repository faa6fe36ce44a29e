"""The tables of answers: a line per workload, the two sides, their ratio and its interval."""

from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.answers.answer import answers_of
from dlbench.report.answers import tables
from dlbench.report.view import View
from fakes.runs import COMPILED, NUMPY, TORCH, matmul
from fakes.samples import flagged, turns

GPU = replace(TORCH, device="cuda")
PRODUCT = matmul(64)


def laid_out(times, **settings):
    analysis = RunAnalysis(turns((PRODUCT, times), **settings))
    return tables(analysis.against().rows, answers_of(analysis))


def test_a_line_names_both_sides_and_their_ratio() -> None:
    (table,) = laid_out({TORCH: 30e-3, GPU: 1e-3}, luck=0.005)
    assert table.title == "CPU or GPU?"
    ((label, cells),) = table.rows
    assert label == "matmul 64"
    best, other, ratio, interval = cells
    assert (best.text, best.best, other.text, other.best) == ("cuda", True, "cpu", False)
    assert 28 < float(ratio.text) < 32
    low, high = map(float, interval.text.split("–"))
    assert low < 30 < high


def test_without_a_verdict_nothing_is_marked_and_the_word_stands_for_the_ratio() -> None:
    (table,) = laid_out({TORCH: 1e-3, GPU: 1.01e-3}, luck=0.05)
    cells = table.rows[0][1]
    assert not any(cell.best for cell in cells)
    assert cells[2].text == "unsure"
    (table,) = laid_out({TORCH: 1e-3, GPU: 2e-3}, change={TORCH: flagged(1)})
    assert [cell.text for cell in table.rows[0][1][2:]] == ["unsure", table.rows[0][1][3].text]


def test_modes_have_no_table_of_their_own() -> None:
    assert laid_out({TORCH: 1e-3, COMPILED: 2e-3}) == []
    assert [one.title for one in laid_out({NUMPY: 1e-3, TORCH: 2e-3})] == ["Which framework?"]


TWO = ((PRODUCT, {TORCH: 30e-3, GPU: 1e-3}), (matmul(32), {TORCH: 1e-3, GPU: 2e-3}))


def chosen(**options) -> list[tuple[str, str]]:
    analysis = RunAnalysis(turns(*TWO, luck=0.005))
    view = View(**options)
    (table,) = tables(analysis.against().rows, answers_of(analysis, view.side), view)
    return [(label, cells[2].text) for label, cells in table.rows]


def test_a_baseline_says_faster_or_slower() -> None:
    (first, one), (second, other) = chosen(side="cpu")
    assert (first, second) == ("matmul 64", "matmul 32")
    assert one.endswith("x faster")
    assert other.endswith("x slower")
    assert float(one.partition("x")[0]) > 1
    assert float(other.partition("x")[0]) > 1


def test_lines_can_be_sorted_and_cut() -> None:
    assert [label for label, _ in chosen(sort="name")] == ["matmul 32", "matmul 64"]
    assert chosen(top=1)[1] == ("… 1 more", "")


def test_modes_have_a_table_where_one_is_the_baseline() -> None:
    analysis = RunAnalysis(turns((PRODUCT, {TORCH: 1e-3, COMPILED: 2e-3})))
    answers = answers_of(analysis, "eager")
    titles = [one.title for one in tables(analysis.against().rows, answers, View(side="dynamic"))]
    assert titles == ["Eager or compiled?"]
