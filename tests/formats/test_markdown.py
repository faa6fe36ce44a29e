"""Tables as Markdown."""

from dlbench.formats import markdown
from dlbench.records.case import Target, Workload
from dlbench.records.measurement import Measurement
from dlbench.report.tables import lay_out
from fakes.runs import (
    NUMPY,
    TORCH,
    case,
    matmul,
    rows,
    samples,
)

SMALL, LARGE = matmul(100), matmul(1000)


BOTH = [
    (case(SMALL, NUMPY), 1e-3),
    (case(SMALL, TORCH), 2e-3),
    (case(LARGE, NUMPY), 0.5),
    (case(LARGE, TORCH), 0.1),
]


def failed(workload: Workload, target: Target, status: str = "failed", reason: str = "it died"):
    of = case(workload, target)
    return of, Measurement(of.id, status, reason, samples=samples(1e-9))


def test_markdown_whole() -> None:
    found = rows(*BOTH[:3], failed(LARGE, TORCH))
    assert markdown.of_table(lay_out(found, "gflops")) == (
        "**GFLOP/s (cpu, eager, float32, 2 threads)**\n"
        "\n"
        "| workload | numpy | torch |\n"
        "| --- | ---: | ---: |\n"
        "| matmul 100 | **2.00** | 1.00 |\n"
        "| matmul 1000 | 4.00 | failed [1] |\n"
        "\n"
        "- \\[1\\] it died\n"
    )


def test_markdown_without_notes_ends_with_its_table() -> None:
    text = markdown.of_table(lay_out(rows(*BOTH), "gflops"))
    assert text.endswith("| **20.0** |\n")


def test_markdown_survives_bars_and_line_breaks_in_reasons() -> None:
    table = lay_out(rows(failed(SMALL, NUMPY, reason="a | b\nc")), "gflops")
    assert markdown.of_table(table).endswith("\n- \\[1\\] a \\| b c\n")
