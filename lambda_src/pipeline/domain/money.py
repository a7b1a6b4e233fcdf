"""Amounts: decimals inside, exact JSON numbers at the border."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Union

# ISO 4217: the currencies in use, by the digits of their minor unit.
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO_DIGITS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP
    CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE
    SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR
    ZMW ZWG
"""
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

MINOR_UNIT_DIGITS: dict[str, int] = {
    **dict.fromkeys(_NO_DIGITS.split(), 0),
    **dict.fromkeys(_TWO_DIGITS.split(), 2),
    **dict.fromkeys(_THREE_DIGITS.split(), 3),
}
"""Digits after the decimal point that each known currency has (ISO 4217)."""


def decimal_places(amount: Decimal) -> int:
    """Return how many decimals `amount` really uses: 12.50 uses one, 1200 none."""
    # From the text, not by normalize(): that rounds to the digits of the context.
    return len(format(amount, "f").partition(".")[2].rstrip("0"))


def json_amount(amount: Decimal) -> Union[int, float]:
    """Return `amount` as the JSON number that reads back as the same decimal.

    Every amount that the API takes has at most 15 significant digits, and those a double keeps.

    Raises
    ------
    ValueError
        If no JSON number of double precision is exactly this decimal.
    """
    if amount == amount.to_integral_value():
        return int(amount)
    number = float(amount)
    if Decimal(repr(number)) != amount:
        raise ValueError(f"{amount} has more digits than a JSON number keeps")
    return number


def money_text(amount: Decimal, currency: str) -> str:
    """Return `amount` as text with all decimals of its currency, such as 129.50 EUR or 129 JPY; a half goes to even.

    For sums and averages: a sum may have more digits than `json_amount` can promise to keep.
    """
    if currency not in MINOR_UNIT_DIGITS:
        return format(amount, "f")
    smallest = Decimal(1).scaleb(-MINOR_UNIT_DIGITS[currency])
    return format(amount.quantize(smallest, rounding=ROUND_HALF_EVEN), "f")
