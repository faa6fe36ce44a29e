"""The findings of a checkup on a terminal, in a pipe and as JSON."""

import io
import json

import jsonschema
import pytest
from rich.console import Console

from dlbench.records.machine.checkup import Checkup, Finding
from dlbench.report import schema
from dlbench.report.machine import checkup

GOOD = Finding("governor", "good", "performance on 2 of 2 cores")
BAD = Finding("load", "bad", "others keep 1.97 of 2 cores busy", "times become longer", "end them")
HIDDEN = Finding("turbo", "unknown", "the system does not tell", "often hidden", "ask the host")
ALSO_HIDDEN = Finding("thermal", "unknown", "no file", "often hidden", "ask the host")
LONG = Finding("blas", "notice", "fact " * 30, "meaning " * 30, "advice " * 30)
LEFT_OUT = {"driver": "there is no GPU", "noise": "--no-noise", "compute mode": "there is no GPU"}


def of(*findings, left_out=None):
    fit = all(one.state != "bad" for one in findings)
    return Checkup("a machine with 2 cores", fit, findings, left_out or {})


def shown(made, **options):
    console = Console(file=io.StringIO(), **options)
    checkup.show(made, console)
    return console.file.getvalue()


def on_a_terminal(made, width=80):
    return shown(made, width=width, force_terminal=True, color_system=None, legacy_windows=False)


def test_a_line_per_check_in_columns():
    lines = shown(of(GOOD, BAD)).splitlines()
    assert lines[0] == "a machine with 2 cores"
    assert "good     governor  performance on 2 of 2 cores" in lines
    assert "bad      load      others keep 1.97 of 2 cores busy" in lines


def test_what_is_not_good_is_explained_with_what_to_do():
    page = shown(of(GOOD, BAD))
    assert "\nWhat it means, and what to do\nload: times become longer\n  > end them\n" in page
    assert "governor:" not in page


def test_equal_explanations_stand_once():
    page = shown(of(HIDDEN, GOOD, ALSO_HIDDEN))
    assert "turbo, thermal: often hidden\n  > ask the host\n" in page
    assert page.count("often hidden") == 1


def test_a_machine_without_a_fault_needs_no_explanation():
    page = shown(of(GOOD))
    assert checkup.TITLE not in page
    assert page.endswith("Fit to measure, as far as can be seen (1 check: 1 good).\n")


def test_the_last_line_counts_the_states_and_names_what_is_bad():
    page = shown(of(GOOD, BAD, HIDDEN, ALSO_HIDDEN))
    end = "Not fit to measure: load (4 checks: 1 good, 1 bad, 2 unknown).\n"
    assert page.endswith(end)


def test_what_was_left_out_is_told_by_its_reason():
    page = shown(of(GOOD, left_out=LEFT_OUT))
    assert "Not checked: driver, compute mode (there is no GPU)\n" in page
    assert "Not checked: noise (--no-noise)\n" in page


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width):
    page = on_a_terminal(of(LONG, GOOD, left_out=LEFT_OUT), width)
    assert max(map(len, page.splitlines())) <= width
    assert page.count("fact") == 30


def test_later_lines_of_a_fact_stand_below_its_first():
    lines = on_a_terminal(of(LONG)).splitlines()
    first = lines.index(next(line for line in lines if line.startswith("notice")))
    assert lines[first].index("fact") == lines[first + 1].index("fact")


def test_a_pipe_gets_a_line_per_check():
    page = shown(of(LONG), width=80)
    assert [line for line in page.splitlines() if "fact" in line] == [
        f"notice   blas  {' '.join(['fact'] * 30)}"
    ]


def test_states_are_coloured_and_plain_text_has_none():
    coloured = shown(of(BAD), force_terminal=True, color_system="standard", width=80)
    assert "\x1b[1;31mbad\x1b[0m" in coloured
    assert "\x1b" not in shown(of(BAD))


def test_a_name_cannot_steer_the_terminal():
    evil = Finding("load", "bad", "\x1b[2J\x07x (pid 7) [bold]y[/]", "m", "a")
    page = shown(of(evil), force_terminal=True, color_system=None, width=80)
    assert "\x1b[2J" not in page
    assert "\x07" not in page
    assert "?[2J?x (pid 7) [bold]y[/]" in page


@pytest.mark.parametrize("made", [of(GOOD), of(GOOD, BAD, HIDDEN, left_out=LEFT_OUT), of()])
def test_json_obeys_its_schema_and_holds_everything(made):
    printed = json.loads(checkup.to_json(made))
    jsonschema.Draft202012Validator(schema.schema("doctor")).validate(printed)
    assert printed["fit"] is made.fit
    assert [one["check"] for one in printed["findings"]] == [one.check for one in made.findings]
    assert printed["left_out"] == made.left_out
