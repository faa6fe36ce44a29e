"""The batch from which the GPU is faster, twice."""

import json
import tempfile

from card import Card
from verdict import Facts, Verdict, of

NUMBER, SECONDS = 12, 80
CHECKS = "crossover of a training step"

WORDS = ("--network", "mnist-512", "--axis", "batch", "--backend", "torch")
SIDES = ("--between", "torch/cpu", "--and", "torch/cuda")
FIRST_S, AGAIN_S, FED_S = 30, 20, 20


def look(card: Card) -> Facts:
    """Search with resident data, again, and with data from the host."""
    return {
        "first": _change(card, FIRST_S),
        "again": _change(card, AGAIN_S),
        "fed": _change(card, FED_S, "--data", "fed"),
    }


def _change(card: Card, budget_s: int, *more: str) -> Facts:
    with tempfile.TemporaryDirectory() as results:
        code, text = card.dlbench(
            *("crossover", *WORDS, *SIDES, *more, "--budget", str(budget_s)),
            *("--format", "json", "--quiet", "--results", results),
            timeout_s=3 * budget_s,
        )
    try:
        told = json.loads(text)
    except ValueError:
        raise RuntimeError(f"dlbench crossover ended with {code}: {text[-300:]}") from None
    found = told["crossover"]
    return {"answer": told["answer"], "change": found["change"], "sure": found["sure"]}


def judge(facts: Facts) -> Verdict:
    """There is a crossing that repeats within its interval, or one side always, twice the same."""
    first, again = facts["first"], facts["again"]
    faults = [f"{name}: nothing is sure" for name, one in facts.items() if not one["sure"]]
    if not faults and bool(first["change"]) != bool(again["change"]):
        faults.append("a crossing was found once of two times")
    elif first["change"] and not faults:
        low, high = first["change"]["low"], first["change"]["high"]
        if not low <= again["change"]["value"] <= high:
            faults.append(f"{again['change']['value']:.0f} lies outside {low:.0f} to {high:.0f}")
    return of(faults, f"{first['answer']}; from the host: {facts['fed']['answer']}")
