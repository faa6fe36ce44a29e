"""A suite: what to measure and on which targets, from a TOML file.

    about = "one line for `dlbench list suites`"
    [targets]      backend, device, mode, dtype, threads; an axis that is left out takes the
                   default of its option
    [sampling]     rigor (quick, standard or rigorous; standard if left out), and fields of
                   records.plan.Sampling that replace those of the rigor
    [[workload]]   kind, and the axes of that kind
    [[network]]    a network of your own, with the fields of records.network.Network

A user's own file of Python (own/contract.py) is a suite of the training steps and predictions of
its networks. Values may be lists, and integers may be ranges such as "256-4096*2". Errors name the
file, the place, the value and what is allowed.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, field
from msgspec.structs import replace

from dlbench import files, registry
from dlbench.errors import UsageError, unknown
from dlbench.own import contract
from dlbench.plan import network
from dlbench.plan.mistakes import converted, values_of, wrong
from dlbench.plan.presets import RIGORS
from dlbench.records.base import Positive, Record, Size
from dlbench.records.case import Declaration
from dlbench.records.network import Network
from dlbench.records.own import OwnNetwork
from dlbench.records.plan import Rigor, Sampling
from dlbench.syntax import integers, words
from dlbench.text import readable

# The rigor of a suite that names none.
STANDARD: Rigor = "standard"

TARGET_AXES = ("backend", "device", "mode", "dtype", "threads")

# Axes whose values are names; all others are positive integers.
NAME_AXES = ("network", "loop", "call", "callbacks", "pass", "shapes")

# What is measured of the networks of an own file.
OWN_KINDS = ("train_step", "predict")

# A suite has some kilobytes; parsing takes a multiple of a file's size.
MOST_BYTES = 2**20

# A line of a suite has a key of two or three parts, and perhaps a sentence.
MOST_DOTS = 100

# Of a signed integer of 64 bits, without its sign; toml.io/en/v1.0.0#integer.
MOST_BITS = 63

Table: TypeAlias = dict[str, Any]
Names: TypeAlias = str | int | list[str | int]


class Entry(Record, frozen=True):
    """One [[workload]] table: kinds, and the values of their axes."""

    kinds: tuple[str, ...]
    axes: dict[str, list[int] | list[str]]


class Suite(Record, frozen=True):
    """A validated suite. targets: the file's words for each axis of [targets].

    own: the networks of a file of Python.
    """

    name: str
    about: str
    targets: dict[str, list[str]]
    sampling: Sampling
    entries: tuple[Entry, ...]
    networks: tuple[Network, ...] = ()
    own: tuple[OwnNetwork, ...] = ()


class _File(Record, frozen=True):
    """The whole file; each table in it is checked by itself."""

    about: str = ""
    targets: Table = field(default_factory=dict)
    sampling: Table = field(default_factory=dict)
    workload: list[Table] = field(default_factory=list)
    network: list[Table] = field(default_factory=list)


class _Rules(Record, frozen=True):
    """The fields that [sampling] may have, with their ranges; the defaults are not used."""

    rigor: Rigor = STANDARD
    generations: Size = 1
    renewals: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    blocks: Size = 1
    precision: Positive = 1.0
    block_s: Positive = 1.0
    warmup_s: Positive = 1.0
    case_s: Positive = 1.0
    stretch_s: Positive = 1.0
    timeout_s: Positive = 1.0
    compile_limit_s: Positive = 1.0
    budget_s: Positive = 1.0
    memory_limit_gib: Positive = 1.0


def load(name: str) -> Suite:
    """Return a suite by name or by the path of its TOML file, or a workload as a suite of one.

    Or the suite of a user's own file of Python, which is not run.
    """
    if name.endswith(".py"):
        return of_file(Path(name))
    if name.endswith(".toml"):
        return read(Path(name))
    suites, workloads = registry.names("suites", ".toml"), registry.names("workloads")
    if name in suites:
        return read(registry.PACKAGE / "suites" / f"{name}.toml")
    if name in workloads:
        return of_workload(name)
    allowed = (
        f"suites: {', '.join(suites)}; workloads: {', '.join(workloads)}; or a path to a .toml"
    )
    raise unknown(
        "suite or workload", name, (*suites, *workloads), allowed=f"{allowed} or .py file"
    )


def of_workload(kind: str) -> Suite:
    """Return a suite of one workload on all targets: each network at its own batch."""
    about = registry.about("workloads", kind)
    return Suite(kind, about, {}, RIGORS[STANDARD], (Entry((kind,), {}),))


def of_file(path: Path) -> Suite:
    """Return the suite of a user's own file; UsageError if it has no network."""
    declared = [
        registry.declaration("backends", name, Declaration) for name in registry.names("backends")
    ]
    own = contract.read(path, list(dict.fromkeys(name for one in declared for name in one.own)))
    entry = Entry(OWN_KINDS, {"network": [network.name for network in own]})
    name = readable(path.stem)
    return Suite(name, f"the networks of {name}", {}, RIGORS[STANDARD], (entry,), own=own)


