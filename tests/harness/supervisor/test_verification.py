"""`dlbench verify` on workers that are told what to answer, and once with NumPy for real."""

import io
import json
from threading import Event

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench.analysis.verification import Verification, name
from dlbench.api import verify
from dlbench.harness import wire
from dlbench.harness.supervisor import verification
from dlbench.networks.base import every
from dlbench.networks.lecture import OPTIMIZERS
from dlbench.parity.examples import EXAMPLES
from dlbench.plan import targets as plan_targets
from dlbench.records.case import Target
from dlbench.records.measurement import ParityCheck
from dlbench.records.verification import Agreement, Worked
from dlbench.report import verification as verified
from fakes.terminal import dlbench

NUMPY = Target("numpy", "cpu", "eager", "float32", 1)
TORCH = replace(NUMPY, backend="torch")
COMPILE = replace(TORCH, mode="compile")
NETWORKS = [every()[name] for name in ("iris", "abalone", "mnist-128")]

HINGE = EXAMPLES["hinge"].figure("hinge")
FINE = ParityCheck("outputs", error=1e-7, tolerance=1e-6)
CLOSE = ParityCheck("loss", error=9e-7, tolerance=1e-6)
WEIGHTS = ParityCheck("sgd: weight/layer0.kernel", error=2.5e-6, tolerance=2.6e-6)
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

    def launch(self, target, slot=None, *, warm=False):
        return Told(target, self.answers, self.journal), wire.Start(target, "/scratch")

    def asked(self, *targets, networks=NETWORKS, parts=1, workers=1):
        tasks = verification.tasks(targets, networks, seed=0, parts=parts)
        found = verification.verify(tasks, self.launch, workers, lambda finding: None)
        return Verification(found, [], 12.0)


def test_every_backend_works_out_the_examples_and_every_target_the_networks():
    workers = Workers()
    report = workers.asked(NUMPY, TORCH, COMPILE)
    assert report.passed
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
    assert not report.passed
    [broken] = [one for one in report.agreements if not one.passed]
    assert (broken.network, broken.target, broken.worst) == ("iris", TORCH, NO_NUMBER)
    assert verified.summarise(report) == (
        "Wrong: iris on torch eager float32. "
        "Checked: 28 lecture examples and 14 network results (12.0 s)."
    )
    grid = verified.networks(report.agreements)
    [note, *legend] = grid.notes
    assert tuple(legend) == verified.LEGEND
    assert note == (
        "[1] iris on torch eager float32: loss is not a finite number (allowed 1e-06); "
        "2 of 4 results are wrong"
    )


def test_the_error_closest_to_its_tolerance_is_shown_with_it_and_weights_below():
    exact = ParityCheck("outputs", error=0.0, tolerance=1e-2)
    answers = {
        (NUMPY, "iris"): wire.Verified((CLOSE, WEIGHTS, FINE)),
        (NUMPY, "abalone"): wire.Verified((exact,)),
    }
    grid = verified.networks(Workers(answers).asked(NUMPY).agreements)
    assert grid.heads == (("numpy", "eager", "float32"),)
    assert [(label, cells[0].text, cells[0].below) for label, cells in grid.rows] == [
        ("abalone", "0/1.0e-2", ""),
        ("iris", "9.0e-7/1.0e-6", "2.5e-6/2.6e-6"),
        ("mnist-128", "9.0e-7/1.0e-6", ""),
    ]


def test_what_is_rounding_alone_is_not_the_worst_error():
    rounding = ParityCheck("gradient/layer0.bias", error=1.8e8, tolerance=1.9e8)
    after = ParityCheck("sgd: weight/layer0.bias", error=1.8e8, tolerance=1.9e8)
    report = Workers({(NUMPY, "abalone"): wire.Verified((FINE, rounding, after))}).asked(NUMPY)
    grid = verified.networks(report.agreements)
    [cell] = [cells[0] for label, cells in grid.rows if label == "abalone"]
    assert (cell.text, cell.below) == ("1.0e-7/1.0e-6", "–")
    [note, *_] = grid.notes
    assert note.startswith("Not shown for abalone: results that are 0 except for rounding")
    assert f'"error": {rounding.error}' in verified.to_json(report)


@pytest.mark.parametrize("width", [80, 100])
def test_the_tables_fit_a_terminal(width):
    targets = [replace(TORCH, mode=mode) for mode in ("eager", "compile", "compile-max-autotune")]
    targets += [replace(NUMPY, backend=name) for name in ("tensorflow", "jax", "numpy")]
    weights = wire.Verified((FINE, CLOSE, WEIGHTS))
    report = Workers({(target, "iris"): weights for target in targets}).asked(*targets)
    text = shown(report, width)
    assert text.count(" 9.0e-7/1.0e-6") == len(targets) * len(NETWORKS)
    assert text.count(" 2.5e-6/2.6e-6") == len(targets)
    tables = text.partition("Left out")[0]
    assert max(map(len, tables.splitlines())) <= width


