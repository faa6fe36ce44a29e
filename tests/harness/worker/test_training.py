"""One network trained for real with NumPy, and by a trainer that is told what to answer."""

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench import registry
from dlbench.backends.base import Setting
from dlbench.errors import DlbenchError
from dlbench.harness import wire
from dlbench.harness.worker import training
from dlbench.harness.worker.training import Training, Trainings
from dlbench.networks.base import every
from dlbench.networks.lecture import PREDICTED
from dlbench.records.layers import Dense
from dlbench.reference.losses import head_of, loss_of
from dlbench.workloads.base import job_of
from fakes.networks import ENDS, ending, mlp, network, problem
from fakes.orders import ToldMonitor
from fakes.trainings import NUMPY

[(IRIS_ROW, _)] = PREDICTED["iris"]


def numpy():
    return registry.load("backends", "numpy").start(Setting("cpu", "eager", "float32", 1, ""))


def job(name, seed=0):
    return job_of(every()[name], NUMPY, seed, synthetic=False)


def training_of(name, seed=0):
    return Training(numpy(), job(name, seed), 1, ToldMonitor())


class Told:
    """A backend and its trainer, which has the losses that it is told and one answer to all."""

    def __init__(self, *losses, outputs=(0.25, 0.5, 0.25)):
        self.losses, self.outputs = list(losses), outputs
        self.events, self.device = [], self

    def trainer(self, job):
        return self

    def epoch(self):
        self.events.append("epoch")
        return self.losses.pop(0)

    def wait(self):
        self.events.append("wait")

    def predict(self, x):
        self.events.append(f"predict {len(x)}")
        return np.tile(np.float32(self.outputs), (len(x), 1))


# --- with NumPy ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "epochs"), [("iris", 30), ("fruit-linear", 100), ("abalone", 3)])
def test_the_loss_falls_over_the_epochs(name, epochs):
    one = training_of(name)
    found = [one.epoch() for _ in range(epochs)]
    assert [result.epoch for result in found] == list(range(1, epochs + 1))
    assert found[-1].loss < found[0].loss
    assert all(result.seconds > 0 for result in found)


def test_accuracy_is_the_share_of_test_rows_whose_class_is_the_likeliest():
    one = training_of("iris")
    found = one.epoch()
    outputs, y = one.predict(one.split.x_test), one.split.y_test
    assert found.accuracy == (outputs.argmax(axis=1) == y).mean()
    by_hand = -np.log(outputs[np.arange(len(y)), y]).mean()
    assert found.test_loss == pytest.approx(by_hand, rel=1e-4)


def test_accuracy_of_two_classes_is_by_which_side_of_a_half_the_output_lies():
    one = training_of("ionosphere")
    found = one.epoch()
    sides = one.predict(one.split.x_test) > 0.5
    assert found.accuracy == (sides == (one.split.y_test > 0.5)).mean()


def test_a_regression_has_a_test_loss_and_no_accuracy():
    one = training_of("abalone")
    found = one.epoch()
    by_hand = ((one.predict(one.split.x_test) - one.split.y_test) ** 2).mean()
    assert found.test_loss == pytest.approx(by_hand, rel=1e-4)
    assert found.accuracy is None


def test_where_there_are_no_test_rows_nothing_is_judged():
    found = training_of("fruit-2-1").epoch()
    assert (found.test_loss, found.accuracy) == (None, None)


def test_a_seed_settles_everything_that_is_drawn():
    found = [[training_of("iris", seed).epoch().loss] for seed in (0, 0, 1)]
    assert found[0] == pytest.approx(found[1])
    assert found[0] != pytest.approx(found[2])


def test_a_worker_trains_epoch_by_epoch_and_predicts_at_the_end():
    live = Trainings(numpy(), NUMPY, compiler=None, monitor=ToldMonitor())
    assert live.start(wire.StartTraining(every()["iris"], 0)) == wire.Ready()
    found = [live.epoch(wire.TrainEpoch()).result.epoch for _ in range(2)]
    assert found == [1, 2]
    [outputs] = live.predict(wire.Predict((IRIS_ROW,))).outputs
    assert len(outputs) == 3
    assert sum(outputs) == pytest.approx(1, rel=1e-5)


def test_a_worker_that_starts_another_training_starts_anew():
    live = Trainings(numpy(), NUMPY, compiler=None, monitor=ToldMonitor())
    found = []
    for _ in range(2):
        live.start(wire.StartTraining(every()["iris"], 3))
        found.append(live.epoch(wire.TrainEpoch()).result)
    assert [result.epoch for result in found] == [1, 1]
    assert found[0].loss == pytest.approx(found[1].loss)


