"""The one module that asks NVML: answers, refusals and losses."""

import ast
from pathlib import Path

import pynvml
import pytest

import dlbench
from dlbench.machine.gpu import nvml
from fakes.nvml import FakeCard, FakeNvml, uuid

HERE = uuid("a")


@pytest.fixture
def library():
    return FakeNvml(FakeCard(HERE))


def test_no_other_module_imports_it():
    package = Path(dlbench.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and "pynvml" in [*(alias.name for alias in node.names), getattr(node, "module", "")]
    }
    assert found == {"machine/gpu/nvml.py"}


def test_every_function_that_the_fake_has_is_nvmls():
    from fakes.nvml import ANSWERS

    assert [name for name in ANSWERS if not hasattr(pynvml, name)] == []


def test_an_answer_is_told(library):
    [card] = library.cards
    for ask in (nvml.told, nvml.told_or_lost):
        assert ask(library, "nvmlDeviceGetUUID", card) == HERE
        assert ask(library, "nvmlDeviceGetWhatNobodyHas", card) is None


@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_NO_PERMISSION, pynvml.NVML_ERROR_NOT_SUPPORTED])
def test_a_refusal_is_no_answer(library, code):
    library.refuses["nvmlDeviceGetUUID"] = code
    [card] = library.cards
    for ask in (nvml.told, nvml.told_or_lost):
        assert ask(library, "nvmlDeviceGetUUID", card) is None


def test_a_loss_is_no_refusal(library):
    library.lost.add(HERE)
    [card] = library.cards
    assert nvml.told(library, "nvmlDeviceGetUUID", card) is None
    with pytest.raises(pynvml.NVMLError):
        nvml.told_or_lost(library, "nvmlDeviceGetUUID", card)


def test_a_card_is_lost_if_the_driver_says_so_or_lists_it_no_more(library):
    assert not nvml.lost(HERE, library)
    assert nvml.lost(uuid("b"), library)
    library.lost.add(HERE)
    assert nvml.lost(HERE, library)
    assert library.opened == 0


@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_UNKNOWN])
def test_without_a_driver_that_answers_nobody_knows(library, code):
    library.refuses["nvmlInit"] = code
    assert not nvml.lost(HERE, library)