def shown(report, width=100):
    stream = io.StringIO()
    verified.show(report, Console(file=stream, width=width, force_terminal=False))
    return stream.getvalue()


def test_an_example_that_comes_out_wrong_is_told_beside_what_is_right():
    wrong = {(replace(TORCH, dtype="float64"), "hinge"): wire.WorkedOut((0.0, 2.0, 0.25))}
    report = Workers(wrong).asked(NUMPY, TORCH)
    assert [name(one) for one in report.findings if not one.passed] == ["hinge on torch"]
    grid = verified.examples(report.worked)
    [cells] = [cells for label, cells in grid.rows if label.startswith("hinge")]
    assert [cell.text for cell in cells] == ["formula only", "0 2 0.5", "0 2 0.25"]
    assert cells[2].note is not None
    assert grid.notes[cells[2].note - 1].endswith("hinge on torch: wrong, expected 0 2 0.5")


def test_a_worker_that_does_not_start_fails_all_that_it_was_asked():
    refusal = wire.Failed("failed", "ImportError: no wheel")
    report = Workers({(COMPILE, "start"): refusal}).asked(TORCH, COMPILE)
    broken = [one for one in report.agreements if not one.passed]
    assert {(one.target, one.reason) for one in broken} == {(COMPILE, "ImportError: no wheel")}
    assert len(broken) == len(NETWORKS)
    assert len(verified.networks(report.agreements).notes) == len(NETWORKS) + len(verified.LEGEND)


SKIPPED = wire.Failed("skipped", "torch compile needs a C++ compiler.")


def test_what_cannot_be_had_is_skipped_and_not_wrong():
    answers = {
        (COMPILE, "start"): SKIPPED,
        (TORCH, "abalone"): wire.Failed("skipped", "no dropout."),
    }
    report = Workers(answers).asked(TORCH, COMPILE)
    assert report.passed
    assert report.skipped == [
        "abalone on torch eager float32: no dropout.",
        "3 networks on torch compile float32: torch compile needs a C++ compiler.",
    ]
    assert verified.summarise(report) == (
        "All correct: 14 lecture examples and 4 network results (12.0 s)."
    )
    grid = verified.networks(report.agreements)
    assert (grid.heads, grid.notes) == ((("torch", "eager", "float32"),), verified.LEGEND)
    assert [cells[0].text for label, cells in grid.rows if label == "abalone"] == ["skipped"]
    assert "\nSkipped: 3 networks on torch compile float32: torch compile needs" in shown(report)


def test_examples_that_cannot_be_had_have_no_column():
    exact = replace(TORCH, dtype="float64")
    grid = verified.examples(Workers({(exact, "start"): SKIPPED}).asked(NUMPY, TORCH).worked)
    assert grid.heads == (("lecture",), ("numpy",))
    one_missing = Workers({(exact, "hinge"): SKIPPED}).asked(NUMPY, TORCH).worked
    [cells] = [cells for label, cells in verified.examples(one_missing).rows if "hinge" in label]
    assert [cell.text for cell in cells] == ["formula only", "0 2 0.5", "skipped"]


def test_what_is_wrong_is_told_beside_what_is_skipped():
    answers = {(COMPILE, "start"): SKIPPED, (TORCH, "iris"): wire.Verified((OFF,))}
    report = Workers(answers).asked(TORCH, COMPILE)
    assert not report.passed
    assert verified.summarise(report).startswith("Wrong: iris on torch eager float32. Checked:")


def test_where_nothing_can_be_verified_nothing_holds():
    refused = {
        (replace(COMPILE, dtype=dtype), "start"): SKIPPED for dtype in ("float32", "float64")
    }
    report = Workers(refused).asked(COMPILE)
    assert not report.passed
    assert report.skipped[0] == "14 examples on torch: torch compile needs a C++ compiler."
    assert shown(report).splitlines() == [
        "Skipped: 14 examples on torch: torch compile needs a C++ compiler.",
        "Skipped: 3 networks on torch compile float32: torch compile needs a C++ compiler.",
        "Nothing could be verified (12.0 s).",
    ]


def test_what_was_skipped_before_any_worker_started_is_told_first():
    findings = [Agreement("iris", TORCH, (), "no.", "skipped")]
    report = Verification(findings, ["no jax"], 1.0)
    assert report.skipped == ["no jax", "iris on torch eager float32: no."]


