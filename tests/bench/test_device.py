"""The script for a machine with a card: its plan, limits and file, and how it judges."""

import json
import os
import subprocess
import sys
from argparse import Namespace
from copy import deepcopy
from pathlib import Path

import pytest

from fakes.told_card import TOLD

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "bench" / "device" / "check.py"

sys.path.append(str(SCRIPT.parent))

import check  # noqa: E402 - scripts import each other by name

ITEMS = {item.NUMBER: item for item in check.items()}


def checked(tmp_path, *words):
    """Exit code, lines and file of the script on fakes."""
    out = tmp_path / "check.json"
    command = (sys.executable, str(SCRIPT), "--fake", "--out", str(out), *words)
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    found = json.loads(out.read_text(encoding="utf-8")) if out.exists() else None
    return done, found


# --- the whole --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return checked(tmp_path_factory.mktemp("check"))


def test_every_item_has_a_line_and_a_place_in_the_file(whole):
    done, found = whole
    assert [one["number"] for one in found["items"]] == list(range(1, 15))
    assert [int(line[:2]) for line in done.stdout.splitlines()] == list(range(1, 15))
    assert found["fake"] is True


def test_on_fakes_all_is_reached_that_a_card_could_reach(whole):
    _, found = whole
    outcomes = {one["number"]: one["outcome"] for one in found["items"]}
    missing = {number for number, item in ITEMS.items() if hasattr(item, "NULL")}
    # 11 judges a stored run in which 32 of 90 cases were never reached
    expected = {number: "null" if number in missing else "reached" for number in ITEMS}
    reasons = [one["reason"] for one in found["items"]]
    assert outcomes == {**expected, 11: "not"}, reasons
    assert all(reasons)


def test_a_run_that_was_cut_off_is_seen(whole):
    done, found = whole
    one = found["items"][10]
    assert len(one["facts"]["missing"]) == 32
    assert one["reason"].startswith("32 cases not measured; CPU or GPU told for 6 of 9 workloads")
    assert done.returncode == 1


def test_the_queues_of_known_truth_are_measured(whole):
    _, found = whole
    torch, jax = (found["items"][number - 1]["facts"] for number in (3, 4))
    assert torch["matmul 1024"]["queued_s"] == pytest.approx(57e-6, rel=1e-3)
    assert jax["matmul 4096"]["queued_s"] == pytest.approx(2.7e-3, rel=1e-3)
    assert [torch[f"matmul {size}"]["bound"] for size in (256, 4096)] == ["launch", "device"]


# --- options, limits, the file -----------------------------------------------------------------


def test_items_can_be_chosen(tmp_path):
    done, found = checked(tmp_path, "--only", "1,5")
    assert [one["number"] for one in found["items"]] == [1, 5]
    assert done.returncode == 0


@pytest.mark.parametrize("word", ["99", "one", ""])
def test_an_item_that_does_not_exist_is_refused(tmp_path, word):
    done, found = checked(tmp_path, "--only", word)
    assert done.stderr.startswith(f"check.py: no item {word}. Allowed: 1, 2, 3")
    assert found is None


def test_what_no_longer_fits_into_the_budget_is_null(tmp_path):
    _, found = checked(tmp_path, "--only", "2,5", "--budget", "1")
    first, second = found["items"]
    assert (first["outcome"], first["reason"]) == ("null", "no time left: it takes 12 s")
    assert second["reason"] == ITEMS[5].NULL


def test_an_item_that_takes_too_long_is_ended_and_null():
    assert check.look_apart(ITEMS[2], 0.0, fake=True) == {
        "null": "it took longer than its limit of 0 s"
    }


def test_the_file_holds_what_was_done_before_the_machine_was_lost(tmp_path, monkeypatch):
    done = []

    def one(item, left_s, *, fake):
        if done:
            raise KeyboardInterrupt
        done.append(item)
        return {"number": 1, "checks": "", "outcome": "reached", "reason": "all"}

    monkeypatch.setattr(check, "check", one)
    out = tmp_path / "check.json"
    with pytest.raises(KeyboardInterrupt):
        check.run(Namespace(only=None, budget=540.0, fake=True, out=out))
    assert [item["number"] for item in json.loads(out.read_text())["items"]] == [1]


def test_all_items_together_fit_into_the_budget():
    assert sum(item.SECONDS for item in ITEMS.values()) <= check.BUDGET_S


def test_without_a_card_an_item_is_null_and_says_why(tmp_path):
    out = tmp_path / "facts.json"
    command = (sys.executable, str(SCRIPT), "--child", "out_of_memory", "--out", str(out))
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=env)
    reason = json.loads(out.read_text(encoding="utf-8"))["null"]
    assert "device" in reason or "No module" in reason


@pytest.mark.parametrize(
    "word", ["nvidia-smi", "DeviceSet", "DeviceReset", "LockedClocks", "PowerManagementLimit("]
)
def test_no_item_changes_the_card(word):
    sources = [path.read_text(encoding="utf-8") for path in SCRIPT.parent.rglob("*.py")]
    assert len(sources) > len(ITEMS)
    assert not any(word in source for source in sources)


