"""What a reader is told of a run that was stopped and resumed."""

from msgspec.structs import replace
from rich.console import Console

from dlbench.records.measurement import Measurement
from dlbench.records.run import UsualLuck
from dlbench.records.seam import Seam
from dlbench.report import notes, terminal
from fakes.runs import TORCH, case, matmul, measured, results

CASE, OTHER = case(matmul(8)), case(matmul(8), TORCH)
TIME = "2026-11-28T21:50:33+00:00"
RESUMED = "The run was stopped, and resumed on 2026-11-28 21:50 UTC after 2 measurements"


def resumed(*steps_s, check=True):
    stored = results((CASE, measured(CASE, *[1e-3] * 12)), (OTHER, measured(OTHER, *[2e-3] * 12)))
    seam = Seam(TIME, 2, 1, measured(CASE, *steps_s) if check else None)
    run = replace(stored.run, luck=UsualLuck(0.03**2, 4, runs=3))
    return replace(stored, run=run, seams=(seam,))


def test_a_seam_is_told_with_the_change_of_the_machine():
    assert notes.seam_lines(resumed(*[1e-3] * 12)) == [
        f"{RESUMED}. matmul 8 on numpy eager then took 1.00 [0.92–1.09] times as long as before"
    ]
    assert notes.seam_warnings(resumed(*[1e-3] * 12)) == []


def test_a_change_beyond_doubt_is_a_warning():
    (warning,) = notes.seam_warnings(resumed(*[2e-3] * 12))
    assert warning.startswith("matmul 8 on numpy eager then took 2.00 [1.84–2.17] times as long")
    assert "Ratios within a workload are not affected" in warning


def test_few_samples_have_no_interval():
    assert notes.seam_lines(resumed(1e-3))[0].endswith("then took 1.00 times as long as before")


def test_a_seam_without_a_check_is_told_too():
    assert notes.seam_lines(resumed(check=False)) == [RESUMED]


def test_why_a_change_is_not_known_is_told():
    unknown = f"{RESUMED}. Whether the machine was as fast as before is not known"
    assert notes.seam_lines(resumed()) == [f"{unknown}: other programs used the CPU"]
    stored = resumed()
    failed = Measurement(CASE.id, "failed", "the worker process died with signal 11")
    stored = replace(stored, seams=(replace(stored.seams[0], check=failed),))
    assert notes.seam_lines(stored) == [f"{unknown}: the worker process died with signal 11"]


def test_a_run_without_a_seam_says_nothing():
    stored = replace(resumed(), seams=())
    assert (notes.seam_lines(stored), notes.seam_warnings(stored)) == ([], [])


def test_it_stands_below_the_tables(capsys):
    terminal.show(resumed(*[2e-3] * 12), Console(width=80))
    shown = " ".join(capsys.readouterr().out.split())
    assert "The run was stopped, and resumed on 2026-11-28 21:50 UTC" in shown
    assert "Warning: matmul 8 on numpy eager then took" in shown
