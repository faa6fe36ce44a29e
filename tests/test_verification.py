"""`dlbench verify` on workers that are told what to answer, and once with NumPy for real."""

import json
from threading import Event

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench import verification, verified, wire
from dlbench.examples import EXAMPLES
from dlbench.model import ParityCheck, Target
from dlbench.networks import CATALOGUE
from dlbench.verification import Agreement, Worked
from fakes.terminal import dlbench

NUMPY = Target("numpy", "cpu", "eager", "float32", 1)
TORCH = replace(NUMPY, backend="torch")
COMPILE = replace(TORCH, mode="compile")
NETWORKS = [CATALOGUE[name] for name in ("iris", "abalone", "mnist-128")]

FINE = ParityCheck("outputs", error=1e-7, tolerance=1e-6)
CLOSE = ParityCheck("loss", error=9e-7, tolerance=1e-6)
OFF = ParityCheck("adam: weight/layer0.kernel", error=3e-6, tolerance=1e-6)
NO_NUMBER = ParityCheck("loss", error=None, tolerance=1e-6)


class Told:
    """A worker that answers as it is told, and correctly where it is not."""

    def __init__(self, target, answers, journal):
        self.target, self.answers, self.journal = target, answers, journal
        self.alive = True

    def tell(self, order):
        self.order = order

    def hear(self, timeout_s):
        name = name_of(self.order)
        self.journal.append((self.target, name))
        answer = self.answers.get((self.target, name))
        return answer or correct(self.order)

    def resume(self):
        pass

    def close(self):
        self.alive = False
        self.journal.append((self.target, "closed"))


def name_of(order):
    match order:
        case wire.Verify():
            return order.network.name
        case wire.WorkOut():
            return order.example
    return "start"


def correct(order):
    match order:
        case wire.Verify():
            return wire.Verified((FINE, CLOSE))
        case wire.WorkOut():
            return wire.WorkedOut(tuple(EXAMPLES[order.example].expected.flat))
    return wire.Ready()


class Workers:
    def __init__(self, answers=None):
        self.answers, self.journal = answers or {}, []

    def launch(self, target, seat=None, *, warm=False):
        return Told(target, self.answers, self.journal), wire.Start(target, "/scratch")

    def asked(self, *targets, networks=NETWORKS, parts=1, workers=1):
        tasks = verification.tasks(targets, networks, seed=0, parts=parts)
        found = verification.verify(tasks, self.launch, workers, lambda finding: None)
        return verified.Report(found, [], 12.0)


def test_every_backend_works_out_the_examples_and_every_target_the_networks():
    workers = Workers()
    report = workers.asked(NUMPY, TORCH, COMPILE)
    assert report.held
    assert [(one.example, one.backend) for one in report.worked] == [
        (example, backend) for backend in ("numpy", "torch") for example in EXAMPLES
    ]
    assert [(one.network, one.target) for one in report.agreements] == [
        (network.name, target) for target in (NUMPY, TORCH, COMPILE) for network in NETWORKS
    ]
    exact = {target for target, name in workers.journal if name in EXAMPLES}
    assert {(t.backend, t.mode, t.dtype) for t in exact} == {
        ("numpy", "eager", "float64"),
        ("torch", "eager", "float64"),
    }


def test_all_workers_are_closed():
    workers = Workers()
    workers.asked(NUMPY, TORCH, workers=3)
    started = [target for target, name in workers.journal if name == "start"]
    closed = [target for target, name in workers.journal if name == "closed"]
    assert sorted(t.id for t in started) == sorted(t.id for t in closed)
    assert len(started) == 4


def test_the_networks_of_a_target_are_shared_by_workers():
    workers = Workers()
    report = workers.asked(NUMPY, parts=2)
    assert sum(one == (NUMPY, "start") for one in workers.journal) == 2
    assert sorted(one.network for one in report.agreements) == ["abalone", "iris", "mnist-128"]


def test_a_quantity_that_is_off_fails_the_network_and_is_told():
    answer = wire.Verified((FINE, OFF, NO_NUMBER, CLOSE))
    report = Workers({(TORCH, "iris"): answer}).asked(NUMPY, TORCH)
    assert not report.held
    [broken] = [one for one in report.agreements if not one.held]
    assert (broken.network, broken.target, broken.worst) == ("iris", TORCH, NO_NUMBER)
    assert verified.summary(report) == (
        "Not all hold (28 examples and 14 quantities of networks, in 12.0 s): "
        "iris on torch eager float32."
    )
    grid = verified.networks(report.agreements)
    [note] = grid.notes
    assert note == (
        "[1] iris on torch eager float32: loss is not a finite number, allowed is 1e-06; "
        "2 of 4 quantities do not hold"
    )


def test_the_largest_error_is_shown_as_a_share_of_its_tolerance():
    grid = verified.networks(Workers().asked(NUMPY).agreements)
    assert grid.heads == (("numpy", "eager", "float32"),)
    assert [(label, cells[0].text) for label, cells in grid.rows] == [
        ("abalone", "90 %"),
        ("iris", "90 %"),
        ("mnist-128", "90 %"),
    ]


