"""Does every backend compute what the lecture and the oracle say? Asked of real workers.

Nothing is timed, so the workers run side by side and none is parked for another.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.pool import Launch, WorkerPool, failed
from dlbench.networks.lecture import OPTIMIZERS
from dlbench.parity.examples import EXAMPLES
from dlbench.records.case import Target
from dlbench.records.layers import Optimizer
from dlbench.records.network import Network
from dlbench.records.verification import Agreement, Finding, Worked

# Compiling all steps of a network for all optimizers takes a minute on a slow core.
TIMEOUT_S = 600.0

# The one dtype in which the lecture's numbers come out to the last digit.
EXAMPLE_DTYPE = "float64"


@dataclass(frozen=True)
class Task:
    """What one worker is asked, by name."""

    target: Target
    orders: Mapping[str, wire.Verify | wire.WorkOut]


def tasks(
    targets: Sequence[Target],
    networks: Iterable[Network],
    seed: int,
    parts: int = 1,
    optimizers: dict[str, Optimizer] | None = OPTIMIZERS,
) -> list[Task]:
    """The examples once for every backend, and all networks on every target.

    parts: among how many workers the networks of a target are shared; optimizers: with each of
    which every network makes a step, None is with its own.
    """
    asked = list(networks)
    first = {target.backend: target for target in reversed(targets)}
    examples = [
        Task(
            replace(target, dtype=EXAMPLE_DTYPE),
            {example: wire.WorkOut(example) for example in EXAMPLES},
        )
        for target in reversed(first.values())
    ]
    orders = {
        network.name: wire.Verify(network, optimizers or {"own": network.optimizer}, seed)
        for network in asked
    }
    names = [list(orders)[part::parts] for part in range(parts)]
    checks = [
        Task(target, {name: orders[name] for name in chosen})
        for target in targets
        for chosen in names
        if chosen
    ]
    return [*examples, *checks]


def verify(
    asked: Sequence[Task], launch: Launch, workers: int, tell: Callable[[Finding], None]
) -> list[Finding]:
    """All findings in the order of the tasks; `tell` hears of each as soon as it is there."""
    pools: list[WorkerPool] = []

    def answered(task: Task) -> list[Finding]:
        found = []
        pools.append(WorkerPool(launch, TIMEOUT_S, parks=False))
        for finding in _answers(task, pools[-1]):
            tell(finding)
            found.append(finding)
        return found

    with ThreadPoolExecutor(workers) as executor:
        started = [executor.submit(answered, task) for task in asked]
        try:
            for one in as_completed(started):
                one.result()
        except BaseException:  # also Ctrl-C: nobody waits for a compiler then
            executor.shutdown(wait=False, cancel_futures=True)
            for pool in pools:
                pool.abandon()
            raise
    return [finding for one in started for finding in one.result()]


def _answers(task: Task, pool: WorkerPool) -> Iterator[Finding]:
    try:
        pool.start({task.target: task.target})
        for name, order in task.orders.items():
            refusal = pool.refused.get(task.target)
            yield _finding(task.target, name, order, refusal or pool.ask(task.target, order))
    finally:
        pool.dismiss()


def _finding(target: Target, name: str, order: wire.Order, reply: wire.Reply) -> Finding:
    if isinstance(order, wire.WorkOut):
        known = EXAMPLES[name]
        if isinstance(reply, wire.WorkedOut):
            return Worked(known.figure(name), target.backend, known.shaped(reply.values))
        failure = failed(reply)
        return Worked(known.figure(name), target.backend, None, failure.reason, failure.status)
    if isinstance(reply, wire.Verified):
        return Agreement(name, target, reply.parity)
    failure = failed(reply)
    return Agreement(name, target, reason=failure.reason, status=failure.status)
