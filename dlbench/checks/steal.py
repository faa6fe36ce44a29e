"""Steal: how much of the cores' time the hypervisor gives to others; proc_stat(5)."""

from dlbench import units
from dlbench.checks.base import ASK_HOST, Facts, Outcome, text
from dlbench.machine import counters

SUBJECT = "cpu"

# Above this share, samples are flagged as stolen one after the other: a worker flags each that lost
# 2 % (harness/worker/interference.py).
TOO_MUCH = 0.02

# Up to this share, a core loses a tick of 10 ms every 5 s: one sample of 50 ms in a hundred.
LITTLE = 0.002

MEANING = "the host runs others on these cores: samples become longer, and are left out"
ADVICE = "use a machine, or an instance type, with cores of its own"


def check(facts: Facts) -> Outcome:
    """Judge the share of a few seconds, and the share since the start of the machine."""
    now, ever = facts.observed.stolen, _since_start(facts)
    if now is None or ever is None:
        return Outcome("unknown", "the system does not count it", "others may use it", ASK_HOST)
    seen = f"{units.percent(now)} now, {units.percent(ever)} since the machine started"
    if now > TOO_MUCH:
        return Outcome("bad", seen, MEANING, ADVICE)
    if max(now, ever) > LITTLE:
        return Outcome("notice", seen, MEANING, ADVICE)
    if not ever and _is_virtual(facts):
        return Outcome("unknown", seen, "this hypervisor may not report it", ASK_HOST)
    return Outcome("good", seen)


def _since_start(facts: Facts) -> float | None:
    stat = counters.opened(facts.proc / "stat")
    rows = counters.rows(stat, facts.grant.allowed) if stat else []
    total = sum(sum(row[:8]) for row in rows)  # what follows are guests, counted in user and nice
    return sum(row[7] for row in rows) / total if total else None


def _is_virtual(facts: Facts) -> bool:
    """Return whether the CPU says that a hypervisor is below it; x86 alone does."""
    lines = (text(facts.proc / "cpuinfo") or "").splitlines()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return "hypervisor" in flags.split()
