"""The governor: whether the clock is held high or follows the load.

docs.kernel.org/admin-guide/pm/cpufreq.html, docs.kernel.org/admin-guide/pm/intel_pstate.html.
"""

from collections import Counter

from dlbench.checks.base import ASK_HOST, HIDDEN, Facts, Outcome, text

SUBJECT = "cpu"

STEADY, LOWEST = "performance", "powersave"

# These drivers choose the clock themselves: their `powersave` follows the load. That of all others
# is the lowest clock.
OWN_POLICY = {"intel_pstate", "amd-pstate-epp"}

ADVICE = "sudo cpupower frequency-set --governor performance"


def check(facts: Facts) -> Outcome:
    """Look at the cores that this process may use."""
    folders = [
        facts.sys / f"devices/system/cpu/cpu{core}/cpufreq" for core in sorted(facts.grant.allowed)
    ]
    known = [
        (governor, text(folder / "scaling_driver"))
        for folder in folders
        if (governor := text(folder / "scaling_governor"))
    ]
    if not known:
        return Outcome("unknown", "the system does not tell", HIDDEN, ASK_HOST)
    counted = Counter(governor for governor, _ in known)
    each = ", ".join(f"{name} on {count}" for name, count in counted.items())
    seen = f"{each} of {len(folders)} cores"
    if any(governor == LOWEST and driver not in OWN_POLICY for governor, driver in known):
        return Outcome("bad", seen, "the clock stays at its lowest: all times are long", ADVICE)
    if len(known) < len(folders):
        return Outcome("unknown", seen, "the other cores do not tell", ASK_HOST)
    if set(counted) != {STEADY}:
        meaning = "the clock rises after some work: times after a pause are longer"
        return Outcome("notice", seen, meaning, ADVICE)
    return Outcome("good", seen)