def read(path: Path) -> Suite:
    """Read and check a file; UsageError if it cannot be read or has a mistake."""
    try:
        text = files.read(path, MOST_BYTES).decode("utf-8").replace("\r\n", "\n")
        _refuse_many_dots(path, text)
        data = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"cannot read the suite ({error.strerror})", value=str(path)) from error
    except (ValueError, RecursionError) as error:  # a ValueError: an integer of too many digits
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    _refuse_large_numbers(path, data)
    return _suite(readable(path.stem), path.name, data)


def _refuse_many_dots(path: Path, text: str) -> None:
    """Raise a UsageError for what may be a key of very many parts.

    tomllib keeps every beginning of a key: one of 50,000 parts takes 5 GB.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MOST_DOTS and not line.lstrip().startswith("#"):
            raise UsageError(
                f"{path}, line {number} has too many dots",
                value=line.count("."),
                allowed=f"at most {MOST_DOTS} in a line that is no comment",
            )


def _refuse_large_numbers(path: Path, value: Any) -> None:
    """Raise a UsageError for an integer of more than 64 bits, as the TOML standard allows."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        allowed = f"whole numbers of less than {MOST_BITS + 1} bits"
        raise UsageError(f"{path}: a number is too large", allowed=allowed)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _refuse_large_numbers(path, one)


def _suite(name: str, file: str, data: Table) -> Suite:
    content = converted(file, data, _File)
    if not content.workload:
        raise UsageError(f"{file}: there is no [[workload]]", hint="Add one with a kind")
    return Suite(
        name=name,
        about=content.about,
        targets=_targets(f"{file}, [targets]", content.targets),
        sampling=_sampling(f"{file}, [sampling]", content.sampling),
        entries=tuple(
            _entry(f"{file}, [[workload]] {number}", table)
            for number, table in enumerate(content.workload, start=1)
        ),
        networks=network.read(file, content.network),
    )


def _targets(place: str, table: Table) -> dict[str, list[str]]:
    axes = _words_of(place, table, TARGET_AXES)
    integers(f"{place}: threads", axes.get("threads", ()))
    return axes


def _sampling(place: str, table: Table) -> Sampling:
    rules = converted(place, table, _Rules)
    return replace(RIGORS[rules.rigor], **{key: getattr(rules, key) for key in table})


def _entry(place: str, table: Table) -> Entry:
    if "kind" not in table:
        every = registry.names("workloads")
        _words_of(place, table, ["kind", *_axes_of(place, every)])  # a slip such as `kin`
        allowed = ", ".join(every)
        raise UsageError(f"{place}: kind is missing", allowed=allowed)
    kinds = _words_of(place, {"kind": table["kind"]}, ["kind"])["kind"]
    axes = _axes_of(place, kinds)
    written = _words_of(place, table, ["kind", *axes])
    values = {axis: _axis(place, axis, written[axis]) for axis in axes if axis in written}
    return Entry(kinds=tuple(kinds), axes=values)


def _axes_of(place: str, kinds: Sequence[str]) -> list[str]:
    """Return all axes of the kinds, each once."""
    try:
        axes = [axis for kind in kinds for axis in registry.load("workloads", kind).KIND.axes]
    except UsageError as error:
        raise error.at(place) from error
    return list(dict.fromkeys(axes))


def _axis(place: str, axis: str, values: list[str]) -> list[int] | list[str]:
    return values if axis in NAME_AXES else integers(f"{place}: {axis}", values)


def _words_of(place: str, table: Table, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the words of every field; UsageError for an unknown field, or one without a word."""
    fields = {}
    for field_name, written in values_of(place, table, names, Names).items():
        values = written if isinstance(written, list) else [written]
        fields[field_name] = words(map(str, values))
        if not fields[field_name]:
            raise wrong(place, field_name, written, "at least one name or whole number")
    return fields
