"""Thread variables: whether the environment says how many threads there are, or where they run."""

from dlbench.checks.base import Facts, Outcome

SUBJECT = "frameworks"

# Prefixes of variables that OpenMP, its implementations and BLAS libraries read.
PREFIXES = (
    "BLIS_",
    "GOMP_",
    "GOTO_",
    "KMP_",
    "MKL_",
    "NUMEXPR_",
    "OMP_",
    "OPENBLAS_",
    "PJRT_NPROC",
    "TF_NUM_",
    "VECLIB_",
)


def check(facts: Facts) -> Outcome:
    """Tell the variables that workers replace from those that stay."""
    given = {name: value for name, value in facts.variables.items() if name.startswith(PREFIXES)}
    if not given:
        return Outcome("good", "none is set")
    replaced = {name for one in facts.declared.values() for name in one.environment}
    stay = [f"{name}={value}" for name, value in sorted(given.items()) if name not in replaced]
    if not stay:
        return Outcome("good", f"{', '.join(sorted(given))}: replaced by --threads")
    return Outcome(
        "notice",
        ", ".join(stay),
        "they change how many threads work, or on which cores, in every framework that reads them",
        f"unless you want to measure that: unset {' '.join(one.split('=')[0] for one in stay)}",
    )