# --- how items judge ---------------------------------------------------------------------------


def judged(number, *place, value):
    """The verdict on what would be seen, but for the value at a place."""
    item = ITEMS[number]
    facts = deepcopy(TOLD[item.__name__.rpartition(".")[2]])
    *path, last = place
    part = facts
    for key in path:
        part = part[key]
    part[last] = value
    return item.judge(facts)


@pytest.mark.parametrize(
    ("number", "place", "value", "reason"),
    [
        (1, ("cards",), [], "the driver lists no card"),
        (6, ("alone", "busy"), 1, "alone: 1 of 32 samples busy"),
        (6, ("beside", "samples"), 0, "beside: 0 of 0 samples busy"),
        (7, ("left_s",), 1.01e-3, "work left behind does not show"),
        (7, ("waited_s",), 1.5e-3, "after a program that waited"),
        (8, ("torch tf32",), 1 + 2.0**-12, "torch tf32 gives 1.000244140625"),
        (8, ("torch float32",), 1.0, "torch float32 gives 1.0"),
        (9, ("torch", "is_recognised"), False, "not recognised: CUDA out of memory"),
        (9, ("torch", "error"), None, "memory did not run out"),
        (9, ("torch", "works_after"), False, "the next product is wrong"),
        (10, ("torch", "code"), 1, "torch: 120 passed"),
        (10, ("torch", "last"), "no tests ran in 0.01s", "torch: no tests ran"),
        (12, ("first", "sure"), [], "first: nothing is sure"),
        (12, ("again", "change"), None, "once of two times"),
        (12, ("again", "change"), {"value": 200.0}, "200 lies outside 80 to 116"),
        (13, ("float32", "gflops"), 40e3, "0.80 of a plain loop"),
        (13, ("float32", "gflops"), 70e3, "1.06 of the peak"),
        (13, ("float32", "gflops"), None, "no ceiling"),
    ],
)
def test_what_is_wrong_is_not_reached(number, place, value, reason):
    verdict = judged(number, *place, value=value)
    assert verdict.outcome == "not"
    assert reason in verdict.reason


QUEUE = {"queued_s": 1e-4, "steps": 16, "reason": None, "kernels_s": 1e-4, "step_s": 2e-4}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"queued_s": 1.04e-4}, "+4.0 % against its kernels"),
        ({"queued_s": None, "reason": "too slow"}, "matmul 4096: too slow"),
        ({"bound": "launch"}, "matmul 4096 is bound by launch, not by device"),
    ],
)
def test_a_wrong_device_time_is_not_reached(change, reason):
    good = {**QUEUE, "bound": "device"}
    assert ITEMS[3].judge({"matmul 4096": good}).outcome == "reached"
    verdict = ITEMS[3].judge({"matmul 4096": {**good, **change}})
    assert (verdict.outcome, reason in verdict.reason) == ("not", True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"queued_s": 1.06e-4}, "+6.0 % against a loop"),
        ({"queued_s": None, "reason": "too slow"}, "matmul 4096: too slow"),
        ({"bound": "launch", "loop_s": None}, "matmul 4096 is bound by launch"),
    ],
)
def test_two_lengths_that_are_wrong_are_not_reached(change, reason):
    good = {"queued_s": 1e-4, "reason": None, "loop_s": 1e-4, "bound": "device", "left": 31.0}
    assert ITEMS[4].judge({"matmul 4096": good}).outcome == "reached"
    verdict = ITEMS[4].judge({"matmul 4096": {**good, **change}})
    assert (verdict.outcome, reason in verdict.reason) == ("not", True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"busy_sync_s": 5e-5}, "waking up takes 50 µs"),
        ({"cycles_per_s": {"0": {"last": 1e9}, "2": {"last": 0.9e9}}}, "after 2 s of idling"),
    ],
)
def test_an_empty_block_that_is_not_as_assumed(change, reason):
    good = {
        "sync_s": 5e-6,
        "jax_sync_s": 1e-6,
        "with_events_s": 1e-5,
        "busy_sync_s": 1e-5,
        "cycles_per_s": {"0": {"last": 1e9}, "2": {"last": 1e9}},
    }
    assert ITEMS[2].judge(good).outcome == "reached"
    verdict = ITEMS[2].judge({**good, **change})
    assert (verdict.outcome, reason in verdict.reason) == ("not", True)


def test_an_item_whose_process_dies_is_null_with_its_last_words(tmp_path, monkeypatch):
    dying = tmp_path / "check.py"
    dying.write_text("import sys; sys.exit('the card fell off the bus')")
    monkeypatch.setattr(check, "__file__", str(dying))
    told = check.look_apart(ITEMS[2], 60.0, fake=True)
    assert told == {"null": "its process ended with 1: the card fell off the bus"}
