"""Turbo: whether the clock may rise above the nominal one, as far as heat and power allow.

docs.kernel.org/admin-guide/pm/intel_pstate.html (no_turbo), .../pm/cpufreq.html (boost).
"""

from dlbench.checks.base import ASK_HOST, HIDDEN, Facts, Outcome, number

SUBJECT = "cpu"

# Each file with the value that means "off".
SWITCHES = (("intel_pstate/no_turbo", 1), ("cpufreq/boost", 0))

MEANING = (
    "the clock depends on heat and on how many cores work: ratios measured in turns stay fair, "
    "but times differ from hour to hour"
)


def check(facts: Facts) -> Outcome:
    """Read the switch."""
    folder = facts.sys / "devices/system/cpu"
    for name, off in SWITCHES:
        value = number(folder / name)
        if value == off:
            return Outcome("good", "off")
        if value is not None:
            advice = f"for times that repeat: echo {off} | sudo tee {folder / name}"
            return Outcome("notice", "on", MEANING, advice)
    return Outcome("unknown", "the system does not tell", HIDDEN, ASK_HOST)
