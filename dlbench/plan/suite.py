"""A suite: what to measure and on which targets, from a TOML file.

    about = "one line for `dlbench list suites`"
    [targets]      backend, device, mode, dtype, threads: what is left out means all, or the
                   machine's own
    [sampling]     rigor (quick, standard or rigorous; standard if left out), and other fields of
                   model.Sampling to replace its own
    [[workload]]   kind, and the axes of that kind
    [[network]]    a network of your own, as dlbench/layers.py describes it

Values may be lists, and integers may be ranges such as "256-4096*2". Errors name the file, the
key, the value and what is allowed.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from dlbench import registry
from dlbench.errors import UsageError, unknown
from dlbench.networks.base import every
from dlbench.plan.mistakes import explained
from dlbench.plan.presets import RIGORS
from dlbench.records.base import Positive, Record, Size
from dlbench.records.layers import LAST_ACTIVATIONS, Flatten, FullyConnected, Loss
from dlbench.records.network import Network
from dlbench.records.plan import Rigor, Sampling
from dlbench.syntax import integers, words

# How thorough a suite is that does not say.
STANDARD: Rigor = "standard"


TARGET_KEYS = ("backend", "device", "mode", "dtype", "threads")


# Axes whose values are names; all others are positive integers.
NAME_AXES = ("network", "loop", "callbacks", "pass", "shapes")


class Entry(Record, frozen=True):
    """One [[workload]] table: kinds, and the values of their axes."""

    kinds: tuple[str, ...]
    axes: dict[str, list[int] | list[str]]


class _Rules(Record, frozen=True):
    """What [sampling] may replace; only what is written there counts."""

    rigor: Rigor = STANDARD
    generations: Size = 1
    renewals: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    blocks: Size = 1
    precision: Positive = 1.0
    block_s: Positive = 1.0
    warmup_s: Positive = 1.0
    case_s: Positive = 1.0
    timeout_s: Positive = 1.0
    compile_limit_s: Positive = 1.0
    budget_s: Positive = 1.0


class Suite(Record, frozen=True):
    """A validated suite. targets: axis to the words written for it."""

    name: str
    about: str
    targets: dict[str, list[str]]
    sampling: Sampling
    entries: tuple[Entry, ...]
    networks: tuple[Network, ...] = ()


def load(name: str) -> Suite:
    """A suite by name or by the path of its TOML file, or a workload by name as a suite of one."""
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
    raise unknown("suite or workload", name, (*suites, *workloads), allowed=f"{allowed} file")


def of_workload(kind: str) -> Suite:
    """A suite of one workload on all targets: all networks of the lecture at their own batch."""
    about = registry.about("workloads", kind)
    return Suite(kind, about, {}, RIGORS[STANDARD], (Entry((kind,), {}),))


def read(path: Path) -> Suite:
    """Read and validate a file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the suite ({error.strerror})", value=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    return _Reader(path.name).suite(path.stem, data)


