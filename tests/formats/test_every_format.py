"""What holds for every format, whichever there are."""

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench.errors import UsageError
from dlbench.formats import base
from dlbench.report.document import document_of
from dlbench.report.trainings import tables as training
from fakes.runs import NUMPY, TORCH, case, matmul, results
from fakes.trainings import found, trained

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
def test_trainings_are_whole_lines_with_their_target_and_warnings_for_people(option: str) -> None:
    told = found(trained(0.1, 0.2, 0.7, seed=0), trained(0.1, 0.3, 0.5, seed=1))
    told = replace(told, warnings=("a <b>warning</b>",))
    text = base.trainings_writer(option)(training.document_of(told), Console(width=80))
    assert text.endswith("\n")
    assert "numpy" in text
    assert ("warning" in text) == (option in ("table", "md", "html"))
    assert ("<b>" in text) == (option == "table")


@every_format
def test_it_is_the_same_every_time(option: str) -> None:
    first, again = (
        base.named(option).write(document_of(RUN), Console(width=80, color_system=None))
        for _ in range(2)
    )
    assert first == again


@every_format
def test_a_sheet_is_whole_lines(option: str) -> None:
    table = base.Table("", (("ratio",),), (("<b>torch</b>", (base.Cell("1.2x"),)),), (), "target")
    line = ("torch", "=1+1")
    sheet = base.Sheet(("A: one",), ("B is slower",), (table,), ("case", "why"), (line,), {"a": 1})
    text = base.sheet_writer(option)(sheet, Console(width=80))
    assert text.endswith("\n")
    assert ("<b>" in text) == (option == "table")
    if option == "csv":
        assert text == "case,why\ntorch,'=1+1\n"
    if option in ("table", "md", "html"):
        assert "1.2x" in text
        assert "B is slower" in text


def test_an_unknown_export_names_the_known() -> None:
    with pytest.raises(UsageError, match=r"unknown export: 'pdf'.*Allowed: .*otava"):
        base.exported("pdf", [document_of(RUN)])
