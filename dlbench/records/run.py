"""The head of a run: plan, machine, software and schema version."""

from dlbench.records.base import Record
from dlbench.records.plan import Plan

# 2: a line is one case in one generation; samples say what disturbed them; null cases.
# 3: targets have a loop and callbacks.
# 4: lines say what compiling did.
# 5: the environment names the microarchitecture of the CPU and its vector instructions.
SCHEMA_VERSION = 5


class Environment(Record, frozen=True):
    """The machine and the software of a run; None where a fact cannot be read.

    cpu: the model; microarchitecture: its family as compilers name it, such as `zen3`;
    vector_features: instructions for vectors, such as `avx2`; runs before version 5 have neither.
    """

    system: str
    cpu: str | None
    cores: int
    usable_cores: int
    memory_bytes: int | None
    gpus: tuple[str, ...]
    python: str
    versions: dict[str, str]
    variables: dict[str, str]
    microarchitecture: str | None = None
    vector_features: tuple[str, ...] = ()


class Run(Record, frozen=True):
    """One invocation of `dlbench run`: the head of a results folder."""

    id: str
    started: str
    command: str
    plan: Plan
    environment: Environment
    dlbench: str
    schema_version: int = SCHEMA_VERSION
