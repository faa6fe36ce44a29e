"""The rules of sampling for each value of `--rigor`.

A generation costs the time of starting and compiling. Only several of them show how much equal
processes differ by chance (tests of the interval: tests/stats/test_location.py).
"""

from typing import get_args

from msgspec.structs import replace

from dlbench.records.plan import Rigor, Sampling

NAMES: tuple[Rigor, ...] = get_args(Rigor)


# A generation then has four processes per case. In two of them, the cases of a row get ready in the
# opposite order, so both orders are equally frequent, whatever the number of generations.
RENEWALS = 3


RIGORS: dict[Rigor, Sampling] = {
    # A first answer: one generation, and blocks so short that many rounds fit into little time.
    "quick": Sampling(
        rigor="quick",
        generations=1,
        blocks=32,
        precision=0.02,
        block_s=0.02,
        case_s=2.0,
        stretch_s=0.32,
    ),
    # Three generations are the fewest that show their spread with any certainty.
    "standard": Sampling(
        rigor="standard",
        generations=3,
        renewals=RENEWALS,
        blocks=64,
        precision=0.004,
        block_s=0.05,
        case_s=10.0,
    ),
    # With six, the interval is half as wide as with three (Student's t: 2.57/√6 to 4.30/√3).
    "rigorous": Sampling(
        rigor="rigorous",
        generations=6,
        renewals=RENEWALS,
        blocks=96,
        precision=0.002,
        block_s=0.05,
        case_s=30.0,
    ),
}


def sampling(rigor: Rigor, like: Sampling) -> Sampling:
    """Return the rules of this rigor, with the limits of `like`."""
    names = ("timeout_s", "budget_s", "compile_limit_s", "memory_limit_gib")
    limits = {name: getattr(like, name) for name in names}
    return replace(RIGORS[rigor], **limits)