def test_an_example_that_comes_out_wrong_is_told_beside_what_is_right():
    wrong = {(replace(TORCH, dtype="float64"), "hinge"): wire.WorkedOut((0.0, 2.0, 0.25))}
    report = Workers(wrong).asked(NUMPY, TORCH)
    assert [verified.name(one) for one in report.findings if not one.held] == ["hinge on torch"]
    grid = verified.examples(report.worked)
    [cells] = [cells for label, cells in grid.rows if label.startswith("hinge")]
    assert [cell.text for cell in cells] == ["formula only", "0 2 0.5", "0 2 0.25"]
    assert cells[2].note is not None
    assert grid.notes[cells[2].note - 1].endswith("hinge on torch: wrong, 0 2 0.5 is right")


def test_a_worker_that_does_not_start_fails_all_that_it_was_asked():
    refusal = wire.Failed("failed", "ImportError: no wheel")
    report = Workers({(COMPILE, "start"): refusal}).asked(TORCH, COMPILE)
    broken = [one for one in report.agreements if not one.held]
    assert {(one.target, one.reason) for one in broken} == {(COMPILE, "ImportError: no wheel")}
    assert len(broken) == len(NETWORKS)
    assert len(verified.networks(report.agreements).notes) == len(NETWORKS)


def test_a_failure_in_the_middle_is_that_network_s_alone():
    failure = wire.Failed("failed", "ValueError: shapes")
    report = Workers({(TORCH, "abalone"): failure}).asked(TORCH)
    assert [one.held for one in report.agreements] == [True, False, True]


def test_the_lecture_s_slips_are_notes_and_no_failures():
    grid = verified.examples(Workers().asked(NUMPY).worked)
    assert len(grid.notes) == sum(example.slip is not None for example in EXAMPLES.values()) == 3
    assert all(note.partition("] ")[2].startswith("the lecture: a slip") for note in grid.notes)


def test_json_tells_every_quantity():
    report = Workers({(TORCH, "iris"): wire.Verified((FINE, OFF))}).asked(TORCH)
    data = json.loads(verified.to_json(report))
    assert data["held"] is False
    assert len(data["examples"]) == len(EXAMPLES)
    assert data["networks"][1] == {
        "network": "iris",
        "target": TORCH.id,
        "quantity": OFF.quantity,
        "error": OFF.error,
        "tolerance": OFF.tolerance,
        "held": False,
    }


def test_an_interrupt_ends_the_workers_that_are_busy():
    closed = Event()

    class Busy(Told):
        def hear(self, timeout_s):
            if name_of(self.order) == "start":
                return wire.Ready()
            assert closed.wait(10)
            return wire.Failed("failed", "the worker died with signal 9")

        def close(self):
            self.alive = False
            closed.set()

    class Interrupts(Told):
        def hear(self, timeout_s):
            raise KeyboardInterrupt

    def launch(target, seat=None, *, warm=False):
        kind = Busy if target.dtype == "float64" else Interrupts
        return kind(target, {}, []), wire.Start(target, "/scratch")

    tasks = verification.tasks([NUMPY], NETWORKS, seed=0)
    with pytest.raises(KeyboardInterrupt):
        verification.verify(tasks, launch, 2, lambda finding: None)
    assert closed.is_set()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.array(-1.0), "-1"),
        (np.array(-1e-9), "0"),
        (np.array([0.12692801, 1.3132617]), "0.1269 1.3133"),
        (np.array([0.1, 0.12692801, 1.3132617]), "0.1\n0.1269\n1.3133"),
        (np.array([[1.2, -0.6], [1.2, 1.8]]), "1.2 -0.6\n1.2 1.8"),
    ],
)
def test_numbers_have_four_digits(values, text):
    assert verified.written(values) == text


def test_a_finding_without_values_does_not_hold():
    assert not Worked("hinge", "torch", None, "no memory").held
    assert not Agreement("iris", TORCH, reason="no memory").held


# --- the command --------------------------------------------------------------------------------


def test_numpy_is_verified_for_real():
    answer = dlbench("verify", "--backend", "numpy", "--network", "fruit-2-1,iris")
    assert answer.code == 0
    assert "All hold: 14 examples and " in answer.out
    assert "[1] the lecture: a slip" in answer.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--network", "resnet"], "dlbench: unknown network: 'resnet'. Allowed: fruit-linear, "),
        (["--backend", "caffe"], "dlbench: unknown backend: 'caffe'. Allowed: "),
        (["--format", "xml"], "dlbench: unknown --format: 'xml'. Allowed: table, json.\n"),
        (["--quick", "--device", "cuda"], "dlbench: nothing can be verified: there is no device"),
    ],
)
def test_what_cannot_be_had_is_refused(words, complaint, monkeypatch):
    monkeypatch.setattr("dlbench.environment.gpus", tuple)
    answer = dlbench("verify", *words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(complaint)
