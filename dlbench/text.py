"""Text for a screen: whatever a file, a worker or a path holds, it must not command a terminal."""

import unicodedata

# Controls (ESC among them), format characters (such as those that reverse the direction of
# writing), and halves of characters, which no encoding takes.
NO_TEXT = {"Cc", "Cf", "Cs"}

# The controls that lay out a text.
LAYOUT = "\n\t"

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """Return the text with a replacement character for each that is no text (Unicode: Cc, Cf)."""
    if text.translate(_WITHOUT_LAYOUT).isprintable():
        return text
    return "".join(one if _is_text(one) else REPLACEMENT for one in text)


_WITHOUT_LAYOUT = dict.fromkeys(map(ord, LAYOUT))


def _is_text(character: str) -> bool:
    return character in LAYOUT or unicodedata.category(character) not in NO_TEXT


def readable(text: str) -> str:
    """Return a path or an argument as text that any file can hold, whatever bytes it has."""
    try:
        return text.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
    except UnicodeEncodeError:  # half a character that is no byte of a path
        return clean(text)
