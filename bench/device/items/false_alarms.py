"""Whether samples are flagged as disturbed although nothing disturbs them."""

import tempfile
from pathlib import Path

from card import Card
from verdict import Facts, Verdict, of

from dlbench.results.find import folders
from dlbench.results.folder import read_run

NUMBER, SECONDS = 6, 30
CHECKS = "false alarms"

# PyTorch's compiler starts helpers, whose time once counted as that of strangers.
WORDS = ("matmul", "--size", "1024", "--backend", "torch", "--mode", "compile", "--device", "cuda")

# A program that keeps one core at work: on another core, it takes nothing from a GPU's thread.
HOG = "print(flush=True)\nwhile True: pass"


def look(card: Card) -> Facts:
    """Measure a compiled product alone, and beside a program on another core."""
    alone = _flags(card)
    with card.beside(HOG):
        beside = _flags(card)
    return {"alone": alone, "beside": beside, "left_out": "another user of the card"}


def _flags(card: Card) -> Facts:
    with tempfile.TemporaryDirectory() as results:
        words = ("run", *WORDS, "--rigor", "quick", "--budget", "12", "--quiet")
        code, text = card.dlbench(*words, "--results", results, timeout_s=50)
        found = folders(Path(results))
        if code or not found:
            raise RuntimeError(f"dlbench run ended with {code}: {text[-300:]}")
        samples = [one for line in read_run(found[-1]).measurements for one in line.samples]
    return {"samples": len(samples), "busy": sum("busy" in one.flags for one in samples)}


def judge(facts: Facts) -> Verdict:
    """None may be busy in either."""
    faults = [
        f"{where}: {facts[where]['busy']} of {facts[where]['samples']} samples busy"
        for where in ("alone", "beside")
        if facts[where]["busy"] or not facts[where]["samples"]
    ]
    count = facts["alone"]["samples"] + facts["beside"]["samples"]
    return of(faults, f"none of {count} samples busy; not tried: {facts['left_out']}")
