"""Summarise the findings of a verification: what passed, what was wrong, what was skipped.

It must not know how a finding is laid out or written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlbench import units
from dlbench.analysis.labels import words
from dlbench.grouping import grouped
from dlbench.records.case import Target
from dlbench.records.verification import Agreement, Finding, Worked

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Verification:
    """All findings of a verification.

    absent: reasons why targets were never started; seconds: how long it took; not_asked: backends
    and modes that are verified only on request.
    """

    findings: Sequence[Finding]
    absent: Sequence[str]
    seconds: float
    not_asked: Sequence[tuple[str, str]] = ()

    @property
    def verified(self) -> list[Finding]:
        """Return the findings that were not skipped."""
        return [finding for finding in self.findings if not finding.skipped]

    @property
    def wrong(self) -> list[Finding]:
        """Return the findings that were verified and did not pass."""
        return [finding for finding in self.verified if not finding.passed]

    @property
    def passed(self) -> bool:
        """Return whether at least one finding was verified, and all of these passed."""
        return bool(self.verified) and not self.wrong

    @property
    def skipped(self) -> list[str]:
        """Return a sentence on each skipped group of findings, with its reason."""
        skipped = (finding for finding in self.findings if finding.skipped)
        groups = grouped(skipped, lambda finding: (_place(finding), finding.reason))
        sentences = [f"{_name_all(same)}: {reason}" for (_, reason), same in groups.items()]
        return [*self.absent, *sentences]

    @property
    def worked(self) -> list[Worked]:
        """Return the findings on the lecture's worked examples."""
        return [finding for finding in self.findings if isinstance(finding, Worked)]

    @property
    def agreements(self) -> list[Agreement]:
        """Return the findings on networks."""
        return [finding for finding in self.findings if isinstance(finding, Agreement)]

    def frame(self) -> "DataFrame":
        """Return a pandas data frame with one line per checked quantity."""
        from dlbench.analysis import frames

        return frames.of_findings(self.findings)

    def as_data(self) -> Mapping[str, Any]:
        """Return all findings as plain data; its keys are the output of `--format json`."""
        return {
            "held": self.passed,
            "seconds": self.seconds,
            "examples": [_example_data(worked) for worked in self.worked],
            "networks": [
                line for agreement in self.agreements for line in _network_data(agreement)
            ],
            "skipped": self.skipped,
            "not_asked": [{"backend": backend, "mode": mode} for backend, mode in self.not_asked],
        }


def name(finding: Finding) -> str:
    """Name a finding, such as `iris on torch compile float32`."""
    subject = finding.example if isinstance(finding, Worked) else finding.network
    return f"{subject} on {_place(finding)}"


def target_words(target: Target) -> tuple[str, ...]:
    """Name a target word by word; the device only if it is not the CPU."""
    device = () if target.device == "cpu" else ("device",)
    return words(target, ("backend", "mode", *device, "dtype"))


def _place(finding: Finding) -> str:
    if isinstance(finding, Worked):
        return finding.backend
    return " ".join(target_words(finding.target))


def _name_all(findings: Sequence[Finding]) -> str:
    """Name a single finding; count several of one kind on one target."""
    if len(findings) == 1:
        return name(findings[0])
    noun = "example" if isinstance(findings[0], Worked) else "network"
    return f"{units.counted(len(findings), noun)} on {_place(findings[0])}"


def _example_data(worked: Worked) -> dict[str, Any]:
    figure = worked.figure
    return {
        "example": worked.example,
        "backend": worked.backend,
        "values": worked.values,
        "expected": figure.expected,
        "within": figure.within,
        "status": worked.status,
        "held": worked.passed,
        "reason": worked.reason,
        "printed_in_lecture": figure.printed,
        "slip_of_lecture": figure.slip,
    }


def _network_data(agreement: Agreement) -> list[dict[str, Any]]:
    place = {
        "network": agreement.network,
        "target": agreement.target.id,
        "status": agreement.status,
    }
    if not agreement.checks:
        return [{**place, "quantity": None, "held": False, "reason": agreement.reason}]
    return [
        {
            **place,
            "quantity": check.quantity,
            "error": check.error,
            "tolerance": check.tolerance,
            "held": check.passed,
        }
        for check in agreement.checks
    ]
