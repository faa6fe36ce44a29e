"""The networks of all modules of the family, by name.

A module of the family has `NETWORKS`, a tuple of networks. To add a network, add a file.
"""

from functools import cache
from typing import Final

from dlbench import registry
from dlbench.errors import UsageError, unknown
from dlbench.records.network import Network

FAMILY: Final = "networks"


@cache
def every() -> dict[str, Network]:
    """Return all networks by name; UsageError if two have the same name."""
    networks: dict[str, Network] = {}
    for module in registry.names(FAMILY):
        for network in registry.load(FAMILY, module).NETWORKS:
            if network.name in networks:
                what = f"dlbench/{FAMILY}/{module}.py has a name that another network has"
                raise UsageError(what, value=network.name)
            networks[network.name] = network
    return networks


def named(name: str) -> Network:
    """Return the network of this name, or raise a UsageError that lists the names."""
    networks = every()
    if name not in networks:
        raise unknown("network", name, networks)
    return networks[name]
