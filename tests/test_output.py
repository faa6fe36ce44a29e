"""What the commands print of a run or a plan, in every format."""

import csv
import io
import json

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench import output
from dlbench.grid import METRICS
from dlbench.model import Measurement, Sampling
from dlbench.rows import Row
from dlbench.store import Results
from fakes.results import ENVIRONMENT, TORCH, case, forward, matmul, plan_of, results
from fakes.terminal import page

PRODUCT = case(matmul(100))
FAILED = case(matmul(200), TORCH)
FOUND = results(
    (PRODUCT, 1e-3),
    (case(matmul(100), TORCH), 2e-3),
    (case(matmul(200)), 1e-3),
    (FAILED, Measurement(FAILED.id, "failed", "RuntimeError: [bold]no[/bold] kernel")),
    (case(forward(synthetic=True)), 2e-3),
)
MACHINE = (
    "20260101-120000-told: A Processor, 2 of 4 cores, 16.0 GiB; "
    "Python 3.11.7, numpy 2.4.6, torch 2.13.0"
)


def printed(found: Results, *args: object, width: int = 120, terminal: bool = False) -> str:
    """What goes to the terminal, without spaces at the ends of lines."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=terminal, color_system=None)
    output.show(found, console, *args)
    return page(*(line.rstrip() for line in stream.getvalue().splitlines()))


def test_the_whole_table() -> None:
    assert printed(FOUND) == page(
        MACHINE,
        "",
        "GFLOP/s (cpu, eager, float32, 2 threads, batch 32)",
        "",
        " workload        numpy       torch",
        " ──────────────────────────────────",
        " matmul 100      *2.00        1.00",
        " matmul 200       16.0  failed [1]",
        " forward iris  0.00461",
        "",
        "[1] RuntimeError: [bold]no[/bold] kernel",
        "on synthetic data: iris",
        f"* {output.LEGEND}",
    )


def test_several_metrics_are_several_tables_with_one_set_of_notes() -> None:
    text = printed(FOUND, METRICS)
    titles = [text.index(title) for title in ("GFLOP/s", "time per iteration, ms", "samples/s")]
    assert titles == sorted(titles)
    assert text.count("[1] RuntimeError") == 1
    assert text.count(f"* {output.LEGEND}") == 1


def test_where_nothing_ran_there_is_no_word_of_a_fastest() -> None:
    text = printed(results((PRODUCT, "there is no device cuda")))
    assert "skipped [1]" in text
    assert "[1] there is no device cuda" in text
    assert "fastest" not in text


def test_what_is_wrong_with_the_files_is_said_first() -> None:
    text = printed(Results(FOUND.run, FOUND.measurements, ("the last line is torn",)))
    assert text.startswith("Warning: the last line is torn\n")


def test_a_long_note_is_one_line_for_grep_and_wrapped_for_a_person() -> None:
    found = results((PRODUCT, "because " * 30 + "of that"))
    assert "because of that" in printed(found, width=60).splitlines()[-1]
    wrapped = printed(found, width=60, terminal=True).splitlines()
    assert max(map(len, wrapped)) <= 60
    assert printed(found, width=60).startswith(MACHINE + "\n")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cpu": None}, "CPU unknown, 2 of 4 cores"),
        ({"memory_bytes": None}, "memory unknown"),
        ({"gpus": ("Tesla", "Tesla")}, "16.0 GiB, Tesla, Tesla; Python"),
    ],
)
def test_the_machine_is_described_with_what_is_known(changes, text: str) -> None:
    run = replace(FOUND.run, environment=replace(ENVIRONMENT, **changes))
    assert text in printed(Results(run, FOUND.measurements))


def test_json_is_the_run_without_its_cases_and_a_row_for_each(capsys) -> None:
    printed(FOUND, ("gflops",), "json")
    data = json.loads(capsys.readouterr().out)
    assert data.keys() == {"run", "rows"}
    assert data["run"]["id"] == "20260101-120000-told"
    assert data["run"]["environment"]["cpu"] == "A Processor"
    assert data["run"]["plan"]["seed"] == 0
    assert "groups" not in data["run"]["plan"]
    assert [row["case"] for row in data["rows"]] == [one.id for one in FOUND.run.plan.cases]
    assert all(list(row) == list(Row.__struct_fields__) for row in data["rows"])
    assert data["rows"][3]["time_s"] is None


def test_csv_has_a_line_for_every_case(capsys) -> None:
    assert not printed(FOUND, ("gflops",), "csv")
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [line["case"] for line in lines] == [one.id for one in FOUND.run.plan.cases]


def test_markdown_has_a_table_for_every_metric(capsys) -> None:
    assert not printed(FOUND, METRICS, "md")
    text = capsys.readouterr().out
    assert text.count("| workload | numpy | torch |") == 3
    assert text.startswith("**GFLOP/s (")
    assert text.endswith("\n")


def planned(*cases, width: int = 80, terminal: bool = False, **fields: object) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=terminal, color_system=None)
    output.plan(plan_of(cases, **fields), console)
    return stream.getvalue()


def test_the_whole_plan() -> None:
    text = planned(
        PRODUCT,
        case(matmul(100), TORCH, skip="torch is [bold]not[/bold] installed"),
        case(forward(synthetic=True)),
        seed=3,
    )
    assert text == page(
        "matmul/100x100x100",
        "  numpy/cpu/eager/float32/t2",
        "  torch/cpu/eager/float32/t2  skipped: torch is [bold]not[/bold] installed",
        "forward/iris/b32 (synthetic data)",
        "  numpy/cpu/eager/float32/t2",
        "2 cases to measure, 1 skipped; 12 blocks of about 20.0 ms each, seed 3",
    )


def test_one_is_singular_in_a_plan() -> None:
    assert planned(PRODUCT, sampling=Sampling(blocks=1)).splitlines()[-1] == (
        "1 case to measure, 0 skipped; 1 block of about 20.0 ms each, seed 0"
    )


def test_a_case_is_one_line_of_a_plan_where_no_person_reads() -> None:
    skipped = case(matmul(100), TORCH, skip="because " * 30)
    assert len(planned(PRODUCT, skipped, width=60).splitlines()) == 4
    assert max(map(len, planned(PRODUCT, skipped, width=60, terminal=True).splitlines())) <= 60
