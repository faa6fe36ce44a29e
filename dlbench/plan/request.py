"""The requests of a user: what to measure, train or verify, on which targets, how thoroughly."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from math import inf
from pathlib import Path
from shlex import join
from typing import Any, Self, TypeVar, get_args

from msgspec.structs import fields

from dlbench import arguments
from dlbench.errors import UsageError, unknown
from dlbench.records.base import Record
from dlbench.records.plan import MOST_GENERATIONS, Rigor
from dlbench.syntax import choice, within, words

R = TypeVar("R", bound=Record)

Words = tuple[str, ...]

TARGET_AXES = ("backend", "device", "mode", "dtype", "threads")
WORKLOAD_AXES = ("network", "batch", "size", "loop", "call", "callbacks")

# The suite to measure if the user names none.
DEFAULT_SUITE = "quick"
# The largest seed that the generators of all frameworks take.
LARGEST_SEED = 2**32 - 1
# Larger numbers are typing errors.
MOST_EPOCHS, MOST_SEEDS, MOST_BATCH = 100_000, 1000, 1_000_000

FRACTION = "a fraction such as 0.005 (0.5 %)"
SECONDS = "seconds, more than 0"
MEMORY = "GiB, more than 0"
ACCURACY = "accuracies are fractions, such as 0.9"


class _Targets(Record, frozen=True):
    """The options that choose targets, as words; empty means the suite's, or all of the machine."""

    backend: Words = ()
    device: Words = ()
    mode: Words = ()
    dtype: Words = ()
    threads: Words = ()

    @property
    def targets(self) -> dict[str, list[str]]:
        """Return the words for each part of a target, without the empty ones."""
        return self._words(TARGET_AXES)

    @property
    def given(self) -> dict[str, Any]:
        """Return all fields that differ from their defaults."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}

    def _words(self, axes: Iterable[str]) -> dict[str, list[str]]:
        return {axis: list(getattr(self, axis)) for axis in axes if getattr(self, axis)}


class Request(_Targets, frozen=True, kw_only=True):
    """The options of `dlbench run`; empty or None means the suite's value.

    suite: the name of a suite, the path of a TOML file, or a workload; network, batch, size, loop,
    call, callbacks: values for the axes of the workloads, as words; integers may be ranges such as
    256-4096*2; keep: an expression that ids of cases must match, as for `-k`; together: an axis of
    the workloads, such as network, whose values are measured in turns; precision: a
    fraction; budget_s, compile_limit_s, timeout_s: seconds; memory_limit_gib: of a worker.
    """

    suite: str = DEFAULT_SUITE
    network: Words = ()
    batch: Words = ()
    size: Words = ()
    loop: Words = ()
    call: Words = ()
    callbacks: Words = ()
    keep: str = ""
    together: str = ""
    rigor: Rigor | None = None
    generations: int | None = None
    renewals: int | None = None
    precision: float | None = None
    budget_s: float | None = None
    compile_limit_s: float | None = None
    timeout_s: float | None = None
    memory_limit_gib: float | None = None
    seed: int = 0

    @classmethod
    def of(cls, suite: "Request | str | Path", options: Mapping[str, Any]) -> Self:
        """Check what a caller asks for; a UsageError says what is wrong and what is allowed."""
        if isinstance(suite, Request):
            return cls.of(suite.suite, {**_without(suite.given, "suite"), **options})
        if options.get("suite", suite) != suite != DEFAULT_SUITE:
            raise UsageError("the suite is given twice", value=options["suite"])
        name = str(suite) if isinstance(suite, Path) else suite
        return _checked(cls, {"suite": name, **options})

    @property
    def axes(self) -> dict[str, list[str]]:
        """Return the words for each axis of the workloads, without the empty ones."""
        return self._words(WORKLOAD_AXES)

    @property
    def command(self) -> str:
        """Return the command line for this request."""
        return join(["dlbench", "run", self.suite, *_options(_without(self.given, "suite"))])


class TrainingRequest(_Targets, frozen=True, kw_only=True):
    """The options of `dlbench train`; empty or None means the lecture's or the backend's value.

    goal: a test accuracy; the tables show the time to reach it.
    """

    network: str
    loop: Words = ()
    epochs: int | None = None
    batch: int | None = None
    seeds: int = 1
    goal: float | None = None

    @classmethod
    def of(cls, network: "TrainingRequest | str", options: Mapping[str, Any]) -> Self:
        """Check what a caller asks for; a UsageError says what is wrong and what is allowed."""
        if isinstance(network, TrainingRequest):
            return cls.of(network.network, {**_without(network.given, "network"), **options})
        return _checked(cls, {**options, "network": arguments.text("network", network)})

    @property
    def command(self) -> str:
        """Return the command line for this request."""
        return join(["dlbench", "train", self.network, *_options(_without(self.given, "network"))])


class VerifyRequest(_Targets, frozen=True, kw_only=True):
    """The options of `dlbench verify`; empty means all.

    quick: check only each backend's default mode and each network's own optimizer.
    """

    network: Words = ()
    quick: bool = False
    seed: int = 0

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Check what a caller asks for; a UsageError says what is wrong and what is allowed."""
        return _checked(cls, options)


