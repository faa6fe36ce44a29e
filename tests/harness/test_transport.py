import io
import struct
import subprocess
import sys

import pytest

from dlbench.harness import transport, wire
from dlbench.harness.wire import (
    Check,
    EpochTrained,
    Failed,
    Gauge,
    Predict,
    Predicted,
    Prepare,
    Prepared,
    Probe,
    Probed,
    Ready,
    Release,
    Renew,
    Start,
    StartTraining,
    Sustain,
    Sustained,
    Timed,
    TrainEpoch,
    Turn,
    Verified,
    Verify,
    Warm,
    WarmUp,
    WorkedOut,
    WorkOut,
)
from dlbench.networks.base import every
from dlbench.networks.lecture import OPTIMIZERS
from dlbench.records.case import Target, Work, Workload
from dlbench.records.framework import FrameworkFacts
from dlbench.records.measurement import ParityCheck, Sample, Stretch
from dlbench.records.plan import Sampling
from dlbench.records.training import EpochResult

TARGET = Target("torch", "cuda:1", "compile", "tf32", 4)
WORKLOAD = Workload("train_step", {"network": "iris", "batch": 32}, Work(25088, 4072, 32))
SAMPLE = Sample(
    iterations=7, host_s=0.125, started_s=1e6, device_s=0.1, round=2, generation=1, flags=("busy",)
)
CHECKS = (ParityCheck("outputs", 1e-7, 1e-5), ParityCheck("loss", None, 1e-5))

ORDERS = [
    Start(TARGET, "/tmp/scratch", renewable=True),
    Probe("torch"),
    Renew(),
    Prepare("case", WORKLOAD, {"iris": every()["iris"]}, seed=3),
    Check("case"),
    WarmUp("case", Sampling(blocks=3, budget_s=60.0), iterations=7),
    Sustain("case", 2.5),
    Turn("case", 0.25, 4),
    Verify(every()["iris"], OPTIMIZERS, seed=3),
    WorkOut("hinge"),
    StartTraining(every()["iris"], 3, tensorboard="/logs"),
    TrainEpoch(),
    Predict(((5.1, 3.5, 1.4, 0.2),)),
    Gauge("chain", 1024, 2, Sampling(block_s=0.001), lead_s=0.05, blocks=40),
    Release("case"),
]
REPLIES = [
    Ready({"version": "2.13", "threads": 4, "blas": None}, process=77),
    Probed(FrameworkFacts("2.13", cuda="13.0", gpus=("H200",), architectures=("sm_90",))),
    Prepared((3.0, 2.0, 1.0)),
    Warm((SAMPLE, SAMPLE)),
    Sustained(Stretch(0.5, 0.25, is_steady=True, samples=(SAMPLE,))),
    Timed((SAMPLE,), (SAMPLE,)),
    Verified(CHECKS),
    WorkedOut((1.5, -2.0)),
    EpochTrained(EpochResult(1, 0.5, 0.25, None, 0.75)),
    Predicted(((0.25, 0.75),)),
    Failed("skipped", "µs and 漢字 get through"),
]
EITHER_WAY = [
    *((transport.receive_order, order) for order in ORDERS),
    *((transport.receive_reply, reply) for reply in REPLIES),
]


def sent(*messages):
    stream = io.BytesIO()
    for message in messages:
        transport.send(stream, message)
    stream.seek(0)
    return stream


def framed(body):
    return io.BytesIO(struct.pack("<I", len(body)) + body)


def name(value):
    return type(value).__name__ if hasattr(value, "__struct_fields__") else ""


# --- messages -----------------------------------------------------------------------------------


def test_every_message_is_in_these_tests():
    assert [type(order) for order in ORDERS] == list(wire.Order.__args__)
    assert [type(reply) for reply in REPLIES] == list(wire.Reply.__args__)


@pytest.mark.parametrize(("receive", "message"), EITHER_WAY, ids=name)
def test_a_message_arrives_as_it_was_sent(receive, message):
    assert receive(sent(message)) == message


@pytest.mark.parametrize(
    ("receive", "messages"), [(transport.receive_order, ORDERS), (transport.receive_reply, REPLIES)]
)
def test_messages_arrive_one_by_one_until_the_other_side_is_gone(receive, messages):
    stream = sent(*messages)
    assert [receive(stream) for _ in messages] == messages
    assert receive(stream) is None


@pytest.mark.parametrize(("receive", "message"), EITHER_WAY, ids=name)
def test_a_message_that_is_torn_anywhere_means_that_the_other_side_is_gone(receive, message):
    whole = sent(message).getvalue()
    for length in range(len(whole)):
        assert receive(io.BytesIO(whole[:length])) is None


@pytest.mark.parametrize(
    ("stream", "complaint"),
    [
        pytest.param(io.BytesIO(b"Hello, world"), "1819043144 bytes", id="text"),
        pytest.param(
            io.BytesIO(struct.pack("<I", transport.MOST_BYTES + 1)),
            f"{transport.MOST_BYTES + 1}",
            id="long",
        ),
        pytest.param(framed(b""), "could not be decoded", id="empty"),
        pytest.param(framed(b"\xc1\xc1"), "could not be decoded", id="not MessagePack"),
        pytest.param(framed(b"\x01"), "could not be decoded", id="not a message"),
        pytest.param(framed(b"\x81\xa4type\xa3run"), "run", id="of no type"),
        pytest.param(sent(Turn("case", 0.0, 1)), "turn", id="of the wrong direction"),
        pytest.param(framed(b"\x81\xa4type\xa5timed"), "sample", id="with a field missing"),
    ],
)
def test_what_was_not_agreed_on_is_rubbish(stream, complaint):
    with pytest.raises(transport.UnreadableMessage, match=complaint):
        transport.receive_reply(stream)


# --- the worker's ends --------------------------------------------------------------------------

ECHO = """
import os, sys
print("before the wire was taken over", file=sys.stderr, flush=True)
from dlbench.harness import stdio, transport, wire
orders, replies = stdio.take_over_standard_streams()
print("from print")
sys.stdout.flush()
os.write(1, b"from a library in C\\n")
os.system("echo from a child")
sys.stdout.write(f"standard input has {sys.stdin.readline()!r}\\n")
os.system("cat; echo the child of standard input has ended")
while (order := transport.receive_order(orders)) is not None:
    transport.send(replies, wire.Ready({"order": order.case}))
    print("between the replies")
"""


def test_nothing_that_is_printed_gets_onto_the_wire():
    orders = sent(Turn("first", 0.0, 1), Release("second")).getvalue()
    worker = subprocess.run(
        [sys.executable, "-c", ECHO], input=orders, capture_output=True, check=True, timeout=60
    )
    replies = io.BytesIO(worker.stdout)
    assert transport.receive_reply(replies) == Ready({"order": "first"})
    assert transport.receive_reply(replies) == Ready({"order": "second"})
    assert replies.read() == b""
    assert worker.stderr.decode().splitlines() == [
        "before the wire was taken over",
        "from print",
        "from a library in C",
        "from a child",
        "standard input has ''",
        "the child of standard input has ended",
        "between the replies",
        "between the replies",
    ]