# --- as told ------------------------------------------------------------------------------------


def test_an_epoch_is_over_when_the_device_is_and_only_then_judged():
    told = Told(0.5)
    found = Training(told, job("iris"), 1, ToldMonitor()).epoch()
    assert told.events == ["epoch", "wait", "predict 50"]
    assert found.loss == 0.5


def test_many_rows_are_predicted_in_parts(monkeypatch):
    monkeypatch.setattr(training, "PREDICTED_ROWS", 20)
    told = Told()
    one = Training(told, job("iris"), 1, ToldMonitor())
    assert one.predict(one.split.x_test).shape == (50, 3)
    assert told.events == ["predict 20", "predict 20", "predict 10"]


def test_whoever_always_says_the_same_is_as_accurate_as_that_class_is_frequent():
    one = Training(Told(0.5), job("iris"), 1, ToldMonitor())
    assert one.epoch().accuracy == (one.split.y_test == 1).mean()


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_is_no_number_is_an_error_that_names_the_epoch(loss):
    one = Training(Told(0.5, 0.4, loss), job("iris"), 1, ToldMonitor())
    assert [one.epoch().epoch for _ in range(2)] == [1, 2]
    with pytest.raises(
        DlbenchError, match=f"training loss of epoch 3 is not a finite number: {loss}"
    ):
        one.epoch()


def test_a_test_loss_that_is_no_number_is_unknown():
    """JSON has no infinity."""
    one = Training(Told(0.5, outputs=(float("inf"),)), job("abalone"), 1, ToldMonitor())
    assert one.epoch().test_loss is None


# --- the loss of outputs ------------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "activation"), ENDS)
def test_the_loss_of_outputs_is_that_of_the_logits_that_they_came_from(loss, activation):
    given = problem(ending(loss, activation))
    z = mlp(given).logits(given.x, training=False)
    head = head_of(given.network)
    expected = float(head.loss(z, given.y))
    found = loss_of(given.network, head.outputs(z), given.y)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("last", "loss", "outputs", "y"),
    [
        (Dense(3, "softmax"), "sparse_categorical_crossentropy", [[0.0, 1.0, 0.0]], [0]),
        (Dense(2, "softmax"), "categorical_crossentropy", [[0.0, 1.0]], [[1.0, 0.0]]),
        (Dense(1, "sigmoid"), "binary_crossentropy", [[1.0]], [[0.0]]),
        (Dense(1, "sigmoid"), "binary_crossentropy", [[0.0]], [[1.0]]),
    ],
)
def test_who_is_certain_and_wrong_has_a_large_loss_and_no_infinite_one(last, loss, outputs, y):
    found = loss_of(network(last, loss=loss), np.float32(outputs), np.array(y))
    assert 15 < found < 100


def test_the_loss_of_outputs_is_without_penalties():
    plain, heavy = (network(Dense(1, l2=l2), loss="mse") for l2 in (0.0, 10.0))
    outputs, y = np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]])
    assert loss_of(plain, outputs, y) == loss_of(heavy, outputs, y) == 2.5


def test_catalogue_networks_can_all_be_judged():
    """Every one of them has outputs and a loss that belong together."""
    for one in every().values():
        units = one.layers[-1].units
        outputs = np.full((4, units), 1 / units, np.float32)
        y = np.zeros(4, np.int64) if units > 1 else np.zeros((4, 1), np.float32)
        assert np.isfinite(loss_of(one, outputs, y))


# --- disturbances -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("foreign", "throttled", "flags"),
    [(0.0, 0.0, ()), (1e6, 0.0, ("busy",)), (0.0, 1e6, ("throttled",))],
)
def test_every_epoch_has_the_counters_and_flags_of_a_timed_block(foreign, throttled, flags):
    """So much, in seconds, that no epoch is as long."""
    monitor = ToldMonitor()
    one = Training(Told(0.5, 0.25), job("iris"), 2, monitor)
    first = one.epoch()
    monitor.foreign_s, monitor.throttled_s = foreign, throttled
    second = one.epoch()
    assert (first.block.flags, second.block.flags) == ((), flags)
    assert (second.block.iterations, second.block.host_s) == (1, second.seconds)
    assert (second.block.foreign_s, second.block.throttled_s) == (foreign, throttled)
    assert second.is_disturbed == (flags == ("busy",))
    assert second.is_throttled == (flags == ("throttled",))


def test_an_old_record_knows_of_no_disturbance():
    old = replace(training_of("fruit-2-1").epoch(), block=None)
    assert not old.is_disturbed
    assert not old.is_throttled
