"""What a compiler makes once per machine outlives its worker, and nothing unfinished does."""

from pathlib import Path

import pytest

from dlbench.backends.torch.kept import LOCKS, Kept
from dlbench.machine.cache import VARIABLE


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    return tmp_path


def make(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_next_worker_finds_what_one_made(place) -> None:
    first, second = place / "first", place / "second"
    with Kept("headers", first).filled():
        assert not first.exists()
        make(first, "ab/header.gch", "compiled")
    with Kept("headers", second).filled():
        assert (second / "ab" / "header.gch").read_text() == "compiled"


def test_what_was_there_stays(place) -> None:
    for folder, text in (("first", "old"), ("second", "new")):
        with Kept("headers", place / folder).filled():
            make(place / folder, "header", text)
    assert (Kept("headers", place).kept / "header").read_text() == "old"


def test_a_worker_that_fails_leaves_nothing(place) -> None:
    kept = Kept("headers", place / "first")

    def fail() -> None:
        with kept.filled():
            make(place / "first", "header", "half of it")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not kept.kept.exists()


def test_locks_are_of_one_process(place) -> None:
    kept = Kept("headers", place / "first")
    with kept.filled():
        make(place / "first", f"{LOCKS}/one.lock", "")
    assert not kept.kept.exists()


def test_where_nothing_can_be_kept_the_next_run_makes_it_again(place, monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, str(make(place, "file", "")))
    with Kept("headers", place / "first").filled():
        made = make(place / "first", "header", "compiled")
    assert made.read_text() == "compiled"
