"""The main loop of a worker process: reads orders, writes replies."""

from typing import BinaryIO

from dlbench.harness import fork_server, transport, wire
from dlbench.harness.worker.worker import Worker


def serve(orders: BinaryIO, replies: BinaryIO) -> None:
    """Carry out orders until the supervisor closes the wire."""
    worker = Worker()
    while (order := transport.receive_order(orders)) is not None:
        if isinstance(order, wire.Renew):
            fork_server.give_way()  # the next copy answers: it returns from serve() below
        reply = worker.carry_out(order)
        is_renewable = isinstance(order, wire.Start) and order.renewable
        if is_renewable and isinstance(reply, wire.Ready) and fork_server.serve():
            reply = worker.carry_out(wire.Renew())
        transport.send(replies, reply)
