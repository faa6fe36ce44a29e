"""A history as people and programs read it."""

import json
from math import log

import numpy as np
import pytest
from rich.console import Console

from dlbench.archive.history import History, history
from dlbench.archive.timeline import MOST_BARS, sheet_of, sparkline
from dlbench.formats import base
from fakes.runs import NUMPY, TORCH
from fakes.worlds import World, dated, store

WORLD = World(luck=0.002, generations=1, rounds=6, workloads=1, targets=(NUMPY, TORCH), day=0.01)


def text(sheet, form="table"):
    return base.sheet_writer(form)(sheet, Console(width=80, color_system=None))


@pytest.fixture(scope="module")
def slower(tmp_path_factory):
    """Six runs, and six with a version that is slower by half."""
    folder, rng = tmp_path_factory.mktemp("results"), np.random.default_rng(0)
    versions = [(1.0, "2.13.0")] * 6 + [(1.5, "2.14.0")] * 6
    store(folder, *(dated(n, rng, WORLD, *one) for n, one in enumerate(versions, start=1)))
    return history(folder)


@pytest.mark.parametrize(
    ("factors", "bars"),
    [((), ""), ((1, 1.5, 1), "▁█▁"), ((1, 2, 4, 8), "▁▃▆█")],
)
def test_bars(factors, bars):
    assert sparkline([log(one) for one in factors]) == bars


def test_noise_does_not_look_like_a_change():
    assert len(set(sparkline([log(1 + 0.002 * (n % 2)) for n in range(8)]))) <= 2
    assert len(set(sparkline([0.0] * 5))) == 1


def test_only_the_latest_bars_are_drawn():
    assert len(sparkline([*range(100)])) == MOST_BARS


def test_a_person_reads_the_step_and_the_bars(slower):
    shown = text(sheet_of(slower))
    flat = " ".join(shown.split())
    assert "matmul 8, torch: 1.50x slower since" in flat
    assert "slower since 2026-01-07 12:00 (20260107-120000-told): torch 2.13.0 → 2.14.0" in flat
    [line] = [one for one in shown.splitlines() if one.startswith("torch")]
    assert line.rstrip().endswith("▁▁▁▁▁▁██████")
    assert max(map(len, shown.splitlines()[4:8])) <= 80


def test_a_program_reads_all(slower):
    found = json.loads(text(sheet_of(slower), "json"))
    assert len(found["runs"]) == 12
    [torch] = [one for one in found["series"] if one["target"]["backend"] == "torch"]
    assert len(torch["points"]) == 12
    assert [one["run"] for one in torch["turns"]] == ["20260107-120000-told"]
    head, *lines = text(sheet_of(slower), "csv").splitlines()
    assert head == "case,run,started,seconds,ratio,is_ratio,factor,given,changed"
    assert len(lines) == 24


def test_no_step_is_said(tmp_path):
    store(tmp_path, dated(1, np.random.default_rng(1), WORLD))
    shown = text(sheet_of(history(tmp_path)))
    assert "- no case has changed beyond doubt" in shown


def test_a_new_machine_is_a_remark(tmp_path):
    rng = np.random.default_rng(2)
    store(tmp_path, dated(1, rng, WORLD), dated(2, rng, WORLD, cpu="Another"))
    shown = " ".join(text(sheet_of(history(tmp_path))).split())
    assert "From 20260102-120000-told on, 2 cases begin anew: another machine" in shown


@pytest.mark.parametrize(
    ("margin", "told"),
    [
        (0.02, "larger than 2 % beyond doubt (10 % for times without a yardstick), at 1 %"),
        (0.05, "larger than 5 % beyond doubt (10 % for times without a yardstick), at 1 %"),
        (0.2, "larger than 20 % beyond doubt, at 1 % for all steps of a case"),
    ],
)
def test_the_margin_is_told(tmp_path, margin, told):
    store(tmp_path, dated(1, np.random.default_rng(1), WORLD))
    sheet = sheet_of(history(tmp_path, margin=margin))
    assert told in " ".join(text(sheet).split())
    assert json.loads(text(sheet, "json"))["margin"] == margin


def test_a_step_of_which_nothing_is_known_says_so(tmp_path):
    rng = np.random.default_rng(4)
    store(tmp_path, *(dated(n, rng, WORLD, 1.5 if n > 6 else 1.0) for n in range(1, 13)))
    [sentence] = sheet_of(history(tmp_path)).answers
    assert sentence.endswith(": no version, setting, variable or driver that is recorded changed")


def test_nothing_is_a_page_too():
    assert "no run" in text(sheet_of(History((), ())))
