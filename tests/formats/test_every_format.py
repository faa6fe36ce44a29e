"""What holds for every format, whichever there are."""

import pytest
from rich.console import Console

from dlbench.errors import UsageError
from dlbench.formats import base
from dlbench.report.document import document_of
from fakes.runs import NUMPY, TORCH, case, matmul, results

RUN = results((case(matmul(64), NUMPY), 1e-3), (case(matmul(64), TORCH), 2e-3))

every_format = pytest.mark.parametrize("option", base.options())


def test_options_are_read_from_the_members() -> None:
    assert set(base.options()) >= {"table", "csv", "json", "md", "html"}


def test_an_unknown_option_names_the_known() -> None:
    with pytest.raises(UsageError, match=r"unknown format: 'pdf'.*Allowed: .*md.*table"):
        base.named("pdf")


@every_format
def test_a_document_is_whole_lines(option: str) -> None:
    text = base.named(option).write(document_of(RUN), Console(width=80))
    assert text.endswith("\n")
    assert "numpy" in text
    assert "torch" in text


@every_format
def test_it_is_the_same_every_time(option: str) -> None:
    first, again = (
        base.named(option).write(document_of(RUN), Console(width=80, color_system=None))
        for _ in range(2)
    )
    assert first == again
