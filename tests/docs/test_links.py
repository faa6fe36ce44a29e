"""Every relative link in the documentation leads to a file, and to a heading of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), ROOT / "results" / "README.md", *(ROOT / "docs").rglob("*.md")],
)

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z]+:")


def links(text: str) -> list[str]:
    """The targets of all links that stay in the repository."""
    return [link for link in LINK.findall(CODE.sub("", text)) if not ELSEWHERE.match(link)]


def anchors(text: str) -> set[str]:
    """The headings of a page as the part of an address after `#`."""
    without_code = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    kept = (re.sub(r"[^\w\- ]", "", heading).lower() for heading in HEADING.findall(without_code))
    return {heading.strip().replace(" ", "-") for heading in kept}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    return [
        link for link in links(page.read_text(encoding="utf-8")) if not resolves(page.parent, link)
    ]


def resolves(folder: Path, link: str) -> bool:
    """Whether a link of a page in this folder leads to something; `#...` alone is its own page."""
    path, _, anchor = link.partition("#")
    if not path:
        return True
    target = folder / path
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# One `code` heading, with signs\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#one-code-heading-with-signs) [c](https://example.org/x)\n"
        "[d](not-there.md) [e](there.md#no-such) `[f](code.md)`\n",
        encoding="utf-8",
    )
    assert broken(page) == ["not-there.md", "there.md#no-such"]
