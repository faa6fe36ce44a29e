"""The machine as planning sees it, with what only frameworks know."""

from dlbench.api import machine as module
from dlbench.api.machine import this_machine
from fakes.machine import ALPHA


def test_frameworks_are_asked_when_a_plan_needs_them_and_once(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(
        module, "seen_by", lambda declarations: lambda kind: asked.append(kind) or 2
    )
    found = this_machine({"alpha": ALPHA})
    assert asked == []
    assert [found.seen("xpu"), found.seen("xpu"), found.seen("mps")] == [2, 2, 2]
    assert asked == ["xpu", "mps"]
