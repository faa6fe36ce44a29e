"""Ask NumPy what multiplies its matrices."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from dlbench.records.framework import FrameworkFacts

# What NumPy says that it was built with where it has only its own plain loops.
NONE = {"", "none", "lapack_lite", "unknown"}
# The plain BLAS of netlib.org, made for no CPU in particular.
PLAIN = {"blas", "cblas", "refblas", "netlib"}

# Stands in the path of the library that NumPy's package brings; others belong to other packages.
OWN = "numpy"


def facts() -> FrameworkFacts:
    """Return the BLAS that is loaded, or that it was built with."""
    loaded = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    if loaded:
        own = [pool for pool in loaded if OWN in pool["filepath"]] or loaded
        names = dict.fromkeys(map(_named, own))
        return FrameworkFacts(np.__version__, products="; ".join(names))
    named = _built_with()
    if named.lower() in NONE:
        return FrameworkFacts(np.__version__, products="no BLAS", is_optimised=False)
    return FrameworkFacts(np.__version__, products=named, is_optimised=named.lower() not in PLAIN)


def _named(pool: Mapping[str, Any]) -> str:
    return f"{pool['internal_api']} {pool['version']}, {pool.get('architecture', 'any CPU')}"


def _built_with() -> str:
    """Return the name of the BLAS of its build; numpy.show_config."""
    config: Mapping[str, Any] = np.show_config(mode="dicts")
    return str(config.get("Build Dependencies", {}).get("blas", {}).get("name", ""))
