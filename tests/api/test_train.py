"""`dlbench train`: with NumPy for real, and on workers that are told what to answer."""

import shlex
from contextlib import nullcontext
from errno import EACCES

import pytest

from dlbench.api import train, writable
from dlbench.datasets import iris
from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED
from dlbench.harness import wire
from dlbench.machine import environment
from dlbench.results.find import folders
from dlbench.results.folder import read_training
from fakes.machine import machine
from fakes.runs import ENVIRONMENT
from fakes.terminal import dlbench
from fakes.trainings import LEARNT, School

NO_NUMBER = "the training loss of epoch 3 is no finite number: nan."
FILES = {"training.json", "trainings.jsonl", "logs", "learning-curve.svg", "learning-curve.png"}


@pytest.fixture(autouse=True)
def here(monkeypatch, tmp_path):
    """An empty folder to work in, on a machine without a GPU."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "gpus", tuple)
    monkeypatch.setattr(environment, "capture", lambda _: ENVIRONMENT)
    return tmp_path


@pytest.fixture
def taught(monkeypatch):
    """Let workers answer as they are told, all backends being installed."""

    def by(answers=None):
        school = School(answers)
        monkeypatch.setattr(train, "Launcher", lambda *_: nullcontext(school.launch))
        monkeypatch.setattr(train, "this_machine", all_installed)
        return school

    return by


def all_installed(declarations):
    return machine(declarations=declarations, installed=frozenset(declarations), cores=1)


def on_numpy(line):
    return dlbench("train", *line.split(), "--backend", "numpy", "--threads", "1")


def words(answer):
    """The output without line breaks, which depend on the width of the terminal."""
    return " ".join(answer.out.split())


def the_training(here):
    (folder,) = folders(here / "results")
    return read_training(folder)


def statuses(here):
    return [(one.seed, one.status, len(one.epochs)) for one in the_training(here).results]


# --- for real -----------------------------------------------------------------------------------


def test_fruit_is_trained_stored_and_shown(here):
    answer = on_numpy("fruit-2-1")
    assert answer.code == 0, answer
    (folder,) = (here / "results").iterdir()
    assert folder.name.endswith("-train-fruit-2-1")
    assert {path.name for path in folder.iterdir()} == FILES
    told = the_training(here)
    assert (told.run.id, told.run.seeds, told.run.goal) == (folder.name, (0,), None)
    command = ["dlbench", "train", "fruit-2-1", "--backend", "numpy", "--threads", "1"]
    assert shlex.split(told.run.command) == command
    [one] = told.results
    assert one.target.id == "numpy/cpu/eager/float32/t1/tensors"
    assert (one.status, len(one.epochs), len(one.predictions)) == ("ok", 5, 1)
    assert "fruit-2-1: batch 3, 5 epochs, 1 seed" in words(answer)
    assert "Prediction for [2, 0], seed 0 numpy: " in words(answer)
    assert f"Curve: results/{folder.name}/learning-curve.svg" in words(answer)
    assert answer.out.endswith(f"Results: results/{folder.name}\n")


def test_iris_is_trained_with_every_seed_and_shown_again(here):
    answer = on_numpy("iris --epochs 2 --seeds 2")
    assert answer.code == 0, answer
    assert statuses(here) == [(0, "ok", 2), (1, "ok", 2)]
    first, second = (one.epochs[-1] for one in the_training(here).results)
    assert first.loss != second.loss
    assert all(0 <= epoch.accuracy <= 1 for epoch in (first, second))
    assert "iris: batch 32, 2 epochs; median over 2 seeds" in words(answer)
    assert "Lecture, 150 epochs: test accuracy 0.9" in words(answer)
    assert "seed 0; lecture: class 0 numpy: class" in words(answer)
    assert len(answer.err.splitlines()) == 6
    shown = dlbench("show", "latest")
    assert (shown.code, shown.err) == (0, "")
    assert answer.out.startswith(shown.out)


def test_a_network_of_which_the_lecture_predicts_nothing_is_trained_too(here):
    answer = on_numpy("abalone --epochs 1")
    assert statuses(here) == [(0, "ok", 1)], answer
    assert answer.code == 0
    assert "prediction" not in answer.out


# --- as told ------------------------------------------------------------------------------------


def test_every_backend_is_trained_in_its_usual_mode_and_loop(here, taught):
    taught()
    answer = dlbench("train", "iris", "--epochs", "3")
    assert answer.code == 0, answer
    assert [target.id for target in the_training(here).run.targets] == [
        "jax/cpu/jit/float32/t1/tensors",
        "numpy/cpu/eager/float32/t1/tensors",
        "tensorflow/cpu/function/float32/t1/fit",
        "torch/cpu/eager/float32/t1/tensors",
    ]
    assert "Left out" not in answer.err


def test_modes_and_loops_are_those_asked_for_where_a_backend_has_them(here, taught):
    taught()
    dlbench("train", "iris", "--epochs", "1", "--mode", "eager", "--loop", "fused,dataset")
    assert [target.id for target in the_training(here).run.targets] == [
        "tensorflow/cpu/eager/float32/t1/dataset",
        "torch/cpu/eager/float32/t1/fused",
    ]


def test_a_backend_that_is_not_installed_is_told_once_and_left_out(here, taught, monkeypatch):
    taught()
    monkeypatch.setattr(
        train, "this_machine", lambda known: machine(declarations=known, installed={"numpy"})
    )
    answer = dlbench("train", "iris", "--epochs", "1")
    assert answer.code == 0, answer
    assert [target.backend for target in the_training(here).run.targets] == ["numpy"]
    skipped = [line for line in answer.err.splitlines() if line.startswith("Left out: ")]
    assert skipped == [
        f"Left out: {name} is not installed; to add it: pip install -e '.[{name}]'"
        for name in ("jax", "tensorflow", "torch")
    ]


def test_a_goal_is_shown_with_the_time_to_it(taught):
    taught()
    answer = on_numpy("iris --epochs 3 --target 0.2")
    assert answer.code == 0, answer
    assert "accuracy 0.2" in words(answer)
    assert "1.00 s" in words(answer)


def test_logs_and_checkpoints_are_written_where_they_are_asked_for(here, taught):
    school = taught()
    beside = ["--tensorboard", "logs", "--checkpoint", "a/b"]
    answer = dlbench("train", "iris", "--epochs", "1", *beside)
    assert answer.code == 0, answer
    assert "Left out: numpy cannot write TensorBoard logs or checkpoints\n" in answer.err
    [run] = folders(here / "results")
    assert [order.tensorboard for order in school.orders] == [
        str(here / "logs" / run.name / name / "seed-0")
        for name in ("tensorflow-cpu-function-float32-t1-fit", "torch-cpu-eager-float32-t1-tensors")
    ]
    assert all(order.checkpoint.startswith(str(here / "a" / "b")) for order in school.orders)
    assert list((here / "logs").iterdir()) == list((here / "a" / "b").iterdir()) == []


def test_a_loss_that_is_no_number_keeps_the_epochs_before_and_goes_on(here, taught):
    taught({"numpy seed 0 epoch 3": wire.Failed("failed", NO_NUMBER)})
    answer = on_numpy("iris --epochs 4 --seeds 2")
    assert answer.code == EXIT_FAILED_CASES
    assert statuses(here) == [(0, "failed", 2), (1, "ok", 4)]
    first, _ = the_training(here).results
    assert (first.reason, first.epochs) == (NO_NUMBER, LEARNT[:2])
    assert f"seed 0: {NO_NUMBER.rstrip('.')} (after 2 epochs)" in words(answer)


def test_a_worker_that_does_not_start_is_a_failure_without_a_curve(here, taught):
    taught({"numpy start": wire.Failed("failed", "ImportError: no wheel")})
    answer = on_numpy("iris --epochs 4")
    assert answer.code == EXIT_FAILED_CASES
    assert statuses(here) == [(0, "failed", 0)]
    assert "ImportError: no wheel (after 0 epochs)" in words(answer)
    assert "Curve:" not in answer.out


def test_an_interrupt_keeps_and_shows_what_was_trained(here, taught):
    school = taught({"numpy seed 1 epoch 2": KeyboardInterrupt()})
    answer = on_numpy("iris --epochs 3 --seeds 3")
    assert answer.code == EXIT_INTERRUPTED
    assert statuses(here) == [(0, "ok", 3), (1, "failed", 1)]
    assert "seed 1: interrupted (after 1 epoch)" in words(answer)
    assert "Results: results/" in answer.out
    assert "Interrupted; what was trained so far is kept." in answer.err
    assert not any(worker.alive for worker in school.workers)


@pytest.mark.parametrize("order", ["start", "seed 0 epoch 1"])
def test_an_interrupt_before_the_first_epoch_says_that_there_is_none(here, taught, order):
    taught({f"numpy {order}": KeyboardInterrupt()})
    answer = on_numpy("iris --epochs 3 --seeds 3")
    assert answer.code == EXIT_INTERRUPTED
    assert answer.out == ""
    assert "Interrupted; nothing was trained." in answer.err


def test_results_go_where_they_are_asked_to(here, taught):
    taught()
    answer = on_numpy("iris --epochs 1 --results some/where")
    (folder,) = (here / "some" / "where").iterdir()
    assert f"Results: some/where/{folder.name}\n" in answer.out


# --- what is asked ------------------------------------------------------------------------------


def refused(here, *line):
    """What is said of a mistake, which leaves nothing behind."""
    answer = dlbench("train", *line)
    assert (answer.code, answer.out) == (2, "")
    assert "Traceback" not in answer.err
    assert not (here / "results").exists()
    return answer.err


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("resnet", "unknown network: 'resnet'. Allowed: fruit-linear, "),
        ("iris --epochs 0", "--epochs 0: a whole number from 1 to 100000.\n"),
        ("iris --epochs 100001", "--epochs 100001: a whole number from 1 to 100000.\n"),
        ("iris --seeds 0", "--seeds 0: a whole number from 1 to 1000.\n"),
        ("iris --seeds -1", "--seeds -1: a whole number from 1 to 1000.\n"),
        ("iris --batch 0", "--batch 0: a whole number from 1 to 1000000.\n"),
        ("iris --target 1.5", "--target 1.5: accuracies are fractions, such as 0.9.\n"),
        ("iris --target 0", "--target 0: accuracies are fractions, such as 0.9.\n"),
        (
            "abalone --target 0.9",
            (
                "--target is an accuracy, and there are no classes or no test rows to judge by: "
                "'abalone'. Leave --target out.\n"
            ),
        ),
        ("iris --loop nonsense", "unknown loop: 'nonsense'. Allowed: tensors, "),
        ("iris --backend caffe", "unknown backend: 'caffe'. Allowed: jax, numpy, "),
        ("iris --mode fast", "unknown mode: 'fast'. Allowed: eager, "),
        ("iris --dtype fp32", "unknown dtype: 'fp32'. Allowed: float32, "),
        ("iris --threads 0", "--threads 0: a positive whole number or a range, "),
    ],
)
def test_a_mistake_is_one_message_and_leaves_nothing(here, line, complaint):
    said = refused(here, *line.split())
    assert said.startswith(f"dlbench: {complaint}")
    assert said.count("\n") == 1


@pytest.mark.parametrize("option", ["--tensorboard", "--checkpoint"])
def test_who_writes_no_logs_cannot_be_asked_for_them_alone(here, option):
    said = refused(here, "iris", "--backend", "numpy", option, "logs")
    reason = "numpy cannot write TensorBoard logs or checkpoints"
    assert said == f"dlbench: nothing can be trained. {reason}.\n"
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("option", ["--tensorboard", "--checkpoint"])
@pytest.mark.parametrize(
    ("below", "why"), [("file/below", "Not a directory"), ("file", "File exists")]
)
def test_a_folder_that_cannot_be_written_is_told_first(here, taught, option, below, why):
    school = taught()
    (here / "file").touch()
    said = refused(here, "iris", "--backend", "torch", option, below)
    assert said == f"dlbench: cannot write {option} ({why}): '{below}'. Choose another folder.\n"
    assert school.workers == []


def test_results_that_cannot_be_written_are_told_first(here, taught):
    school = taught()
    (here / "file").touch()
    said = refused(here, "iris", "--results", "file/below")
    assert said == (
        "dlbench: cannot write --results (Not a directory): 'file/below'. Choose another folder.\n"
    )
    assert school.workers == []


BESIDE = ["--tensorboard", "logs/deep", "--checkpoint", "models"]


@pytest.mark.parametrize(
    "line",
    [
        ["--tensorboard", "logs/deep", "--checkpoint", "file/below"],
        [*BESIDE, "--results", "file/below"],
        [*BESIDE, "--results", "new/file/../../file/below"],
    ],
)
def test_one_folder_that_cannot_be_written_leaves_none_of_the_others(here, taught, line):
    school = taught()
    (here / "file").touch()
    assert "cannot write " in refused(here, "iris", "--backend", "torch", *line)
    assert list(here.iterdir()) == [here / "file"]
    assert school.workers == []


@pytest.mark.parametrize(("checkpoint", "code"), [("models", 0), ("file/below", 2)])
def test_what_is_in_a_folder_that_is_tried_stays_as_it_is(here, taught, checkpoint, code):
    taught()
    (here / "file").touch()
    (here / "logs").mkdir()
    (here / "logs" / ".dlbench").write_text("mine")
    line = ["iris", "--epochs", "1", "--backend", "torch", "--tensorboard", "logs"]
    assert dlbench("train", *line, "--checkpoint", checkpoint).code == code
    assert [path.read_text() for path in (here / "logs").iterdir()] == ["mine"]


def test_a_folder_that_takes_no_files_is_told_first_and_not_left(here, taught, monkeypatch):
    """The refusal is put on: whoever runs the tests may have every right."""
    taught()

    def forbidden(**_):
        raise PermissionError(EACCES, "Permission denied")

    monkeypatch.setattr(writable, "TemporaryFile", forbidden)
    said = refused(here, "iris", "--backend", "torch", "--checkpoint", "models")
    assert said.startswith("dlbench: cannot write --checkpoint (Permission denied): 'models'. ")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("line", ["train iris", "run epochs --network iris --backend numpy"])
def test_a_damaged_table_is_told_before_anything_is_made(here, monkeypatch, line):
    rows = iris.FILE.read_text().splitlines()
    monkeypatch.setattr(iris, "FILE", here / "iris.csv")
    iris.FILE.write_text("\n".join([*rows[:-1], "5.9,3.0,5.1,1.8,Iris-nova"]) + "\n")
    answer = dlbench(*line.split())
    assert (answer.code, answer.out) == (2, "")
    assert "iris.csv" in answer.err
    assert "is damaged; its SHA-256 is" in answer.err
    assert [path.name for path in here.iterdir()] == ["iris.csv"]


def test_without_data_nothing_is_trained_and_the_reason_is_told(here, taught, monkeypatch):
    school = taught()
    monkeypatch.setattr(train, "unavailable_reason", lambda dataset: f"{dataset} is far away")
    said = refused(here, "mnist-512")
    assert said == "dlbench: there is no data to train on: 'mnist-512'. mnist is far away.\n"
    assert school.workers == []
