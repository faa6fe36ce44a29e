"""A machine that was never built, with two frameworks that were never written."""

from typing import Any

from dlbench.plan.targets import Machine
from dlbench.records.case import Declaration

ALPHA = Declaration(
    package="alpha",
    distributions=("alpha",),
    install="pip install alpha",
    modes={"eager": "dynamic"},
    devices={"cpu": ("float32", "float64")},
    environment={},
)
BETA = Declaration(
    package="beta",
    distributions=("beta", "beta-cpu"),
    install="pip install beta",
    modes={"eager": "dynamic", "graph": "static", "jit": "static"},
    devices={"cpu": ("float32",), "cuda": ("float32", "tf32")},
    environment={"BETA_THREADS": "{threads}"},
    aliases=("bt",),
)
DECLARATIONS = {"alpha": ALPHA, "beta": BETA}


def machine(**fields: Any) -> Machine:
    """Everything is installed, there are 4 cores and no GPU, and all data is at hand."""
    return Machine(
        **{
            "declarations": DECLARATIONS,
            "installed": frozenset(DECLARATIONS),
            "cores": 4,
            "memory_bytes": 16 * 2**30,
            "gpus": 0,
            "unavailable_reason": lambda dataset: None,
            **fields,
        }
    )
