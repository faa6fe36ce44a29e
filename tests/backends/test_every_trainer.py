"""Every loop of every backend: the same training as the oracle's, epoch by epoch.

As tests/backends/test_every_backend.py, DLBENCH_TEST_BACKEND names the backends.
"""

from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.backends.base import TrainingJob
from dlbench.parity import epoch as epoch_parity
from dlbench.records.images import Conv2D, MaxPool2D
from dlbench.records.layers import (
    SGD,
    Adagrad,
    Adam,
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    RMSprop,
)
from dlbench.records.sequences import GRU, LSTM, Embedding, SimpleRNN
from dlbench.reference.ops import OPS, BatchNormOp
from fakes.backends import (
    DECLARED,
    DEVICE,
    SELECTED,
    WARNINGS,
    declared_environment,  # noqa: F401 - a fixture
    started,
)
from fakes.networks import mlp, network, problem

pytestmark = WARNINGS

# Two whole batches and a smaller one.
ROWS, BATCH = 10, 4
# A momentum that shows soon, and is another number the wrong way round.
LAYERS = (Dense(5, "relu", l2=0.01), BatchNorm(momentum=0.8), Dense(3))
# Who keeps the unbiased variance (docs/design.md, conventions).
UNBIASED = {"torch"}

LOOPS = [(name, loop) for name in SELECTED for loop in DECLARED[name].loops]
every_loop = pytest.mark.parametrize(("name", "loop"), LOOPS)
every_loop_and_mode = pytest.mark.parametrize(
    ("name", "loop", "mode"),
    [
        (name, loop, mode)
        for name, loop in LOOPS
        for mode in DECLARED[name].modes
        if DEVICE in DECLARED[name].only_on.get(mode, (DEVICE,))
    ],
)
writing = [(name, loop) for name, loop in LOOPS if DECLARED[name].callbacks]
every_writing_loop = pytest.mark.parametrize(("name", "loop"), writing)


def job(loop, *layers, rows=ROWS, optimizer=None, dtype="float32", **how):
    net = replace(network(*(layers or LAYERS), optimizer=optimizer), batch=BATCH)
    given = problem(net, dtype, rows=rows)
    how = {"shuffle": False, **how}
    return TrainingJob(net, given.weights, given.x, given.y, loop, **how)


def weights(backend, trainer):
    return {name: backend.device.array(weight) for name, weight in trainer.weights().items()}


def as_seen(backend, given):
    """Losses of two epochs, and the weights after them."""
    trainer = backend.trainer(given)
    return [trainer.epoch(), trainer.epoch()], weights(backend, trainer)


def train(reference, given):
    """One epoch in order; its mean loss."""
    total = 0.0
    for start in range(0, len(given.x), BATCH):
        rows = slice(start, start + BATCH)
        total += reference.train_step(given.x[rows], given.y[rows]) * len(given.x[rows])
    return total / len(given.x)


class UnbiasedNorm(BatchNormOp):
    """Batch norm that keeps m / (m - 1) times the variance of a batch of m rows."""

    def forward(self, x, *, training):
        before = self.variance
        outputs = super().forward(x, training=training)
        if training:
            added = self.variance - self.layer.momentum * before
            self.variance = self.variance + added / (len(x) - 1)
        return outputs


