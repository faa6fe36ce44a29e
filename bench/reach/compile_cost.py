"""dlbench's seconds of compiling against a stopwatch around the first call, backend by backend.

Both in processes of their own with cold caches, in turns; and dlbench's own again with warm ones.
"""

import os
import subprocess
import sys
import tempfile
from math import exp, log
from pathlib import Path
from statistics import fmean

from first_call import BATCH, INPUTS, OUTPUTS, RATE, UNITS

from dlbench.analysis.compiling import cost
from dlbench.analysis.samples import join_generations
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.harness.supervisor.run import Supervisor
from dlbench.machine import environment
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Case, Group, Target, Workload
from dlbench.records.layers import SGD, Dense
from dlbench.records.measurement import Measurement
from dlbench.records.network import Network
from dlbench.records.plan import Plan, Sampling
from dlbench.workloads import _work

ROUNDS = 3
# The compile seconds agree with the stopwatch's within this share.
MOST_APART = 0.20
MODES = {
    "torch": ("compile",),
    "tensorflow": ("function", "xla"),
    "jax": ("jit",),
}
# As many as make compiling last for more than a second.
LAYERS = {"torch": 30, "tensorflow": 160, "jax": 185}
# Of another stack, which the same worker has compiled before.
FEW = 2
# What takes less says little.
LEAST_S = 1.0
SCRIPT = Path(__file__).with_name("first_call.py")


def stack(layers: int) -> Network:
    """So many hidden layers, one like the other."""
    return Network(
        name=f"stack-{layers}",
        inputs=(INPUTS,),
        layers=(*[Dense(UNITS, "relu")] * layers, Dense(OUTPUTS)),
        loss="sparse_categorical_crossentropy",
        optimizer=SGD(RATE),
        batch=BATCH,
    )


def training(network: Network) -> Workload:
    """Its training step."""
    params = {"network": network.name, "batch": BATCH}
    return Workload("train_step", params, _work.backward(network, BATCH), synthetic=True)


def stopwatch(backend: str, mode: str, variables: dict[str, str]) -> float:
    """Seconds of the first call, in a process and with caches of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        env = {name: value.replace("{scratch}", scratch) for name, value in variables.items()}
        done = subprocess.run(
            [sys.executable, SCRIPT, backend, mode, str(LAYERS[backend])],
            env={**os.environ, **env, "TMPDIR": scratch},
            capture_output=True,
            check=True,
            text=True,
        )
    return float(done.stdout)


def measured(backend: str, mode: str, logs: Path) -> tuple[float, float]:
    """Dlbench's seconds of compiling, cold and warm: two generations of a run.

    Of the second case in the cold worker, as nearly all cases of a suite are; of the first in the
    warm one, as every other generation goes through the rows backwards.
    """
    declarations = read_declarations()
    target = Target(backend, "cpu", mode, "float32", environment.usable_cores())
    networks = [stack(layers) for layers in (FEW, LAYERS[backend])]
    cases = [Case(training(network), target, "static") for network in networks]
    plan = Plan(
        suite="cost",
        seed=0,
        sampling=Sampling(generations=2, blocks=6, compile_limit_s=300),
        networks={network.name: network for network in networks},
        groups=tuple(Group(case.workload, (case,)) for case in cases),
    )
    with Launcher(declarations, logs) as launch:
        events = Supervisor(plan, launch).measure()
        lines = [event for event in events if isinstance(event, Measurement)]
    for line in lines:
        assert line.status == "ok", line.reason
    samples = join_generations(lines)[cases[-1].id]
    cold, warm = (
        cost.process_costs(samples, "cold"),
        cost.process_costs(samples, "warm"),
    )
    start_s = [calls.compiling.start_s for calls in samples.first_calls if calls.compiling]
    # the stopwatch's process starts its compiler too; TensorFlow keeps nothing: it is cold twice
    return cold[0].seconds + start_s[0], (warm or cold)[-1].seconds + start_s[-1]


def compare(backend: str, mode: str) -> bool:
    """Print the seconds and their ratio; whether they agree."""
    threads = str(environment.usable_cores())
    variables = {
        name: value.replace("{threads}", threads)
        for name, value in read_declarations()[backend].environment.items()
    }
    ours, theirs, warm = [], [], []
    with tempfile.TemporaryDirectory() as logs:
        for _ in range(ROUNDS):
            cold_s, warm_s = measured(backend, mode, Path(logs))
            ours.append(cold_s)
            warm.append(warm_s)
            theirs.append(stopwatch(backend, mode, variables))
    ratio = exp(fmean(log(a / b) for a, b in zip(ours, theirs, strict=True)))
    holds = abs(ratio - 1) <= MOST_APART and min(theirs) >= LEAST_S
    must = f"must be within {MOST_APART:.0%} and over {LEAST_S:g} s"
    print(
        f"{backend} {mode}: dlbench {_listed(ours)} s, stopwatch {_listed(theirs)} s, ratio "
        f"{ratio:.3f}, {must}: {'ok' if holds else 'NOT REACHED'}; warm {_listed(warm)} s"
    )
    return holds


def _listed(seconds: list[float]) -> str:
    return ", ".join(f"{one:.2f}" for one in seconds)


if __name__ == "__main__":
    asked = sys.argv[1:] or list(MODES)
    agree = [compare(backend, mode) for backend in asked for mode in MODES[backend]]
    sys.exit(not all(agree))
