"""TF32 is proven by a number that it cannot hold."""

import numpy as np
import pytest

from dlbench.backends.base import Framework
from dlbench.errors import Unavailable
from dlbench.parity.precision import BEYOND_TF32, SIZE, assert_tf32
from fakes.backend import FakeBackend, Tensor
from fakes.clock import ToldClock


def rounded(array: np.ndarray, bits: int) -> np.ndarray:
    """An array with so many significant bits."""
    mantissa, exponent = np.frexp(array)
    return np.ldexp(np.rint(mantissa * 2.0**bits) / 2.0**bits, exponent)


class Units(FakeBackend):
    """Rounds the operands of a product to so many bits, as tensor units do."""

    def __init__(self, bits: int) -> None:
        super().__init__(ToldClock())
        self.bits, self.sizes = bits, []

    def matmul(self, a, b):
        self.sizes.append(a.shape)
        return super().matmul(rounded(a, self.bits), rounded(b, self.bits))


# TF32 has 10 bits behind the point and one before it.
def test_what_rounds_to_tf32_passes() -> None:
    units = Units(11)
    assert_tf32(units)
    assert units.sizes == [(SIZE, SIZE)]


@pytest.mark.parametrize("bits", [24, 53], ids=["float32", "float64"])
def test_what_computes_more_exactly_is_refused_with_what_to_do(bits) -> None:
    with pytest.raises(Unavailable) as caught:
        assert_tf32(Units(bits))
    message = str(caught.value)
    assert "products are computed in float32: 1 + 2^-12 times 1 is 1.000244, not 1" in message
    assert "--dtype float32" in message
    assert "NVIDIA_TF32_OVERRIDE" in message


def test_a_result_that_is_no_number_proves_nothing() -> None:
    broken = Units(11)
    broken.spoil = lambda product: Tensor(product.array * np.nan)
    with pytest.raises(Unavailable):
        assert_tf32(broken)


def test_the_probe_is_exact_in_float32_and_not_in_tf32() -> None:
    probe = np.float32(1 + BEYOND_TF32)
    assert probe == 1 + BEYOND_TF32
    assert rounded(probe, 11) == 1


class Compiling(Framework):
    """Counts what is compiled, and what is computed without."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.device = FakeBackend(ToldClock()).device
        self.product = self._product

    def _product(self, a, b):
        self.events.append("product")
        return Tensor(rounded(a.array, 11) @ b.array)

    def tensor(self, array):
        return Tensor(array)

    def compiled(self, function):
        def run(*arguments):
            self.events.append("compiled")
            return function(*arguments)

        return run

    def for_any_size(self, batch):
        raise NotImplementedError

    def model(self, network, start, compiled):
        raise NotImplementedError

    def calling(self, model, problem, kind, name):
        raise NotImplementedError

    def loop(self, model, job):
        raise NotImplementedError


def test_a_static_mode_compiles_nothing_for_it() -> None:
    framework = Compiling()
    assert_tf32(framework)
    assert framework.events == ["product"]