@every_loop_and_mode
def test_two_epochs_in_order_and_the_running_statistics_after_them_are_those_of_the_oracle(
    name, loop, mode, monkeypatch
):
    """Prediction is what reads the running statistics."""
    given = job(loop, optimizer=SGD(0.05, 0.9), dtype="float64")
    with started(name, mode, "float64") as backend:
        trainer = backend.trainer(given)
        losses = [trainer.epoch(), trainer.epoch()]
        found, outputs = weights(backend, trainer), trainer.predict(given.x)
    if name in UNBIASED:
        monkeypatch.setitem(OPS, BatchNorm, UnbiasedNorm)
    reference = mlp(given)
    expected = [train(reference, given), train(reference, given)]
    np.testing.assert_allclose(losses, expected, rtol=1e-6)
    # Keras keeps learning rate, regulariser and the momentum of batch norm in float32
    for weight, value in reference.weights.items():
        np.testing.assert_allclose(found[weight], value, rtol=1e-6, atol=1e-6, err_msg=weight)
    np.testing.assert_allclose(outputs, reference.predict(given.x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("optimizer", [SGD(), Adagrad(), RMSprop(), Adam()], ids=repr)
@every_loop
def test_what_parity_asks_of_an_epoch_holds_with_every_optimizer(name, loop, optimizer):
    given = job(loop, optimizer=optimizer)
    with started(name) as backend:
        found = epoch_parity.check(backend, "float32", given)
    assert [check for check in found if not check.passed] == []
    quantities = {check.quantity for check in found}
    assert {"loss", "weight/layer2.kernel", "epoch: loss", "epoch: layer2.kernel"} <= quantities


NETWORKS = {
    "images": ((6, 5), Conv2D(3, 2, activation="tanh"), MaxPool2D(), Flatten(), Dense(3)),
    "sequences": ((5, 4), LSTM(4, return_sequences=True), GRU(3), LayerNorm(), Dense(3)),
    "tokens": ((5,), Embedding(7, 3), SimpleRNN(3), Dense(3)),
}


@pytest.mark.parametrize(
    ("inputs", "layers"), [(first, rest) for first, *rest in NETWORKS.values()], ids=NETWORKS
)
@every_loop
def test_what_parity_asks_of_an_epoch_holds_of_images_and_sequences(name, loop, inputs, layers):
    net = replace(network(*layers, inputs=inputs, optimizer=Adam()), batch=BATCH)
    given = problem(net, "float32", rows=ROWS)
    with started(name) as backend:
        found = epoch_parity.check(backend, "float32", TrainingJob(**vars(given), loop=loop))
        trainer = backend.trainer(TrainingJob(**vars(given), loop=loop))
        outputs = trainer.predict(given.x)
    assert [check for check in found if not check.passed] == []
    np.testing.assert_allclose(outputs, mlp(given).predict(given.x), rtol=1e-4, atol=1e-5)


def wrong_order(given):
    return changed(given, x=given.x[::-1].copy(), y=given.y[::-1].copy())


@every_loop
def test_parity_finds_an_epoch_over_other_rows(name, loop):
    """Rows in another order are other batches, and end in other weights."""
    given = job(loop, rows=14)
    with started(name) as backend:
        ask = backend.trainer
        backend.trainer = lambda one: ask(wrong_order(one))
        found = epoch_parity.check(backend, "float32", given)
    assert not all(check.passed for check in found)


@every_loop
def test_shuffling_draws_another_order_and_leaves_no_row_out(name, loop):
    """With a step of nothing the mean loss is that of all rows, in whatever order."""
    still = job(loop, Dense(3), rows=64, optimizer=SGD(1e-30), dtype="float64")
    moving = job(loop, Dense(3), rows=64, optimizer=SGD(0.1), dtype="float64")
    with started(name, dtype="float64") as backend:
        [ordered, _], _ = as_seen(backend, still)
        shuffled, _ = as_seen(backend, changed(still, shuffle=True))
        np.testing.assert_allclose(shuffled, [ordered, ordered], rtol=1e-9)
        _, one = as_seen(backend, moving)
        _, other = as_seen(backend, changed(moving, shuffle=True))
    assert not np.allclose(one["layer0.kernel"], other["layer0.kernel"], rtol=1e-6)


@every_loop
def test_every_epoch_has_an_order_of_its_own(name, loop):
    given = job(loop, Dense(3), rows=64, optimizer=SGD(0.1), shuffle=True)
    with started(name) as backend:
        trainer = backend.trainer(given)
        trainer.epoch()
        first = weights(backend, trainer)["layer0.kernel"]
        trainer.reset()
        trainer.epoch()
        assert not np.allclose(weights(backend, trainer)["layer0.kernel"], first, rtol=1e-6)


@every_loop
def test_a_seed_settles_a_training(name, loop):
    given = job(loop, Dropout(0.5), Dense(3), rows=64, shuffle=True, seed=3)
    with started(name) as backend:
        losses, found = as_seen(backend, given)
        again, same = as_seen(backend, given)
    assert losses == again
    np.testing.assert_array_equal(found["layer1.kernel"], same["layer1.kernel"])


ENDS = [
    ("nll", "log_softmax"),
    ("multilabel_margin", "linear"),
    ("hinge", "linear"),
    ("sparse_categorical_crossentropy", "softmax"),
    ("binary_crossentropy", "sigmoid"),
]


@pytest.mark.parametrize(("loss", "activation"), ENDS)
@every_loop
def test_every_kind_of_target_goes_through_every_loop(name, loop, loss, activation):
    net = replace(network(Dense(3, activation), loss=loss), batch=BATCH)
    given = problem(net, "float32", rows=ROWS)
    with started(name) as backend:
        found = epoch_parity.check(
            backend, "float32", TrainingJob(net, given.weights, given.x, given.y, loop)
        )
    assert [check for check in found if not check.passed] == []


class Idle:
    """A trainer that does not train."""

    def __init__(self, trainer):
        self.weights, self.loss = trainer.weights, trainer.epoch()
        trainer.reset()

    def epoch(self):
        return self.loss


@every_loop
def test_parity_finds_a_loop_that_moves_no_weight(name, loop):
    with started(name) as backend:
        ask = backend.trainer
        backend.trainer = lambda one: Idle(ask(one))
        found = epoch_parity.check(backend, "float32", job(loop))
    assert {"epoch: layer0.kernel", "weight/layer0.kernel"} <= {
        check.quantity for check in found if not check.passed
    }


@every_loop
def test_dropout_is_active_in_training(name, loop):
    given = job(loop, Dropout(0.5), Dense(3), rows=64, optimizer=SGD(1e-30))
    with started(name) as backend:
        losses, _ = as_seen(backend, given)
    assert losses[0] != losses[1]


@every_loop
def test_reset_goes_back_to_the_start(name, loop):
    given = job(loop, optimizer=Adam(0.05))
    with started(name) as backend:
        trainer = backend.trainer(given)
        first = [trainer.epoch(), trainer.epoch()]
        trainer.reset()
        assert [trainer.epoch(), trainer.epoch()] == pytest.approx(first, rel=1e-6)
        trainer.reset()
        trainer.lead_in()
        trainer.reset()
        for weight, value in weights(backend, trainer).items():
            np.testing.assert_array_equal(value, given.weights[weight].astype("float32"))


@every_loop
def test_prediction_is_that_of_the_trained_weights(name, loop):
    given = job(loop, Dense(5, "tanh"), Dense(3), dtype="float64")
    with started(name, dtype="float64") as backend:
        trainer = backend.trainer(given)
        trainer.epoch()
        found = trainer.predict(given.x)
        trained = weights(backend, trainer)
    np.testing.assert_allclose(found, mlp(given, trained).predict(given.x), rtol=1e-6)


@every_writing_loop
def test_a_checkpoint_of_every_epoch_loads_again_and_predicts_the_same(name, loop, tmp_path):
    given = job(loop, checkpoint=str(tmp_path / "deep" / "checkpoints"))
    with started(name) as backend:
        trainer = backend.trainer(given)
        losses = [trainer.epoch(), trainer.epoch()]
        expected = trainer.predict(given.x)
        first, last = sorted(Path(given.checkpoint).iterdir())
        other = backend.trainer(changed(given, checkpoint=None))
        other.load(str(first))
        assert not np.array_equal(other.predict(given.x), expected)
        other.load(str(last))
        np.testing.assert_array_equal(other.predict(given.x), expected)
    assert losses[0] != losses[1]


@every_writing_loop
def test_the_logs_open_in_tensorboard(name, loop, tmp_path):
    """A scalar of every epoch, histograms, and the model as a graph or as Keras has it."""
    pytest.importorskip("tensorboard")
    with started(name) as backend:
        trainer = backend.trainer(job(loop, tensorboard=str(tmp_path)))
        for _ in range(3):
            trainer.epoch()
    losses, histograms = logged(tmp_path)
    assert set(losses.values()) == {3}
    assert len(histograms) >= 2
    assert any(log.Tags()["graph"] or "keras" in log.Tags()["tensors"] for log in logs_in(tmp_path))


@pytest.mark.parametrize("worst", [float("nan"), float("inf")])
@every_writing_loop
def test_an_epoch_whose_loss_is_no_finite_number_is_told_and_not_written(
    name, loop, worst, tmp_path
):
    pytest.importorskip("tensorboard")
    logs, checkpoints = tmp_path / "logs", tmp_path / "checkpoints"
    given = job(loop, tensorboard=str(logs), checkpoint=str(checkpoints))
    given.y[-1] = worst
    with started(name) as backend:
        trainer = backend.trainer(given)
        np.testing.assert_equal([trainer.epoch(), trainer.epoch()], [worst, float("nan")])
    assert list(checkpoints.iterdir()) == []
    assert logged(logs) == ({}, set())


def logs_in(folder):
    """All logs below a folder, as TensorBoard reads them."""
    from tensorboard.backend.event_processing import event_accumulator as events

    folders = {path.parent for path in folder.rglob("*tfevents*")}
    return [
        events.EventAccumulator(str(one), size_guidance={"tensors": 0}).Reload() for one in folders
    ]


def logged(folder):
    """How often every loss was written, and the names of the histograms."""
    tags = {"scalars": {}, "histograms": set()}
    for log in logs_in(folder):
        found = log.Tags()
        tags["scalars"] |= {tag: len(log.Scalars(tag)) for tag in found["scalars"]}
        tags["scalars"] |= {
            tag: len(log.Tensors(tag)) for tag in found["tensors"] if tag.endswith("loss")
        }
        tags["histograms"] |= set(found["histograms"])
        tags["histograms"] |= {tag for tag in found["tensors"] if "histogram" in tag}
    losses = {tag: count for tag, count in tags["scalars"].items() if "loss" in tag}
    return losses, tags["histograms"]
