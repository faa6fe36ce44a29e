"""`dlbench.hardware` and its command: what they return, print and refuse."""

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

import dlbench
from dlbench.api import hardware as api
from dlbench.errors import UsageError
from dlbench.experience import roofs
from dlbench.machine.accelerators import Accelerator
from dlbench.plan import targets
from dlbench.plan.hardware import COPIES
from dlbench.plan.targets import NO_GPU
from dlbench.records.machine.hardware import Price
from dlbench.records.measurement import Notice, Progress
from fakes import terminal
from fakes.hardware import found
from fakes.machine import machine

FOUND = found()
FINDINGS = (*FOUND.clocks, *FOUND.ceilings, *FOUND.bandwidths, *FOUND.floors)


NO_COPIES = f"{COPIES}: {NO_GPU}"


def everything() -> Iterator[object]:
    yield Progress("starting 2 workers", 0, 9)
    yield from FINDINGS
    yield Notice("Not measured: beta jit")


def interrupted() -> Iterator[object]:
    yield FINDINGS[0]
    yield FINDINGS[1]
    raise KeyboardInterrupt


def nothing() -> Iterator[object]:
    yield Notice("Not measured: everything")


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch):
    """A machine with two frameworks; what is measured of it comes from a generator."""

    def put(events, **fields):
        monkeypatch.setattr(api, "this_machine", lambda declarations: machine(**fields))
        monkeypatch.setattr(api, "HardwareRun", lambda *_: SimpleNamespace(measure=events))

    return put


def test_it_returns_what_was_found_and_prints_nothing(measuring, capfd) -> None:
    measuring(everything)
    events: list[object] = []
    result = dlbench.hardware(price="385 USD", progress=events.append)
    assert capfd.readouterr() == ("", "")
    assert (result.ceilings, result.bandwidths) == (FOUND.ceilings, FOUND.bandwidths)
    assert (result.floors, result.clocks) == (FOUND.floors, FOUND.clocks)
    assert result.processors[0].price == Price(385.0, "USD")
    assert result.notes == (NO_COPIES, "Not measured: beta jit")
    assert result.transfers is None
    assert events == [*everything()]
    assert not result.is_empty


def test_an_interrupt_keeps_what_was_measured(measuring) -> None:
    measuring(interrupted)
    with pytest.raises(dlbench.Interrupted) as caught:
        dlbench.hardware()
    kept = caught.value.result
    assert (kept.clocks, kept.ceilings) == (FINDINGS[:1], FINDINGS[1:2])
    assert str(caught.value) == "Interrupted; what was measured so far is kept."


def test_a_price_of_several_devices_is_refused(measuring, monkeypatch) -> None:
    measuring(everything, gpus=1)
    monkeypatch.setattr(api, "accelerators", lambda: (Accelerator("NVIDIA T4", 1, 1.0, 2**34),))
    with pytest.raises(UsageError) as caught:
        dlbench.hardware(price="385 USD")
    assert str(caught.value) == (
        "--price is of one device, and several are measured: '385 USD'. Allowed: one of cpu, cuda. "
        'Try: dlbench hardware --device cpu --price "385 USD".'
    )
    assert dlbench.hardware(device="cuda", price="385 USD").processors[0].name == "NVIDIA T4"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"price": "385"}, "--price has no currency: '385'"),
        ({"prize": "385 USD"}, "unknown option: 'prize'"),
        ({"budget_s": -1}, "--budget -1: seconds, more than 0"),
        ({"backend": "tourch"}, "unknown backend: 'tourch'"),
    ],
)
def test_a_mistake_is_told_before_anything_is_measured(options, message, measuring) -> None:
    measuring(lambda: pytest.fail("it measures"))
    with pytest.raises(UsageError) as caught:
        dlbench.hardware(**options)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("form", "beginning"),
    [
        ("table", "\nThis machine, and the CPU and GPU of the lecture\n"),
        ("md", "**This machine, and the CPU and GPU of the lecture**\n"),
        ("json", '{\n  "hardware": {'),
    ],
)
def test_the_command_writes_every_format(form: str, beginning: str, measuring) -> None:
    measuring(everything)
    answer = terminal.dlbench("hardware", "--format", form, "--quiet")
    assert answer.code == 0
    assert answer.out.startswith(beginning)
    if form == "json":
        notes = json.loads(answer.out)["hardware"]["notes"]
        assert notes == [NO_COPIES, "Not measured: beta jit"]
    else:
        assert "Not measured: beta jit" in answer.out


