"""Whatever a worker sends and the writer takes, the reader reads: no number is without bounds."""

import io
import random
import struct
from collections.abc import Iterator
from math import inf, nan
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from dlbench.harness import transport, wire
from dlbench.records.measurement import Measurement
from dlbench.records.network import Network
from dlbench.records.run import Run
from dlbench.records.settings import Departure
from dlbench.records.training import TrainingResult, TrainingRun
from dlbench.results import folder as folders
from dlbench.results.writer import Writer

STORED = (Measurement, Run, TrainingResult, TrainingRun)
SENT = wire.Reply.__args__

# Numbers at every edge, and what is no number.
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.1, 5e-324, 1e-300, 1e9, 1e300, 1.7e308, -1e300, inf, -inf, nan)
INTEGERS = (0, 1, -1, 2, 7, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
TEXTS = ("", "text", "\n\x00\x1b[2J", "\u202e\u2028漢字🙂", "\\u001b \"'")

INPUTS = 2000


def types_of(record: type) -> Iterator[tuple[str, Any]]:
    """Every number within a record, with the record and the field that it stands in."""
    seen: set[type] = set()
    todo = [("", inspect.type_info(record))]
    while todo:
        place, found = todo.pop()
        if isinstance(found, inspect.StructType):
            if found.cls in seen:
                continue
            seen.add(found.cls)
            todo += [(f"{found.cls.__name__}.{one.name}", one.type) for one in found.fields]
        elif isinstance(found, inspect.UnionType):
            todo += [(place, one) for one in found.types]
        elif isinstance(found, inspect.DictType):
            todo += [(place, found.key_type), (place, found.value_type)]
        elif isinstance(found, inspect.VarTupleType | inspect.ListType):
            todo.append((place, found.item_type))
        elif isinstance(found, inspect.TupleType):
            todo += [(place, one) for one in found.item_types]
        else:
            yield place, found


@pytest.mark.parametrize("record", [*STORED, *SENT], ids=lambda record: record.__name__)
def test_every_float_has_bounds_that_keep_out_what_json_cannot_hold(record: type) -> None:
    declared = {f"{Departure.__name__}.{name}" for name in Departure.__struct_fields__}
    endless = [
        place
        for place, found in types_of(record)
        if isinstance(found, inspect.FloatType)
        and not {found.ge, found.gt} - {None} <= {None}
        and not {found.le, found.lt} - {None}
        and place not in declared
    ]
    bare = [
        place
        for place, found in types_of(record)
        if isinstance(found, inspect.FloatType)
        and {found.ge, found.gt, found.le, found.lt} == {None}
        and place not in declared
    ]
    assert (endless, bare) == ([], [])


def test_the_rule_would_notice_a_number_without_bounds() -> None:
    class Loose(msgspec.Struct):
        seconds: float

    assert [place for place, _ in types_of(Loose)] == ["Loose.seconds"]


def drawn(found: Any, draw: random.Random) -> Any:  # noqa: PLR0911 - a table of types
    """Anything of this type, edges first, as plain data."""
    match found:
        case inspect.StructType():
            fields = [one for one in found.fields if one.required or draw.random() < 0.5]
            data = {one.encode_name: drawn(one.type, draw) for one in fields}
            return {"type": found.tag, **data} if found.tag else data
        case inspect.UnionType():
            return drawn(draw.choice(found.types), draw)
        case inspect.VarTupleType() | inspect.ListType():
            return [drawn(found.item_type, draw) for _ in range(draw.randrange(3))]
        case inspect.DictType():
            return {draw.choice(TEXTS): drawn(found.value_type, draw) for _ in range(2)}
        case inspect.LiteralType():
            return draw.choice(found.values)
        case inspect.FloatType():
            return draw.choice(FLOATS[:6]) if draw.random() < 0.9 else draw.choice(FLOATS)
        case inspect.IntType():
            return draw.choice(INTEGERS[:5]) if draw.random() < 0.9 else draw.choice(INTEGERS)
        case inspect.BoolType():
            return draw.random() < 0.5
        case inspect.NoneType():
            return None
    return draw.choice(TEXTS)


@pytest.mark.parametrize(
    ("record", "kind"),
    [(Measurement, folders.RUN), (TrainingResult, folders.TRAINING)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_whatever_append_takes_read_reads(record: type, kind: Any, tmp_path) -> None:
    """A record can only be made of what the wire lets through: it is checked as a reply is."""
    draw, taken = random.Random(record.__name__), []
    path = tmp_path / kind.lines_file
    for _ in range(INPUTS):
        packed = msgspec.msgpack.encode(drawn(inspect.type_info(record), draw))
        try:
            taken.append(msgspec.msgpack.decode(packed, type=record))
        except msgspec.ValidationError:
            continue
    with Writer(tmp_path / kind.head_file, b"", path) as written:
        for one in taken:
            written.append(one)
    assert len(taken) > INPUTS / 20
    assert list(kind.read_lines(tmp_path)[0]) == taken


def test_a_worker_cannot_send_what_cannot_be_stored() -> None:
    """Each of these got through once, and made the whole run unreadable."""
    sample = {"iterations": 1, "host_s": 1.0, "started_s": 1.0}
    for field, value in (("host_s", inf), ("started_s", nan), ("cpu_s", inf), ("lead_s", nan)):
        body = msgspec.msgpack.encode({"type": "warm", "samples": [{**sample, field: value}]})
        with pytest.raises(transport.UnreadableMessage, match=field):
            transport.receive_reply(io.BytesIO(struct.pack("<I", len(body)) + body))


@pytest.mark.parametrize("name", ["n\n", "n\nm", "", "a b", "../x", "n\x00"])
def test_a_network_has_a_name_of_one_line(name: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="name"):
        msgspec.convert({"name": name, "inputs": [1], "layers": [], "loss": "mse"}, Network)
