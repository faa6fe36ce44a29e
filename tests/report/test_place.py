"""A report is written into a folder of its own, and over nothing of the user's."""

import os

import pytest

import dlbench
from dlbench.errors import UsageError
from dlbench.report import place
from fakes.terminal import dlbench as command
from results.test_folder import write as store


@pytest.fixture
def run(tmp_path):
    """The folder of a stored run, perhaps a stranger's."""
    return store(tmp_path / "results")


@pytest.fixture
def mine(tmp_path):
    """A folder of the user's own, with files of the names that a report has."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("index.html", "report.md", "table.csv"):
        (folder / name).write_text("mine")
    return folder


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_a_report_goes_into_a_new_and_into_an_empty_folder_and_over_an_earlier_one(run, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in ("new", "empty", "new"):
        assert command("report", str(run), "-o", str(tmp_path / folder)).code == 0
        assert place.MARK.decode() in (tmp_path / folder / "index.html").read_text()


def test_files_of_the_user_stay_as_they_are(run, mine):
    before = contents(mine)
    answer = command("report", str(run), "-o", str(mine))
    assert answer.code == 2
    assert "--force" in answer.err
    assert contents(mine) == before


def test_force_writes_over_them(run, mine):
    assert command("report", str(run), "-o", str(mine), "--force").code == 0
    assert "mine" not in contents(mine).values()


def test_a_report_of_before_there_was_a_mark_is_known(run, mine):
    (mine / "index.html").write_text("<!DOCTYPE html>\n<title>dlbench quick: 2026</title>")
    assert command("report", str(run), "-o", str(mine)).code == 0


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_strangers_link_is_not_followed(run, mine, force):
    (run / "report").symlink_to(mine)
    before = contents(mine)
    answer = command("report", str(run), *force)
    assert answer.code == 2
    assert "is a link" in answer.err
    assert contents(mine) == before


def test_nor_from_python(run, mine):
    (run / "report").symlink_to(mine)
    with pytest.raises(UsageError, match="is a link"):
        dlbench.load(run).report(force=True)


def test_a_page_that_is_no_file_is_no_report(run, mine):
    (mine / "index.html").unlink()
    os.mkfifo(mine / "index.html")
    assert command("report", str(run), "-o", str(mine)).code == 2


def test_a_drawing_is_written_over_a_drawing_and_over_nothing_else(tmp_path):
    words = ("list", "--diagram", "iris", "-o", str(tmp_path))
    assert [command(*words).code for _ in range(2)] == [0, 0]
    (tmp_path / "iris.svg").write_text("<svg>mine</svg>")
    answer = command(*words)
    assert (answer.code, "--force" in answer.err) == (2, True)
    assert (tmp_path / "iris.svg").read_text() == "<svg>mine</svg>"
    assert command(*words, "--force").code == 0
    assert "mine" not in (tmp_path / "iris.svg").read_text()


def test_a_drawing_follows_no_link(tmp_path):
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "iris.png").symlink_to(tmp_path / "victim")
    words = ("list", "--diagram", "iris", "-o", str(tmp_path))
    assert command(*words).code == 2
    assert command(*words, "--force").code == 0
    assert (tmp_path / "victim").read_text() == "mine"