class _Reader:
    """Validation, with the file's name for the messages."""

    def __init__(self, file: str) -> None:
        self.file = file

    def suite(self, name: str, data: Mapping[str, Any]) -> Suite:
        self.keys("the suite", data, ("about", "targets", "sampling", "workload", "network"))
        entries = self.tables("workload", data)
        if not entries:
            raise UsageError(f"{self.file}: there is no [[workload]]", hint="Add one with a kind")
        networks = self.networks(self.tables("network", data))
        return Suite(
            name=name,
            about=self.text("about", data.get("about", "")),
            targets=self.targets(self.table("targets", data)),
            sampling=self.sampling(self.table("sampling", data)),
            entries=tuple(self.entry(i, entry) for i, entry in enumerate(entries, start=1)),
            networks=networks,
        )

    def keys(self, where: str, table: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        for key in table:
            if key not in allowed:
                raise UsageError(
                    f"{self.file}: {where} has an unknown key",
                    value=key,
                    allowed=", ".join(allowed),
                )

    def wrong(self, key: str, value: object, allowed: str) -> UsageError:
        return UsageError(f"{self.file}: wrong value for {key}", value=value, allowed=allowed)

    def text(self, key: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.wrong(key, value, "a text")
        return value

    def table(self, key: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        table = data.get(key, {})
        if not isinstance(table, dict):
            raise self.wrong(key, table, f"a table, written [{key}]")
        return table

    def tables(self, key: str, data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        tables = data.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            raise self.wrong(key, tables, f"tables, each written [[{key}]]")
        return tables

    def listed(self, key: str, value: Any) -> list[str]:
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(v, str | int) and not isinstance(v, bool) for v in values):
            raise self.wrong(key, value, "a name or an integer, or a list of them")
        found = words(str(v) for v in values)
        if not found:
            raise self.wrong(key, value, "at least one name or integer")
        return found

    def targets(self, table: Mapping[str, Any]) -> dict[str, list[str]]:
        self.keys("[targets]", table, TARGET_KEYS)
        return {key: self.listed(f"targets.{key}", table[key]) for key in table}

    def sampling(self, table: Mapping[str, Any]) -> Sampling:
        try:
            rules = msgspec.convert(dict(table), _Rules)
        except msgspec.ValidationError as error:
            raise explained(f"{self.file}, [sampling]", error, table, _Rules) from error
        return replace(RIGORS[rules.rigor], **{key: getattr(rules, key) for key in table})

    def entry(self, number: int, table: Mapping[str, Any]) -> Entry:
        where = f"[[workload]] {number}"
        if "kind" not in table:
            allowed = ", ".join(registry.names("workloads"))
            raise UsageError(f"{self.file}: {where} has no kind", allowed=allowed)
        kinds = tuple(self.listed(f"{where} kind", table["kind"]))
        axes = self.axes_of(where, kinds)
        self.keys(f"{where} ({', '.join(kinds)})", table, ("kind", *axes))
        values = {axis: self.axis(where, axis, table[axis]) for axis in axes if axis in table}
        return Entry(kinds=kinds, axes=values)

    def axes_of(self, where: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
        axes: list[str] = []
        for kind in kinds:
            try:
                axes += registry.load("workloads", kind).KIND.axes
            except UsageError as error:
                raise UsageError(f"{self.file}: {where}: {error}") from error
        return tuple(dict.fromkeys(axes))

    def axis(self, where: str, axis: str, value: Any) -> list[int] | list[str]:
        key = f"{where} {axis}"
        values = self.listed(key, value)
        if axis in NAME_AXES:
            return values
        return integers(f"{self.file}: {key}", values)

    def networks(self, tables: list[Mapping[str, Any]]) -> tuple[Network, ...]:
        found: dict[str, Network] = {}
        for number, table in enumerate(tables, start=1):
            network = self.network(f"network {number}", table)
            if network.name in every() or network.name in found:
                what = f'network "{network.name}"'
                raise UsageError(f"{self.file}, {what}: another network has this name")
            found[network.name] = network
        return tuple(found.values())

    def network(self, where: str, table: Mapping[str, Any]) -> Network:
        name = table.get("name")
        place = f'{self.file}, network "{name}"' if name else f"{self.file}, {where}"
        try:
            network = msgspec.convert(dict(table), Network)
            if network.has_data:
                registry.check("datasets", network.dataset)
        except msgspec.ValidationError as error:
            raise explained(place, error, table, Network) from error
        except UsageError as error:
            raise UsageError(f"{place}: {error}") from error
        self.ends(place, network)
        return network

    def ends(self, place: str, network: Network) -> None:
        """Refuse a network that no framework can compute, or whose ends do not fit its data."""
        if not network.layers or not isinstance(last := network.layers[-1], FullyConnected):
            raise UsageError(f"{place}: the last layer must be dense or dropconnect")
        first, inputs = network.layers[0], " x ".join(map(str, network.inputs))
        if len(network.inputs) > 1 and not isinstance(first, Flatten):
            kind = first.__struct_config__.tag
            what = f"the inputs are {inputs}, so the first layer must be flatten, not {kind}"
            raise UsageError(f"{place}: {what}")
        ends = LAST_ACTIVATIONS.get(network.loss, (last.activation,))
        if last.activation not in ends:
            must = f"must be {' or '.join(ends)} for the loss {network.loss}"
            what = f"the last layer's activation is {last.activation} and {must}"
            raise UsageError(f"{place}: {what}")
        if network.has_data:
            _fits(place, network)


def _fits(place: str, network: Network) -> None:
    """Refuse a network whose ends do not fit its data."""
    described = registry.declaration("datasets", network.dataset, dict)
    losses, outputs = _ends_for(described["classes"])
    for what, value, allowed in (
        ("inputs", list(network.inputs), [described["features"]]),
        ("loss", network.loss, losses),
        ("the last layer's units", network.outputs, [outputs]),
    ):
        if value not in allowed:
            must = " or ".join(map(str, allowed))
            raise UsageError(
                f"{place}: {what} is {value} and must be {must}, as {network.dataset} has them"
            )


# Two classes are one probability.
TWO_CLASSES = 2


def _ends_for(classes: int | None) -> tuple[tuple[Loss, ...], int]:
    """Losses and outputs that fit data with so many classes; None is a regression."""
    if classes is None:
        return ("mse", "mae"), 1
    if classes == TWO_CLASSES:
        return ("binary_crossentropy", "mse", "mae"), 1
    return ("sparse_categorical_crossentropy", "nll"), classes
