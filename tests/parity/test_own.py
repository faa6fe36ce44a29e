"""The check of a user's own network, on a fake one whose every result is known."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dlbench.backends.base import Step
from dlbench.errors import DlbenchError
from dlbench.own.twin import Layer, Result
from dlbench.parity.own import STEPS, Checked
from dlbench.records.own import Made, OwnNetwork

NETWORK = OwnNetwork("net", "/net.py", "0", {"x_model": Made("x_model", 1)}, "mse")
OUT = np.array([[1.0, 2.0], [0.5, 0.1]])
BACKEND = SimpleNamespace(device=SimpleNamespace(wait=lambda: None, array=np.asarray))


class Fake:
    """A network of one weight, whose loss falls with every step."""

    def __init__(self, *, slope=0.1, outputs=OUT, chance=False, first=1.0, learns=99):
        self.learns = learns
        self.slope, self.outputs, self.has_chance, self.first = slope, outputs, chance, first
        self.reset()

    def reset(self):
        self.weight, self.loss, self.steps = 1.0, self.first, 0

    def twin(self, dtype="float64"):
        layer = Layer("a", [np.ones((2, 2))], [np.ones(4)], 1.0)
        return Result([layer], OUT, OUT + 1, OUT, 1.0, OUT, OUT, logits=False)

    def train(self):
        self.steps += 1
        if self.steps > self.learns:
            return self.loss
        loss, self.weight, self.loss = self.loss, self.weight - self.slope, self.loss - self.slope
        return loss

    def step(self, name):
        if name == "predict":
            return Step(lambda: self.outputs, lambda outputs: {"outputs": outputs})
        return Step(
            self.train,
            lambda loss: {"loss": np.array(loss), "weight/a": np.array(self.weight)},
            reset=self.reset,
        )


def check(name, dtype="float32", **fake):
    own = Fake(**fake)
    checked = Checked(own, NETWORK, BACKEND, dtype)
    return checked.check(name, own.step(name)), checked.twin


def test_equal_outputs_pass_and_the_twin_is_kept():
    [found], twin = check("predict", outputs=OUT * (1 + 1e-7))
    assert found.passed
    assert (twin.shape, twin.trained) == ((2, 2), None)


def test_other_outputs_do_not_pass():
    [found], _ = check("predict", outputs=OUT * 1.001)
    assert not found.passed


def test_a_loss_is_compared_and_followed():
    [found], twin = check("train_step", slope=0.01)
    assert found.passed
    assert twin.trained == (1.0, pytest.approx(1.0 - 0.01 * STEPS))


def test_another_loss_does_not_pass():
    [found], _ = check("train_step", first=1.01)
    assert not found.passed


@pytest.mark.parametrize("share", [0.03, 0.3])
def test_16_bits_have_the_roundings_of_a_network(share):
    [outputs], _ = check("predict", dtype="bfloat16", outputs=OUT * (1 + share))
    [loss], _ = check("train_step", dtype="bfloat16", first=1 + 4 * share, slope=0.01)
    assert (outputs.passed, loss.passed) == (share == 0.03, share == 0.03)


def test_16_bits_are_compared_with_the_twin_of_rounded_data():
    class Rounded(Fake):
        def twin(self, dtype="float64"):
            found = super().twin()
            return found if dtype == "float64" else replace(found, outputs=OUT + 9)

    own = Rounded(outputs=OUT + 9)
    checked = Checked(own, NETWORK, BACKEND, "bfloat16")
    [found] = checked.check("predict", own.step("predict"))
    assert found.error == 0
    assert checked.twin.outputs == tuple(OUT.ravel())


def test_what_is_random_in_training_is_not_compared():
    found, twin = check("train_step", first=1.3, chance=True)
    assert found == ()
    assert twin.trained


@pytest.mark.parametrize(("slope", "words"), [(0.0, "changes no weight"), (np.inf, "no finite")])
def test_a_step_that_learns_nothing_is_refused(slope, words):
    with pytest.raises(DlbenchError, match=words):
        check("train_step", slope=slope)


@pytest.mark.parametrize("learns", [1, 5])
def test_a_network_that_has_learnt_all_there_is_is_not_refused(learns):
    _, twin = check("train_step", learns=learns)
    assert twin.trained == (1.0, pytest.approx(1.0 - learns * 0.1))
