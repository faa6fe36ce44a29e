"""Files of data and books of experience: read, or refused in words, in little memory."""

import gzip
import struct
import tracemalloc
import zlib
from io import BytesIO

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from dlbench.datasets import _csv, _mnist, iris
from dlbench.errors import UsageError
from dlbench.experience import costs, luck
from dlbench.harness import transport, wire
from dlbench.records.case import Target
from dlbench.records.measurement import Sample
from fakes import odd
from fakes.inputs import inputs, unless_refused
from fakes.runs import ENVIRONMENT, plan_of

# A file of data may have 64 MB, and is read into a buffer of that size.
MOST_BYTES = 96 * 2**20
IMAGES = "t10k-images-idx3-ubyte"
IDX = struct.pack(">4B3I", 0, 0, 8, 3, 2, 4, 4) + bytes(range(32))
# Claims 4 billion images.
BOASTFUL = struct.pack(">4B3I", 0, 0, 8, 3, 2**32 - 1, 2**16, 2**16)
BOMB = gzip.compress(bytes(64 * 2**20))
CSV = iris.FILE.read_bytes()
REFUSALS = (UsageError, transport.UnreadableMessage)
ORDERS = [
    wire.Start(Target("numpy", "cpu", "eager", "float32", 1), "/scratch"),
    wire.Turn("matmul/8", 0.5, 2),
    wire.Release("matmul/8"),
]
REPLIES = [
    wire.Ready({"numpy": "2.4"}, process=4711),
    wire.Timed((Sample(10, 0.5, 1.0, flags=("busy",)),)),
    wire.Failed("failed", "ValueError: no"),
]


def within_memory(read, *arguments):
    """What the call returns; None if it refuses in words."""
    tracemalloc.start()
    try:
        found = unless_refused(lambda: read(*arguments), REFUSALS)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    return found


@inputs(250)
@given(odd.torn(IDX), st.sampled_from(["", ".gz"]))
@example(BOASTFUL, "")
@example(gzip.compress(BOASTFUL), ".gz")
@example(BOMB, ".gz")
@example(b"\x93NUMPY\x01\x00v\x00{'shape': (99999999999,), 'descr': '|O'}", "")
def test_files_that_are_not_mnist(tmp_path_factory, content, ending) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name in (IMAGES, f"{IMAGES}.gz"):
        (folder / name).unlink(missing_ok=True)
    if ending and not content.startswith(b"\x1f\x8b"):
        content = gzip.compress(content)[: -(len(content) % 3) or None]
    (folder / f"{IMAGES}{ending}").write_bytes(content)
    assert within_memory(_mnist.read, folder, IMAGES) is None


@inputs(150)
@given(odd.torn(CSV))
def test_tables_that_are_not_the_shipped_ones(tmp_path_factory, content) -> None:
    path = tmp_path_factory.getbasetemp() / "iris.csv"
    path.write_bytes(content)
    found = within_memory(_csv.labelled, path, iris.SPECIES)
    assert (found is None) == (content.replace(b"\r\n", b"\n") != CSV)


@inputs(150)
@given(st.one_of(odd.of(costs.Costs), odd.with_mistakes({"runs": 1, "starting": {"a": [1.0]}})))
@example({"runs": odd.HUGE})
def test_books_of_costs(tmp_path_factory, book) -> None:
    _read_book(costs, odd.as_json(book), tmp_path_factory)


@inputs(100)
@given(odd.torn(b'{"runs":3,"starting":{"torch/cpu":[0.5,1.5]},"compilers":{},"preparing":{}}'))
@example(b"[" * 100_000)
@example(zlib.compress(bytes(100)))
def test_books_that_are_torn(tmp_path_factory, content) -> None:
    for module in (costs, luck):
        _read_book(module, content, tmp_path_factory)


def _read_book(module, content: bytes, factory) -> None:
    path = module.BOOK._path(ENVIRONMENT)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    asked = (ENVIRONMENT, plan_of([])) if module is luck else (ENVIRONMENT,)
    known, note = within_memory(module.usual, *asked)
    assert "damaged" in note or not note
    assert known is None or isinstance(known, msgspec.Struct)


@inputs(200)
@given(st.sampled_from(ORDERS + REPLIES), st.data())
def test_messages_on_the_wire(message, data) -> None:
    """A whole frame with another body; a frame that is cut is the end of the wire."""
    body = data.draw(odd.torn(msgspec.msgpack.encode(message)))
    length = data.draw(st.one_of(st.just(len(body)), st.integers(0, 2**32 - 1)))
    frame = struct.pack("<I", length) + body
    for receive in (transport.receive_order, transport.receive_reply):
        found = within_memory(receive, BytesIO(frame))
        assert found is None or isinstance(found, msgspec.Struct)
