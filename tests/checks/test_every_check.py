"""Whatever check there is: unknown is never good, and what is not good says what to do."""

from pathlib import Path

import pytest

from dlbench import registry
from dlbench.checks import base
from dlbench.checks.base import SUBJECTS, LeftOut, worst
from dlbench.machine.cards import Card, Driver
from dlbench.records.machine.checkup import Finding
from fakes.facts import QUIET, facts, sound, unfit

CHECKS = registry.names("checks")
SILENT_CARD = Card("Accel 9")

# Checks that need no file, nor a card: they judge what they are told.
TOLD = {"load", "noise", "other_runs", "threads", "users"}


def nothing_told(root: Path):
    """No file, a card and frameworks that tell nothing, counters that nobody keeps."""
    return facts(
        root,
        observed=QUIET._replace(cores=None, stolen=None),
        driver=Driver(cards=(SILENT_CARD,)),
        frameworks={"alpha": "it does not start", "beta": "it does not start"},
        noise="no time",
    )


@pytest.fixture(params=[nothing_told, unfit], ids=lambda make: make.__name__)
def machine(request, tmp_path):
    return request.param(tmp_path)


@pytest.mark.parametrize("name", CHECKS)
def test_it_has_a_subject_that_has_a_place(name):
    assert registry.load("checks", name).SUBJECT in SUBJECTS


@pytest.mark.parametrize("name", sorted(set(CHECKS) - TOLD))
def test_what_nobody_tells_is_never_good(name, tmp_path):
    outcome = registry.load("checks", name).check(nothing_told(tmp_path))
    assert isinstance(outcome, LeftOut) or outcome.state != "good"


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_not_good_says_what_it_means_and_what_to_do(name, machine):
    outcome = registry.load("checks", name).check(machine)
    if not isinstance(outcome, LeftOut) and outcome.state != "good":
        assert outcome.meaning
        assert outcome.advice
        assert not outcome.meaning.endswith(".")
        assert not outcome.advice.endswith(".")


@pytest.mark.parametrize("name", CHECKS)
def test_a_sound_machine_passes(name, tmp_path):
    sound(tmp_path)
    outcome = registry.load("checks", name).check(facts(tmp_path))
    assert outcome.state == "good"
    assert outcome.seen
    assert (outcome.meaning, outcome.advice) == ("", "")


@pytest.mark.parametrize("name", CHECKS)
def test_no_check_changes_a_file(name, tmp_path):
    sound(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    registry.load("checks", name).check(facts(tmp_path))
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


def test_findings_come_by_subject_and_then_by_name(tmp_path):
    sound(tmp_path)
    names = [one.check for one in base.findings(facts(tmp_path)) if isinstance(one, Finding)]
    assert len(names) == len(CHECKS)
    assert names[0] == "governor"
    assert names[-1] == "noise"
    assert names.index("load") < names.index("blas") < names.index("driver")


def test_what_does_not_apply_is_named_with_the_reason(tmp_path):
    sound(tmp_path)
    found = list(base.findings(facts(tmp_path, driver=Driver(), noise=None)))
    left_out = dict(one for one in found if isinstance(one, tuple))
    assert left_out["noise"].reason == "--no-noise"
    assert left_out["compute mode"].reason == base.NO_GPU


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        (("good", "good"), "good"),
        (("good", "notice"), "notice"),
        (("notice", "unknown", "good"), "unknown"),
        (("unknown", "bad"), "bad"),
    ],
)
def test_the_worst_of_several_states_is_shown(states, shown):
    assert worst(*states) == shown
