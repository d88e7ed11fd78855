"""Money in integer minor units: exponents of ISO 4217, exact splits, shares, conversion, and words for people."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from functools import lru_cache

from babel import Locale
from babel.numbers import NumberPattern

# Minor digits by ISO 4217 where they are not 2. CLDR, and so babel, knows only the digits that shops print: it says 0
# for IQD, RSD or MMK, whose minor unit is in daily use by payment providers, and amounts would be off by 100.
_EXPONENTS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)


def exponent(currency: str) -> int:
    """How many digits the currency's minor unit has, by ISO 4217: EUR 2, JPY 0, KWD 3."""
    return _EXPONENTS.get(currency, 2)


def to_decimal(amount_minor: int, currency: str) -> Decimal:
    """The amount in major units, exact: 8990 GBP is 89.90."""
    sign, digits = int(amount_minor < 0), tuple(int(digit) for digit in str(abs(amount_minor)))
    return Decimal((sign, digits, -exponent(currency)))


def from_text(amount: str, currency: str) -> int:
    """Minor units of a decimal text such as `89.90`; ValueError for anything else and for parts of a minor unit."""
    try:
        value = Decimal(amount.strip())
    except InvalidOperation:
        raise ValueError("not a decimal number") from None
    if not value.is_finite() or abs(value.adjusted()) > 30:
        raise ValueError("not an amount of money")
    fraction = Fraction(value) * Fraction(10) ** exponent(currency)
    if fraction.denominator != 1:
        raise ValueError(f"{currency} has {exponent(currency)} decimal places")
    return int(fraction)


@lru_cache(maxsize=512)
def _pattern(locale: str, digits: int) -> NumberPattern:
    original = Locale.parse(locale).currency_formats["standard"]
    return NumberPattern(
        original.pattern,
        original.prefix,
        original.suffix,
        original.grouping,
        original.int_prec,
        (digits, digits),
        original.exp_prec,
        original.exp_plus,
        original.number_pattern,
    )


def format_money(amount_minor: int, currency: str, *, locale: str = "en") -> str:
    """The amount as people write it in `locale` (a CLDR name such as `de` or `en_GB`), with all its minor digits."""
    value = to_decimal(amount_minor, currency)
    with localcontext() as context:
        context.prec = 60  # babel quantises, and the default 28 digits would be too few for the largest amounts
        pattern = _pattern(locale, exponent(currency))
        return str(pattern.apply(value, locale, currency=currency, currency_digits=False))


def split(amount_minor: int, weights: Sequence[int | Fraction]) -> tuple[int, ...]:
    """The amount in parts proportional to `weights`, which sum to the amount exactly (largest remainder, Hamilton).

    Every part is within one minor unit of its exact share. What is left over after rounding down goes, a unit each, to
    the largest fractions; among equal ones to the last, as the touch nearest to the conversion. A negative amount
    splits as its mirror image. ValueError when a weight is negative or all are 0.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights are not negative")
    total = sum((Fraction(weight) for weight in weights), Fraction(0))
    if not total:
        raise ValueError("at least one weight is above 0")
    size = abs(amount_minor)
    exact = [Fraction(weight) * size / total for weight in weights]
    parts = [share.numerator // share.denominator for share in exact]
    order = sorted(range(len(parts)), key=lambda index: (exact[index] - parts[index], index), reverse=True)
    for index in order[: size - sum(parts)]:
        parts[index] += 1
    return tuple(-part for part in parts) if amount_minor < 0 else tuple(parts)


def _half_even(value: Fraction) -> int:
    return round(value)  # Fraction rounds half to even, exactly


def share_of(amount_minor: int, basis_points: int) -> int:
    """Basis points of an amount (10,000 is all of it), rounded half to even."""
    return _half_even(Fraction(amount_minor * basis_points, 10_000))


def pro_rata(amount_minor: int, part: int, whole: int) -> int:
    """`amount_minor` times part over whole, rounded half to even; ValueError when whole is 0."""
    if whole == 0:
        raise ValueError("there is no share of nothing")
    return _half_even(Fraction(amount_minor * part, whole))


def exact_conversion(amount_minor: int | Fraction, *, currency: str, into: str, rate: Decimal) -> Fraction:
    """The amount in another currency's minor units and parts of them: `rate` is what one major unit costs."""
    if not rate.is_finite() or rate <= 0:
        raise ValueError("a rate is a number above 0")
    return Fraction(amount_minor) * Fraction(rate) * Fraction(10) ** (exponent(into) - exponent(currency))


def convert(amount_minor: int, *, currency: str, into: str, rate: Decimal) -> int:
    """The amount in another currency's minor units, rounded half to even."""
    return _half_even(exact_conversion(amount_minor, currency=currency, into=into, rate=rate))


def rounded_sum(amounts: Iterable[int | Fraction]) -> int:
    """The sum of exact amounts in whole minor units: rounded once, half to even."""
    whole, parts = 0, Fraction(0)
    for amount in amounts:
        if isinstance(amount, int):
            whole += amount
        else:
            parts += amount
    return _half_even(whole + parts)


def average(total_minor: int, count: int) -> Decimal | None:
    """Minor units per piece, to a hundredth of a unit, half to even; None when there is no piece to divide by."""
    if count <= 0:
        return None
    with localcontext() as context:
        context.prec = 60
        return (Decimal(total_minor) / count).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
