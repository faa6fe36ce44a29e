"""What is printed is text, whatever a file, a path or a worker holds."""

import sys
import unicodedata

import pytest

from dlbench.text import REPLACEMENT, clean, readable

ALL = [chr(number) for number in range(sys.maxunicode + 1)]


def test_no_control_and_no_format_character_of_unicode_gets_through() -> None:
    commands = [
        one
        for one in ALL
        if unicodedata.category(one) in {"Cc", "Cf", "Cs"} and one not in {"\n", "\t"}
    ]
    assert len(commands) > 2000
    assert {clean(one) for one in commands} == {REPLACEMENT}


@pytest.mark.parametrize(
    "text", ["", "plain\ttext\n", "µs ± 3 %, 漢字, é, 🙂", "a\N{NO-BREAK SPACE}b"]
)
def test_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_only_what_is_no_text_is_replaced() -> None:
    assert clean("a\x1b[2Jb\u202ec\n") == f"a{REPLACEMENT}[2Jb{REPLACEMENT}c\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("results/é", "results/é"),
        ("results/\udcc3\udca9", "results/é"),
        ("results/\udcff", f"results/{REPLACEMENT}"),
        ("half \ud800", f"half {REPLACEMENT}"),
    ],
    ids=["text", "an ASCII locale", "bytes that are no text", "half a character"],
)
def test_any_path_can_be_written_into_a_file(text: str, found: str) -> None:
    assert readable(text) == found
    assert readable(text).encode("utf-8")
