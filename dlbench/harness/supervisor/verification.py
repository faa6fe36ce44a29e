"""Verification: compares all backends with the lecture and the oracle, in real workers.

Nothing is timed, so the workers run in parallel and none is parked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from msgspec.structs import replace

from dlbench.harness import wire
from dlbench.harness.supervisor.pool import Launch, WorkerPool, as_failure
from dlbench.networks.lecture import OPTIMIZERS
from dlbench.parity.examples import EXAMPLES
from dlbench.records.case import Target
from dlbench.records.layers import Optimizer
from dlbench.records.network import Network
from dlbench.records.verification import Agreement, Finding, Worked

# Compiling all steps of a network for all optimizers takes a minute on a slow core.
TIMEOUT_S = 600.0

# The only dtype that gives the lecture's numbers to the last digit.
EXAMPLE_DTYPE = "float64"


@dataclass(frozen=True)
class Task:
    """The orders for one worker, by name."""

    target: Target
    orders: Mapping[str, wire.Verify | wire.WorkOut]


def tasks(
    targets: Sequence[Target],
    networks: Iterable[Network],
    seed: int,
    parts: int = 1,
    optimizers: dict[str, Optimizer] | None = OPTIMIZERS,
) -> list[Task]:
    """Return tasks for the examples in every backend, and for all networks on every target.

    parts: the number of workers that share the networks of a target; optimizers: every network
    takes a step with each of them; None: with its own optimizer only.
    """
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
        for network in networks
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
    to_do: Sequence[Task], launch: Launch, workers: int, tell: Callable[[Finding], None]
) -> list[Finding]:
    """Carry out the tasks; return all findings in their order. Call `tell` with each at once."""
    pools: list[WorkerPool] = []

    def carry_out(task: Task) -> list[Finding]:
        findings = []
        pools.append(WorkerPool(launch, TIMEOUT_S, parks=False))
        for finding in _answers(task, pools[-1]):
            tell(finding)
            findings.append(finding)
        return findings

    with ThreadPoolExecutor(workers) as executor:
        futures = [executor.submit(carry_out, task) for task in to_do]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:  # also Ctrl-C: do not wait for a compiler then
            executor.shutdown(wait=False, cancel_futures=True)
            for pool in pools:
                pool.abandon()
            raise
    return [finding for future in futures for finding in future.result()]


def _answers(task: Task, pool: WorkerPool) -> Iterator[Finding]:
    """Send the orders of a task to one worker; yield a finding for each."""
    try:
        pool.start({task.target: task.target})
        for name, order in task.orders.items():
            failure = pool.failures.get(task.target)
            yield _finding(task.target, name, order, failure or pool.ask(task.target, order))
    finally:
        pool.dismiss()


def _finding(target: Target, name: str, order: wire.Order, reply: wire.Reply) -> Finding:
    if isinstance(order, wire.WorkOut):
        example = EXAMPLES[name]
        if isinstance(reply, wire.WorkedOut):
            return Worked(example.figure(name), target.backend, example.shaped(reply.values))
        failure = as_failure(reply)
        return Worked(example.figure(name), target.backend, None, failure.reason, failure.status)
    if isinstance(reply, wire.Verified):
        return Agreement(name, target, reply.parity)
    failure = as_failure(reply)
    return Agreement(name, target, reason=failure.reason, status=failure.status)
