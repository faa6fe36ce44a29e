"""A machine is examined: on told facts by the command, and this machine without its noise."""

import json

import pytest

from dlbench.api import doctor, noise
from dlbench.harness.supervisor import probing
from dlbench.machine.observation import Observer
from dlbench.records.measurement import Progress
from fakes.facts import ALPHA_SAYS, BUSY, LOW_NOISE, QUIET, facts, sound
from fakes.terminal import dlbench

BUSY_CORES = QUIET._replace(cores=1.9, others=(BUSY,))


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What the command finds in place of this machine."""
    sound(tmp_path)

    def tell(**fields):
        made = facts(tmp_path, **fields)
        monkeypatch.setattr(doctor, "gather", lambda *_, **__: made)

    return tell


def test_a_sound_machine_is_fit(told):
    told()
    answer = dlbench("doctor", "--quiet")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[-1].startswith("Fit to measure")


def test_one_bad_check_is_enough(told):
    told(observed=BUSY_CORES)
    answer = dlbench("doctor", "--quiet")
    assert answer.code == 1
    assert "Not fit to measure: load (" in answer.out


def test_what_is_unknown_does_not_make_it_unfit_but_is_said(told):
    told(noise="no time")
    answer = dlbench("doctor", "--quiet")
    assert answer.code == 0
    assert "\nunknown  noise " in answer.out


@pytest.mark.parametrize(("cores", "code"), [(0.0, 0), (1.9, 1)])
def test_json_says_the_same(told, cores, code):
    told(observed=QUIET._replace(cores=cores))
    answer = dlbench("doctor", "--quiet", "--format", "json")
    found = json.loads(answer.out)
    assert (answer.code, found["fit"]) == (code, not code)
    states = {one["check"]: one["state"] for one in found["findings"]}
    assert states["load"] == ("bad" if code else "good")


def test_an_unknown_format_is_told():
    answer = dlbench("doctor", "--format", "xml")
    assert answer.code == 2
    assert "Allowed: table, json" in answer.err


@pytest.fixture
def quick(monkeypatch):
    """This machine, without waiting: nobody is watched, asked or measured."""
    done = []
    monkeypatch.setattr(Observer, "observe", lambda self, seconds: done.append("watch") or QUIET)
    monkeypatch.setattr(
        probing, "ask", lambda name, *_, **__: done.append(f"ask {name}") or ALPHA_SAYS
    )
    monkeypatch.setattr(noise, "measure", lambda *_: done.append("noise") or LOW_NOISE)
    return done


def test_others_are_watched_before_dlbench_works_itself(quick):
    doctor.examine()
    assert quick[0] == "watch"
    assert "ask numpy" in quick
    assert quick[-1] == "noise"


def test_the_noise_is_measured_only_if_asked_for(quick):
    found = doctor.examine(noise=False)
    assert "noise" not in quick
    assert found.left_out["noise"] == "--no-noise"


def test_every_step_is_told_and_none_draws_while_time_is_taken(quick):
    seen = []
    doctor.examine(progress=seen.append)
    assert all(isinstance(one, Progress) for one in seen)
    assert [one.done for one in seen] == list(range(len(seen)))
    assert {one.total for one in seen} == {len(seen)}
    assert [one.is_timed for one in seen] == [False] * (len(seen) - 1) + [True]
