"""A book is a file in the user's cache folder, and no reason to fail."""

import pytest
from msgspec.structs import replace

from dlbench.experience.book import Book, fingerprint
from dlbench.machine.cache import VARIABLE, folder
from dlbench.records.base import Record
from fakes.runs import ENVIRONMENT


class Page(Record, frozen=True):
    text: str


BOOK = Book("page", Page)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))


def test_what_is_written_is_read() -> None:
    assert BOOK.read(ENVIRONMENT) == (None, "")
    assert BOOK.write(ENVIRONMENT, Page("one")) == ""
    assert BOOK.write(ENVIRONMENT, Page("two")) == ""
    assert BOOK.read(ENVIRONMENT) == (Page("two"), "")
    assert len(list(folder().iterdir())) == 1


@pytest.mark.parametrize(
    "change",
    [{"cpu": "another"}, {"usable_cores": 7}, {"versions": {"torch": "9"}}, {"gpus": ("x",)}],
)
def test_another_machine_or_version_has_another_book(change) -> None:
    BOOK.write(ENVIRONMENT, Page("one"))
    other = replace(ENVIRONMENT, **change)
    assert fingerprint(other) != fingerprint(ENVIRONMENT)
    assert BOOK.read(other) == (None, "")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"text": 3}', b"\xff\x00"])
def test_a_damaged_book_is_ignored_with_a_note_and_written_anew(damage) -> None:
    BOOK.write(ENVIRONMENT, Page("one"))
    [path] = folder().iterdir()
    path.write_bytes(damage)
    found, note = BOOK.read(ENVIRONMENT)
    assert found is None
    assert str(path) in note
    assert "ignored" in note
    assert BOOK.write(ENVIRONMENT, Page("two")) == ""
    assert BOOK.read(ENVIRONMENT) == (Page("two"), "")


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    assert "learn nothing" in BOOK.write(ENVIRONMENT, Page("one"))


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"x": "\xff"}', b" " * (2**24 + 1)])
def test_a_book_of_rubbish_is_ignored_and_told(content) -> None:
    book = Book("told", dict)
    path = book._path(ENVIRONMENT)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    found, note = book.read(ENVIRONMENT)
    assert found is None
    assert "is damaged and was ignored" in note
