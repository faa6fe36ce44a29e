"""LaTeX for papers: a `booktabs` table of all cases, with ratio and verdict."""

from collections.abc import Iterator, Sequence

from dlbench import units
from dlbench.analysis.labels import one_line, target_names, varying_params, workload_name
from dlbench.analysis.rows import Row, timed_rows
from dlbench.formats.base import Document
from dlbench.grouping import grouped

DECLARATION = {"export": "latex"}

# The characters that command LaTeX.
SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "^": r"\textasciicircum{}",
        "_": r"\_",
        "%": r"\%",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "µ": r"\textmu{}",
        "×": r"$\times$",
        "±": r"$\pm$",
        "–": "--",
        "…": r"\dots{}",
    }
)

HEADS = ("workload", "target", "time", "95 % interval", "ratio", "95 % interval", "verdict")


def export(documents: Sequence[Document], /) -> bytes:
    """Return a tabular of the run, to be included in a document that loads booktabs."""
    [document] = documents
    return "".join(f"{line}\n" for line in _lines(document)).encode()


def _lines(document: Document) -> Iterator[str]:
    rows = timed_rows(document.reading.rows)
    yield f"% {one_line(document.source)}"
    yield r"% needs \usepackage{booktabs}; ratio: time divided by that of the fastest"
    yield r"\begin{tabular}{llrrrrl}"
    yield r"\toprule"
    yield f"{_joined(HEADS)}"
    yield r"\midrule"
    names = target_names(list(dict.fromkeys(row.target for row in rows))) if rows else {}
    params = varying_params(rows)
    for those in grouped(rows, lambda row: row.workload.id).values():
        for number, row in enumerate(those):
            label = "" if number else workload_name(row.workload, params)
            yield _joined((label, names[row.target], *_cells(row)))
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _joined(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"


def _cells(row: Row) -> tuple[str, ...]:
    time, compared = row.time, row.comparison
    ratio, ends = "", ""
    if compared.ratio is not None:
        ratio = units.significant(compared.ratio)
        if compared.low is not None and compared.high is not None:
            ratio, low, high = units.ratios(compared.ratio, compared.low, compared.high)
            ends = f"{low}–{high}"
    return (
        units.duration(time.seconds or 0.0),
        _interval(time.low_s, time.high_s),
        ratio,
        ends,
        compared.verdict or "",
    )


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f"{units.duration(low)}–{units.duration(high)}"


def escaped(text: str) -> str:
    """Return a text as one line of LaTeX, without commands in it."""
    return one_line(text).translate(SPECIAL)
