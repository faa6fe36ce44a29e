"""A price as the user types it: `385 USD`."""

import re

from dlbench.errors import UsageError
from dlbench.records.machine.hardware import Price

PRICE = re.compile(r"(?P<amount>\d+(?:\.\d+)?)\s*(?P<currency>[A-Za-z]{3})")
ALLOWED = 'an amount and a currency of three letters, such as "385 USD"'
AMOUNT = re.compile(r"[^\w-]*(\d+(?:\.\d+)?)[^\w]*")


def price_of(text: str) -> Price:
    """Return the price; UsageError if it is none, such as an amount without a currency."""
    match = PRICE.fullmatch(text.strip())
    if match is None or float(match["amount"]) <= 0:
        raise UsageError(_what(text), value=text, allowed=ALLOWED, hint=_hint(text))
    return Price(float(match["amount"]), match["currency"].upper())


def _what(text: str) -> str:
    amount = AMOUNT.fullmatch(text.strip())
    is_amount = amount is not None and float(amount[1]) > 0
    return "--price has no currency" if is_amount else "--price is no price"


def _hint(text: str) -> str:
    """Return what to type, with the user's own amount if there is one."""
    amount = AMOUNT.fullmatch(text.strip())
    typed = amount[1] if amount and float(amount[1]) > 0 else "385"
    return f'Try: dlbench hardware --price "{typed} USD"'
