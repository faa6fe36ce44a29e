"""The cards in CUDA's order, asked in a process of its own."""

import io
import json
import subprocess
import sys
from uuid import UUID

import pytest

from dlbench.machine.gpu import cuda
from dlbench.machine.gpu.cuda import BUS_BITS, L2_BYTES, MULTIPROCESSORS, Counted, cards, counted

FIRST, SECOND = UUID(int=1), UUID(int=2)
FACTS = {MULTIPROCESSORS: 132, BUS_BITS: 6144, L2_BYTES: 60 * 2**20}


class Library:
    """CUDA's library; `fails` names what returns an error."""

    def __init__(self, *uuids: UUID, fails: str = "", unknown: int = 0) -> None:
        self.uuids, self.fails, self.unknown = uuids, fails, unknown

    def _code(self, name):
        return 100 if name == self.fails else 0

    def cuInit(self, flags):  # noqa: N802 - NVIDIA's names
        return self._code("cuInit")

    def cuDeviceGetCount(self, count):  # noqa: N802
        count._obj.value = len(self.uuids)
        return self._code("cuDeviceGetCount")

    def cuDeviceGet(self, card, index):  # noqa: N802
        card._obj.value = index
        return self._code("cuDeviceGet")

    def cuDeviceGetUuid_v2(self, digits, card):  # noqa: N802
        digits._obj[:] = self.uuids[card.value].bytes
        return self._code("cuDeviceGetUuid_v2")

    def cuDeviceGetAttribute(self, value, attribute, card):  # noqa: N802
        value._obj.value = FACTS[attribute]
        return int(attribute == self.unknown)


def test_the_library_names_cards_in_its_order():
    found = list(cards(Library(SECOND, FIRST)))
    assert found == [Counted(str(one), 132, 6144, 60 * 2**20) for one in (SECOND, FIRST)]


def test_what_the_library_does_not_tell_is_unknown():
    [card] = cards(Library(FIRST, unknown=L2_BYTES))
    assert card == Counted(str(FIRST), 132, 6144, None)


@pytest.mark.parametrize(
    "fails", ["cuInit", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetUuid_v2"]
)
def test_a_library_that_fails_names_none(fails):
    assert list(cards(Library(FIRST, fails=fails))) == []


def test_hidden_cards_are_asked_for_too_and_the_order_stays_the_users():
    asked = []
    answer = json.dumps([[str(FIRST), 1, 2, 3]])
    variables = {"CUDA_VISIBLE_DEVICES": "", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    found = counted(variables, lambda given: asked.append(given) or answer)
    assert found == (Counted(str(FIRST), 1, 2, 3),)
    assert asked == [{"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}]


@pytest.mark.parametrize("answer", ["", "no JSON", "7", "[7]", '[["a", 1, 2, 3, 4]]'])
def test_an_answer_that_is_none_names_no_card(answer):
    assert counted({}, lambda given: answer) == ()


@pytest.mark.parametrize("error", [OSError("no process"), subprocess.TimeoutExpired("it", 1.0)])
def test_a_process_that_does_not_answer_names_no_card(error):
    def fail(given):
        raise error

    assert counted({}, fail) == ()


def test_the_short_process_writes_json(monkeypatch):
    monkeypatch.setattr(cuda.ctypes, "CDLL", lambda name: Library(FIRST))
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    cuda.main()
    assert json.loads(sys.stdout.getvalue()) == [[str(FIRST), 132, 6144, 60 * 2**20]]


def test_without_the_library_the_short_process_names_none(monkeypatch):
    def missing(name):
        raise OSError("libcuda.so.1: cannot open shared object file")

    monkeypatch.setattr(cuda.ctypes, "CDLL", missing)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    cuda.main()
    assert json.loads(sys.stdout.getvalue()) == []


def test_the_short_process_starts_and_ends_by_itself():
    done = subprocess.run(cuda.COMMAND, capture_output=True, check=True, text=True)
    assert isinstance(json.loads(done.stdout), list)