class HardwareRequest(_Targets, frozen=True, kw_only=True):
    """The options of `dlbench hardware`; empty or None means all that the machine has.

    price: of the measured CPU or GPU, such as "385 USD"; budget_s: about how long to measure, in
    seconds.
    """

    price: str = ""
    budget_s: float | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Check what a caller asks for; a UsageError says what is wrong and what is allowed."""
        return _checked(cls, options)


class CrossoverRequest(_Targets, frozen=True, kw_only=True):
    """The options of `dlbench crossover`; empty or None means the usual value.

    between, other: parts of two targets, such as torch/eager; network, axis: whose axis; workload:
    train_step by default, matmul of a size; span: the ends of the axis, such as 1-4096; data:
    `resident` on the device, or `fed` from arrays at every step; budget_s: seconds.
    """

    between: str
    other: str
    network: str | None = None
    axis: str = "batch"
    workload: str = ""
    span: str = ""
    data: str = ""
    budget_s: float | None = None
    seed: int = 0

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Check what a caller asks for; a UsageError says what is wrong and what is allowed."""
        for name in ("between", "other"):
            if not options.get(name):
                raise UsageError(
                    f"{_flag(name)} is missing",
                    allowed="a target or a part of one, such as cpu, numpy or torch/eager",
                )
        return _checked(cls, options)

    @property
    def command(self) -> str:
        """Return the command line for this request."""
        return join(["dlbench", "crossover", *_options(self.given)])


# The options whose names differ from those of their fields.
FLAGS = {
    "budget_s": "--budget",
    "compile_limit_s": "--compile-limit",
    "timeout_s": "--timeout",
    "memory_limit_gib": "--memory-limit",
    "keep": "-k",
    "goal": "--target",
    "other": "--and",
    "span": "--range",
}
_seconds = partial(within, least=0, most=inf, allowed=SECONDS, without=(0, inf))
# The range of every number.
WHOLE_NUMBERS: Mapping[str, Callable[[str, int], int | None]] = {
    "generations": partial(within, least=1, most=MOST_GENERATIONS),
    "renewals": partial(within, least=0, most=MOST_GENERATIONS),
    "seed": partial(within, least=0, most=LARGEST_SEED),
    "epochs": partial(within, least=1, most=MOST_EPOCHS),
    "batch": partial(within, least=1, most=MOST_BATCH),
    "seeds": partial(within, least=1, most=MOST_SEEDS),
}
NUMBERS: Mapping[str, Callable[[str, float], float | None]] = {
    "precision": partial(within, least=0, most=1, allowed=FRACTION, without=(0, 1)),
    "budget_s": _seconds,
    "compile_limit_s": _seconds,
    "timeout_s": _seconds,
    "memory_limit_gib": partial(within, least=0, most=inf, allowed=MEMORY, without=(0, inf)),
    "goal": partial(within, least=0, most=1, allowed=ACCURACY, without=(0,)),
}


def _checked(kind: type[R], options: Mapping[str, Any]) -> R:
    """Check every option, and return the request; an option that is None keeps its default."""
    types = {field.name: field.type for field in fields(kind)}
    values = {name: value for name, value in options.items() if value is not None}
    for name in values:
        if name not in types:
            raise unknown("option", name, types)
    return kind(**{name: _value(name, types[name], value) for name, value in values.items()})


def _flag(name: str) -> str:
    """Return the option of a field."""
    return FLAGS.get(name, "--" + name.replace("_", "-"))


def _value(name: str, kind: Any, value: Any) -> Any:
    flag = _flag(name)
    if kind == Words:
        return _words(flag, value)
    if kind is bool:
        return arguments.flag(flag, value)
    if name in WHOLE_NUMBERS:
        return WHOLE_NUMBERS[name](flag, arguments.number(flag, value, int))
    if name in NUMBERS:
        return NUMBERS[name](flag, arguments.number(flag, value, float))
    text = arguments.text(flag, value)
    return choice("rigor", text, get_args(Rigor)) if name == "rigor" else text


def _words(flag: str, value: Any) -> Words:
    """Read one word or number, or several with commas or in a list."""
    parts = [value] if isinstance(value, str | int) else value
    if not isinstance(parts, list | tuple | set | frozenset | range):
        raise arguments.wrong_type(flag, value, "a word, a number, or a list of them")
    return tuple(words(_word(flag, part) for part in parts))


def _word(flag: str, part: Any) -> str:
    return str(part) if arguments.is_whole(part) else arguments.text(flag, part)


def _without(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in given.items() if field != name}


def _options(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields as options of the command line."""
    for name, value in given.items():
        yield _flag(name)
        yield ",".join(value) if isinstance(value, tuple) else str(value)
