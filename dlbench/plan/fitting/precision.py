"""Say which trainings a number type of 16 bits cannot hold."""

from dlbench.records.case import Target, Workload
from dlbench.workloads.base import AnyNetworks

# The least number of float16 with all of its bits (IEEE 754-2019, binary16).
LEAST_FLOAT16 = 2.0**-14

# The workloads that take steps of the network's own optimizer.
TRAINING = ("train_step", "epoch", "retrace")


def reason_to_skip(workload: Workload, target: Target, known: AnyNetworks) -> str | None:
    """Return why a number type cannot hold the training; None if it can. known: all networks.

    An optimizer divides by the root of squared gradients plus epsilon. In float16 the squares of
    most gradients are 0, and an epsilon such as 1e-7 is nearly so: the step is infinite.
    """
    network = known.get(str(workload.params.get("network")))
    if target.dtype != "float16" or workload.kind not in TRAINING or network is None:
        return None
    epsilon = getattr(network.optimizer, "epsilon", None)
    if epsilon is None or epsilon >= LEAST_FLOAT16:
        return None
    name = str(type(network.optimizer).__struct_config__.tag)
    return (
        f"{name}'s epsilon of {epsilon:g} is too small for float16, whose least number of full "
        f"precision is {LEAST_FLOAT16:.2g}: choose bfloat16, autocast-bfloat16 or a larger epsilon"
    )
