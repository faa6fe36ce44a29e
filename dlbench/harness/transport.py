"""Messages as bytes: MessagePack records, each after its length.

The streams of the worker are in stdio.py.
"""

import struct
from typing import BinaryIO, TypeVar

import msgspec

from dlbench.harness.wire import Order, Reply
from dlbench.records.base import NOT_DECODED

_LENGTH = struct.Struct("<I")

# The longest message. A message holds some hundred samples at most; a longer one is not ours.
MOST_BYTES = 16 * 2**20

_T = TypeVar("_T")
_ENCODER = msgspec.msgpack.Encoder()
_ORDERS = msgspec.msgpack.Decoder(Order)
_REPLIES = msgspec.msgpack.Decoder(Reply)


class UnreadableMessage(Exception):
    """Raised if the bytes on the wire are no valid message."""


def send(stream: BinaryIO, message: Order | Reply) -> None:
    """Write one message."""
    body = _ENCODER.encode(message)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def receive_order(stream: BinaryIO) -> Order | None:
    """Read one order; return None if the supervisor has ended."""
    return _receive(stream, _ORDERS)


def receive_reply(stream: BinaryIO) -> Reply | None:
    """Read one reply; return None if the worker has ended."""
    return _receive(stream, _REPLIES)


def _receive(stream: BinaryIO, decoder: "msgspec.msgpack.Decoder[_T]") -> _T | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MOST_BYTES:
        raise UnreadableMessage(f"a message of {length} bytes was announced")
    body = stream.read(length)
    if len(body) < length:
        return None
    try:
        return decoder.decode(body)
    except NOT_DECODED as error:
        raise UnreadableMessage(f"a message could not be decoded: {error}") from error