def test_the_command_says_what_is_wrong_with_a_price(measuring) -> None:
    measuring(everything)
    answer = terminal.dlbench("hardware", "--price", "385")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "dlbench: --price has no currency: '385'. Allowed: an amount and a currency of three "
        'letters, such as "385 USD". Try: dlbench hardware --price "385 USD".\n'
    )


def test_the_command_refuses_a_format_that_it_does_not_have(measuring) -> None:
    measuring(everything)
    answer = terminal.dlbench("hardware", "--format", "csv")
    assert answer.code == 2
    assert "unknown format: 'csv'. Allowed: table, md, json" in answer.err


def test_the_exit_code_tells_an_interrupt_and_an_empty_result(measuring) -> None:
    measuring(interrupted)
    answer = terminal.dlbench("hardware", "--quiet")
    assert answer.code == 130
    assert "Interrupted; what was measured so far is kept." in answer.err
    assert "float32" in answer.out
    measuring(nothing)
    answer = terminal.dlbench("hardware", "--quiet")
    assert answer.code == 1
    assert "Not measured: everything" in answer.out


def test_numpy_alone_is_measured_for_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a worker of its own; quickly, and whatever the machine is doing."""
    monkeypatch.setattr(targets, "find_spec", lambda package: package == "numpy" or None)
    monkeypatch.setattr("dlbench.plan.hardware.LEAST_ARRAY_BYTES", 2**20)
    monkeypatch.setattr("dlbench.plan.hardware.CACHES", 0)
    result = dlbench.hardware(backend="numpy", dtype="float32", threads=1, budget_s=0.1)
    (ceiling,), (floor, product) = result.ceilings, result.floors
    assert ceiling.target == floor.target == product.target
    assert (floor.step, product.step) == ("predict", "matmul")
    assert ceiling.gflops >= ceiling.median_gflops > 0
    assert (result.bandwidths[0].threads, result.bandwidths[0].array_bytes) == (1, 2**20)
    assert result.bandwidths[0].gb_s > 0
    assert result.clocks[0].chain_ns > 0
    assert floor.step_s > 0
    assert product.step_s > 0
    assert result.seconds > 0


def test_what_was_measured_is_kept_for_later_runs(measuring) -> None:
    measuring(everything)
    result = dlbench.hardware()
    assert roofs.known(result.environment) == (result.roofs, "")
    assert result.roofs.ceilings == FOUND.ceilings


def test_what_was_measured_before_an_interrupt_is_kept(measuring) -> None:
    measuring(interrupted)
    with pytest.raises(dlbench.Interrupted) as caught:
        dlbench.hardware()
    known, _ = roofs.known(caught.value.result.environment)
    assert known.ceilings == FINDINGS[1:2]


def test_the_command_draws_the_chart_of_the_lecture(measuring, tmp_path) -> None:
    measuring(everything)
    answer = terminal.dlbench("hardware", "--quiet", "--chart", str(tmp_path / "charts"))
    assert answer.code == 0
    assert [line for line in answer.err.splitlines() if line.startswith("Chart: ")] == [
        f"Chart: {tmp_path / 'charts' / name}" for name in ("cnn.svg", "cnn.png")
    ]
    assert (tmp_path / "charts" / "cnn.svg").is_file()
