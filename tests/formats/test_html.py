"""A table and a document as HTML, in which text stays text."""

from rich.console import Console

from dlbench.formats import html
from dlbench.formats.base import Cell, Document, Table
from dlbench.report.document import document_of
from fakes.runs import case, matmul, results

NASTY = "<script>alert(1)</script> & \"x\"\n'y'"
SAFE = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot; &#x27;y&#x27;"


def test_a_whole_table() -> None:
    cells = (Cell("1.0", best=True, below="0.9–1.1"), Cell("failed", note=2))
    table = Table("title", (("a", "b"), ("c",)), (("first", cells),), ("[2] it died",))
    assert html.of_table(table, caption="title") == (
        '<table class="grid">\n<caption>title</caption>\n<thead>\n'
        '<tr><th scope="col">workload</th><th scope="col">a<br>b</th><th scope="col">c</th></tr>\n'
        "</thead>\n<tbody>\n"
        '<tr><th scope="row">first</th>'
        '<td class="number best">1.0<br><small>0.9–1.1</small></td>'
        '<td class="number word">failed [2]</td></tr>\n'
        "</tbody>\n</table>"
    )


def test_everything_is_escaped() -> None:
    one = (NASTY, (Cell(NASTY, below=NASTY, note=1),))
    table = Table(NASTY, ((NASTY,),), (one,), (NASTY,), label=NASTY)
    found = document_of(results((case(matmul(64)), 1e-3)))
    texts = NASTY, NASTY, (NASTY,), (table,), table, NASTY, (NASTY, NASTY)
    document = Document(found.run, found.reading, *texts)
    text = html.write(document, Console())
    assert "<script" not in text
    assert text.count(SAFE) == 2 * 7 + 6


def test_a_document_brings_its_style_and_loads_nothing() -> None:
    text = html.write(document_of(results((case(matmul(64)), 1e-3))), Console())
    assert text.startswith('<div class="dlbench">\n<style>')
    assert "matmul 64" in text
    assert not any(word in text for word in ("<script", "http", "src=", "@import", "url("))
