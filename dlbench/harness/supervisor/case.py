"""A case while it is measured: what has happened to it so far, in one generation."""

from dataclasses import dataclass, field

from dlbench.harness import wire
from dlbench.model import (
    Case,
    Compiling,
    Measurement,
    ParityCheck,
    Sample,
    Status,
    StopReason,
)


@dataclass
class Recording:
    """A case in one generation; ends as a Measurement.

    told: whether that has been handed over; renewal: how often its worker has been renewed;
    preparing_s: what getting ready took.
    """

    case: Case
    generation: int = 0
    status: Status = "ok"
    reason: str | None = None
    calls_s: tuple[float, ...] = ()
    parity: tuple[ParityCheck, ...] = ()
    compiling: Compiling | None = None
    warmup: tuple[Sample, ...] = ()
    samples: list[Sample] = field(default_factory=list)
    stop_reason: StopReason | None = None
    facts: dict[str, str | int | None] = field(default_factory=dict)
    told: bool = False
    renewal: int = 0
    preparing_s: float = 0.0

    @property
    def going(self) -> bool:
        """Whether it is still measured."""
        return self.status == "ok" and self.stop_reason is None

    @property
    def iterations(self) -> int | None:
        """Of a block: those that others disturbed may have ended early. None before the first."""
        return max((sample.iterations for sample in self.samples), default=None)

    def prepared(self, reply: wire.Prepared) -> None:
        """Take over how it got ready."""
        self.calls_s, self.compiling, self.facts = reply.calls_s, reply.compiling, reply.facts

    def fail(self, failed: wire.Failed) -> None:
        """Take over the status and the reason."""
        self.status, self.reason = failed.status, failed.reason

    def measurement(self) -> Measurement:
        """What is stored."""
        return Measurement(
            case=self.case.id,
            status=self.status,
            reason=self.reason,
            generation=self.generation,
            calls_s=self.calls_s,
            warmup=self.warmup,
            samples=tuple(self.samples),
            stop_reason=self.stop_reason,
            parity=self.parity,
            compiling=self.compiling,
            facts=self.facts,
        )