@pytest.mark.parametrize(
    ("status", "word"),
    [("failed", "failed"), ("timed_out", "hung"), ("out_of_memory", "no memory")],
)
def test_why_there_is_no_number_is_told_in_a_word(status, word):
    answers = {(TORCH, "iris"): wire.Failed(status, "oh")}
    report = Workers(answers).asked(TORCH)
    assert not report.passed
    cells = {label: cells[0] for label, cells in verified.networks(report.agreements).rows}
    assert (cells["iris"].text, cells["iris"].note) == (word, 1)


def test_a_failure_in_the_middle_is_that_network_s_alone():
    failure = wire.Failed("failed", "ValueError: shapes")
    report = Workers({(TORCH, "abalone"): failure}).asked(TORCH)
    assert [one.passed for one in report.agreements] == [True, False, True]


def test_the_lecture_s_slips_are_notes_and_no_failures():
    grid = verified.examples(Workers().asked(NUMPY).worked)
    assert len(grid.notes) == sum(example.slip is not None for example in EXAMPLES.values()) == 3
    assert all(note.partition("] ")[2].startswith("Slip in the lecture: ") for note in grid.notes)


def test_json_tells_every_quantity():
    report = Workers({(TORCH, "iris"): wire.Verified((FINE, OFF))}).asked(TORCH)
    data = json.loads(verified.to_json(report))
    assert data["held"] is False
    assert len(data["examples"]) == len(EXAMPLES)
    assert data["networks"][1] == {
        "network": "iris",
        "target": TORCH.id,
        "status": "ok",
        "quantity": OFF.quantity,
        "error": OFF.error,
        "tolerance": OFF.tolerance,
        "held": False,
    }


def test_json_tells_what_was_skipped_or_not_asked_for():
    report = Workers({(COMPILE, "start"): SKIPPED}).asked(TORCH, COMPILE)
    report = Verification(report.findings, ["no jax"], 1.0, [("torch", "cudagraph")])
    data = json.loads(verified.to_json(report))
    assert data["held"] is True
    assert data["skipped"] == ["no jax", f"3 networks on torch compile float32: {SKIPPED.reason}"]
    assert data["not_asked"] == [{"backend": "torch", "mode": "cudagraph"}]
    skipped = [one for one in data["networks"] if one["status"] == "skipped"]
    assert [(one["target"], one["reason"]) for one in skipped] == 3 * [(COMPILE.id, SKIPPED.reason)]


def test_an_interrupt_ends_the_workers_that_are_busy():
    closed = Event()

    class Busy(Told):
        def hear(self, timeout_s):
            if name_of(self.order) == "start":
                return wire.Ready()
            assert closed.wait(10)
            return wire.Failed("failed", "the worker process died with signal 9")

        def close(self):
            self.alive = False
            closed.set()

    class Interrupts(Told):
        def hear(self, timeout_s):
            raise KeyboardInterrupt

    def launch(target, slot=None, *, warm=False):
        kind = Busy if target.dtype == "float64" else Interrupts
        return kind(target, {}, []), wire.Start(target, "/scratch")

    tasks = verification.tasks([NUMPY], NETWORKS, seed=0)
    with pytest.raises(KeyboardInterrupt):
        verification.verify(tasks, launch, 2, lambda finding: None)
    assert closed.is_set()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (-1.0, "-1"),
        (-1e-9, "0"),
        ((0.12692801, 1.3132617), "0.1269 1.3133"),
        ((0.1, 0.12692801, 1.3132617), "0.1\n0.1269\n1.3133"),
        (((1.2, -0.6), (1.2, 1.8)), "1.2 -0.6\n1.2 1.8"),
    ],
)
def test_numbers_have_four_digits(values, text):
    assert verified.write_numbers(values) == text


def test_a_finding_without_values_does_not_hold():
    assert not Worked(HINGE, "torch", None, "no memory").passed
    assert not Agreement("iris", TORCH, reason="no memory").passed


# --- the command --------------------------------------------------------------------------------


