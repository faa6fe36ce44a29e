"""Bind a step of a network in a user's own file, which runs here, in the worker."""

from dlbench import registry
from dlbench.backends.base import Backend
from dlbench.errors import DlbenchError, Unavailable
from dlbench.own.source import Source
from dlbench.parity.own import Checked
from dlbench.records.case import Declaration, Target, Workload
from dlbench.records.own import OwnNetwork
from dlbench.workloads.base import Bound

# The file of a backend that runs own files.
PART = "own"


def bound(
    backend: Backend,
    target: Target,
    workload: Workload,
    network: OwnNetwork,
    seed: int,
) -> Bound:
    """Bind a step by the function of the file that the target calls."""
    source = Source(network, _function(target, network), int(workload.params["batch"]), seed)
    makers = registry.load("backends", target.backend, PART).FUNCTIONS
    try:
        own = makers[source.name](backend, source)
    except ModuleNotFoundError as error:  # of the backend's own part: the file's are told
        what = f"{source.name} needs the package {error.name}, which is not installed"
        raise Unavailable(what, hint=f"Install {error.name} beside dlbench") from error
    with source.told():
        step = own.steps()[workload.kind]()
    checked = Checked(own, network, backend, target.dtype)
    return Bound(step, lambda: checked.check(workload.kind, step), twin=lambda: checked.twin)


def _function(target: Target, network: OwnNetwork) -> str:
    """Return the name, in the contract, of the function that the target calls."""
    declared = registry.declaration("backends", target.backend, Declaration)
    for name, way in declared.own.items():
        if way.call == target.call and name in network.functions:
            return name
    raise DlbenchError(f"{target.backend} has no way to run this file", value=target.call)
