"""The cores that a machine grants, in words, and what to do about a limit."""

from math import floor

from dlbench.records.run import Environment


def usable(environment: Environment) -> str:
    """Return such as `1 of 2 cores (quota)`."""
    return f"{environment.usable_cores} of {environment.cores} cores{limited_by(environment)}"


def limited_by(environment: Environment) -> str:
    """Return why not all cores are usable, such as ` (quota of 1.5)`; empty without a limit."""
    limit = environment.core_limit
    if limit == "quota" and environment.quota_cores != environment.usable_cores:
        return f" (quota of {_number(environment)})"
    return f" ({limit})" if limit else ""


def limit_of(environment: Environment) -> str:
    """Return such as ` of 1.5 cores`; empty if it is not known."""
    if environment.quota_cores is None:
        return ""
    word = "core" if environment.quota_cores == 1 else "cores"
    return f" of {_number(environment)} {word}"


def remedy(environment: Environment, threads: int) -> str:
    """Return what ends the stops of cases that have so many threads or more.

    As many threads as whole cores are granted are hardly ever stopped: each uses one core at most.
    """
    most = 1 if environment.quota_cores is None else floor(environment.quota_cores)
    return f"use --threads {most}, or raise the limit" if 0 < most < threads else "raise the limit"


def _number(environment: Environment) -> str:
    return f"{environment.quota_cores or 0.0:.2f}".rstrip("0").rstrip(".")