def test_numpy_is_verified_for_real():
    answer = dlbench("verify", "--backend", "numpy", "--network", "fruit-2-1,iris")
    assert answer.code == 0
    assert "All correct: 14 lecture examples and " in answer.out
    assert "[1] Slip in the lecture: it divides by r" in answer.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--network", "resnet"], "dlbench: unknown network: 'resnet'. Allowed: fruit-linear, "),
        (["--backend", "caffe"], "dlbench: unknown backend: 'caffe'. Allowed: "),
        (["--format", "xml"], "dlbench: unknown --format: 'xml'. Allowed: table, json.\n"),
        (["--quick", "--device", "cuda"], "dlbench: nothing can be verified: no CUDA GPU found"),
    ],
)
def test_what_cannot_be_had_is_refused(words, complaint, monkeypatch):
    monkeypatch.setattr("dlbench.machine.environment.gpus", tuple)
    answer = dlbench("verify", *words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(complaint)


HOLDS = Agreement("iris", NUMPY, (FINE, CLOSE))
OFF_HERE = Agreement("abalone", NUMPY, (FINE, OFF))
CANNOT_BE_HAD = Agreement("iris", COMPILE, (), "no compiler.", "skipped")


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([HOLDS], 0),
        ([HOLDS, CANNOT_BE_HAD], 0),
        ([HOLDS, OFF_HERE], 1),
        ([HOLDS, Worked(HINGE, "numpy", None, "oh", "failed")], 1),
        ([CANNOT_BE_HAD], 1),
        ([], 1),
    ],
)
def test_the_exit_code_is_0_only_if_something_was_verified_and_all_of_it_holds(
    findings, code, form, monkeypatch
):
    # the lecture's examples have a table with a line for each
    figures = [one.figure(name) for name, one in EXAMPLES.items()]
    fine = [Worked(one, "numpy", one.expected) for one in figures]
    named = {one.example for one in findings if isinstance(one, Worked)}
    rest = [one for one in fine if one.example not in named] if named else []
    monkeypatch.setattr(verify, "_findings", lambda *_: [*rest, *findings])
    answer = dlbench("verify", "--backend", "numpy", "--format", form)
    assert (answer.code, answer.err) == (code, "")
    if form == "json":
        assert json.loads(answer.out)["held"] is (code == 0)


@pytest.fixture
def asked(monkeypatch):
    """The answer to a command line on a machine that has every backend, and what was asked."""
    monkeypatch.setattr(plan_targets, "find_spec", lambda package: package)
    monkeypatch.setattr("dlbench.machine.environment.gpus", tuple)
    tasks = []
    monkeypatch.setattr(verify, "_findings", lambda new, *_: tasks.extend(new) or [HOLDS])

    def ask(*words):
        tasks.clear()
        answer = dlbench("verify", *words)
        targets = {t.target for t in tasks if t.target.dtype == "float32"}
        return answer, sorted(f"{t.backend} {t.device} {t.mode} {t.threads}" for t in targets)

    return ask


DYNAMIC = ["jax cpu eager 1", "numpy cpu eager 1", "tensorflow cpu eager 1", "torch cpu eager 1"]
STATIC = [
    "jax cpu jit 1",
    "tensorflow cpu function 1",
    "tensorflow cpu xla 1",
    "torch cpu compile 1",
]
USUAL = [
    "jax cpu jit 1",
    "numpy cpu eager 1",
    "tensorflow cpu function 1",
    "torch cpu eager 1",
]
NOT_ASKED = (
    "Left out unless asked for: jax jit-async, torch compile-max-autotune "
    "(--mode jit-async,compile-max-autotune)"
)


def test_every_backend_is_asked_in_every_mode_that_is_not_on_request(asked):
    answer, targets = asked()
    assert targets == sorted(DYNAMIC + STATIC)
    assert NOT_ASKED in " ".join(answer.out.split())


def test_quick_asks_for_usual_modes_alone(asked):
    answer, targets = asked("--quick")
    assert targets == USUAL
    assert "Left out" not in answer.out


def test_a_network_steps_with_every_optimizer_or_with_its_own():
    [*_, all_of_them] = verification.tasks([NUMPY], NETWORKS[:1], seed=0)
    [*_, quick] = verification.tasks([NUMPY], NETWORKS[:1], seed=0, optimizers=None)
    name = NETWORKS[0].name
    assert dict(all_of_them.orders[name].optimizers) == OPTIMIZERS
    assert dict(quick.orders[name].optimizers) == {"own": NETWORKS[0].optimizer}


def test_a_mode_on_request_is_verified_where_it_is_named(asked):
    answer, targets = asked("--mode", "compile-max-autotune")
    assert targets == ["torch cpu compile-max-autotune 1"]
    assert "Left out" not in answer.out


def test_modes_are_missed_only_of_backends_and_devices_that_were_asked_for(asked, monkeypatch):
    assert "Left out" not in asked("--backend", "numpy,tensorflow")[0].out
    monkeypatch.setattr("dlbench.machine.environment.gpus", lambda: ("a GPU",))
    assert (
        "Left out unless asked for: jax jit-async, torch compile-max-autotune, torch cudagraph "
        "(--mode jit-async,compile-max-autotune,cudagraph)"
    ) in " ".join(asked()[0].out.split())


def test_a_value_that_is_named_beside_others_and_has_no_target_is_told(asked):
    answer, targets = asked("--backend", "torch", "--mode", "eager,jit")
    assert targets == ["torch cpu eager 1"]
    assert "jit exists only in jax, not in torch" in answer.out


def test_modes_of_what_is_not_installed_are_not_missed(asked, monkeypatch):
    monkeypatch.setattr(plan_targets, "find_spec", lambda package: package == "numpy")
    answer, targets = asked()
    assert targets == ["numpy cpu eager 1"]
    assert "Left out" not in answer.out
