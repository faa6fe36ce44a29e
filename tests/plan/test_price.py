"""A price as the user types it."""

import pytest

from dlbench.errors import UsageError
from dlbench.plan.price import price_of
from dlbench.records.machine.hardware import Price


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("385 USD", Price(385.0, "USD")),
        (" 1199.50eur ", Price(1199.5, "EUR")),
        ("100 000 JPY".replace(" ", "", 1), Price(100000.0, "JPY")),
    ],
)
def test_an_amount_and_a_currency_are_a_price(text: str, price: Price) -> None:
    assert price_of(text) == price


@pytest.mark.parametrize("text", ["385", "385.0", "$385", "385 $"])
def test_an_amount_without_a_currency_is_told_with_what_to_type(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        price_of(text)
    amount = text.strip("$ ")
    assert str(caught.value) == (
        f"--price has no currency: {text!r}. Allowed: an amount and a currency of three letters, "
        f'such as "385 USD". Try: dlbench hardware --price "{amount} USD".'
    )
    assert caught.value.value == text


@pytest.mark.parametrize("text", ["", "cheap", "USD", "0 USD", "0", "-5 USD", "1e3 USD", "3 8 USD"])
def test_what_is_no_price_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="--price is no price") as caught:
        price_of(text)
    assert 'Try: dlbench hardware --price "385 USD"' in str(caught.value)


def test_a_price_is_written_as_it_is_typed() -> None:
    assert price_of("385 usd").text == "385 USD"
    assert price_of("1199.5 EUR").text == "1199.5 EUR"
