"""Adding a format is adding one file and editing no list."""

from pathlib import Path

from fakes.package import PackageCopy

RUN = Path(__file__).parents[2] / "results" / "reference" / "20261125-084456-quick"

FORMAT = '''
"""A line for every case: its id and its seconds."""

DECLARATION = {"option": "plain"}


def write(document, console, /):
    """Return the lines."""
    rows = document.reading.rows
    return "".join(f"{row.case} {row.time.seconds}\\n" for row in rows)
'''


def test_it_is_what_show_writes(tmp_path: Path) -> None:
    package = PackageCopy(tmp_path)
    package.add("dlbench/formats/lines.py", FORMAT)
    lines = package.run("show", RUN, "--format", "plain").splitlines()
    assert len(lines) == 20
    assert lines[0].startswith("matmul/256x256x256/numpy/cpu/eager/float32/t2 0.000")
