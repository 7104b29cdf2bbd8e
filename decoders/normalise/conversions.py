"""What codecs call units, and how their values become the vocabulary's: value x factor + offset, exactly."""

from collections.abc import Mapping
from fractions import Fraction

from decoders.contract import Quantity
from decoders.quantities.units import UNITS, Unit

Line = tuple[Fraction, Fraction]
"""(factor, offset)."""

SAME: Line = (Fraction(1), Fraction(0))

_SPELLED: Mapping[str, str] = {
    "°C": "c cel °c ℃ degc celsius deg.c",
    "%": "% pct percent",
    "%RH": "% %rh rh pct percent",
    "ppm": "ppm",
    "ppb": "ppb",
    "µg/m³": "ug/m3 µg/m³ μg/m³ µg/m3 μg/m3 ug/m³ µg⋅m⁻³ μg⋅m⁻³",
    "mg/m³": "mg/m3 mg/m³ mg⋅m⁻³",
    "1/cm³": "1/cm3 1/cm³ #/cm3 1⋅cm⁻³",
    "NTU": "ntu",
    "hPa": "hpa mbar",
    "kPa": "kpa",
    "lx": "lx lux",
    "W/m²": "w/m2 w/m² w⋅m⁻²",
    "µmol/(m² s)": "µmol/m2/s umol/m2/s µmol⋅m⁻²⋅s⁻¹ μmol⋅m⁻²⋅s⁻¹",
    "mm/h": "mm/h",
    "dS/m": "ds/m ms/cm ms⋅cm⁻¹",
    "µS/cm": "us/cm µs/cm μs/cm µs⋅cm⁻¹ μs⋅cm⁻¹",
    "dB": "db",
    "dB(A)": "db(a) dba",
    "dBm": "dbm",
    "V": "v volt volts",
    "mV": "mv",
    "A": "a amp ampere",
    "mA": "ma",
    "W": "w watt",
    "VA": "va",
    "var": "var",
    "Wh": "wh w.h",
    "VAh": "vah",
    "varh": "varh",
    "Ah": "ah",
    "Hz": "hz",
    "MHz": "mhz",
    "Ω": "ohm ω ohms",
    "nm": "nm",
    "mm": "mm",
    "cm": "cm",
    "m": "m",
    "km": "km",
    "m/s": "m/s m⋅s⁻¹",
    "km/h": "km/h",
    "°": "° deg degree degrees",
    "g": "g",
    "L": "l litre liter",
    "m³": "m3 m³",
    "L/h": "l/h",
    "ms": "ms",
    "s": "s sec second seconds",
    "h": "h hour hours",
    "frames/s": "fps",
    "kbit/s": "kbit/s kbps",
}
"""Spellings of the vocabulary's own units beside their signs and codes, in lower case."""

_OTHERS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "°C": {"°f": ("5/9", "-160/9"), "f": ("5/9", "-160/9"), "degf": ("5/9", "-160/9"), "k": ("1", "-273.15")},
    "%": {"m³⋅m⁻³": ("100", "0"), "m3/m3": ("100", "0"), "permille": ("0.1", "0")},
    "ppm": {"ppb": ("0.001", "0"), "%": ("10000", "0")},
    "ppb": {"ppm": ("1000", "0")},
    "µg/m³": {"mg/m3": ("1000", "0"), "mg/m³": ("1000", "0")},
    "mg/m³": {"ug/m3": ("0.001", "0"), "µg/m³": ("0.001", "0"), "μg/m³": ("0.001", "0")},
    "hPa": {"pa": ("0.01", "0"), "kpa": ("10", "0")},
    "kPa": {"pa": ("0.001", "0"), "hpa": ("0.1", "0"), "bar": ("100", "0")},
    "dS/m": {"us/cm": ("0.001", "0"), "µs/cm": ("0.001", "0"), "µs⋅cm⁻¹": ("0.001", "0")},
    "µS/cm": {"ms/cm": ("1000", "0"), "ms⋅cm⁻¹": ("1000", "0")},
    "V": {"mv": ("0.001", "0"), "kv": ("1000", "0")},
    "mV": {"v": ("1000", "0")},
    "A": {"ma": ("0.001", "0")},
    "mA": {"a": ("1000", "0"), "ua": ("0.001", "0"), "µa": ("0.001", "0")},
    "W": {"kw": ("1000", "0"), "mw": ("0.001", "0")},
    "VA": {"kva": ("1000", "0")},
    "var": {"kvar": ("1000", "0")},
    "Wh": {"kwh": ("1000", "0"), "mwh": ("0.001", "0")},
    "VAh": {"kvah": ("1000", "0")},
    "varh": {"kvarh": ("1000", "0")},
    "Ah": {"mah": ("0.001", "0")},
    "mm": {"cm": ("10", "0"), "m": ("1000", "0")},
    "km": {"m": ("0.001", "0")},
    "m/s": {"km/h": ("5/18", "0"), "km⋅h⁻¹": ("5/18", "0"), "mph": ("0.44704", "0")},
    "km/h": {"m/s": ("3.6", "0"), "m⋅s⁻¹": ("3.6", "0")},
    "L": {"m3": ("1000", "0"), "m³": ("1000", "0"), "ml": ("0.001", "0")},
    "m³": {"l": ("0.001", "0")},
    "L/h": {"m3/h": ("1000", "0"), "m³/h": ("1000", "0"), "l/min": ("60", "0")},
    "ms": {"s": ("1000", "0")},
    "s": {"ms": ("0.001", "0"), "min": ("60", "0"), "h": ("3600", "0")},
    "h": {"s": ("1/3600", "0"), "min": ("1/60", "0"), "d": ("24", "0"), "days": ("24", "0")},
}  # fmt: skip
"""By the vocabulary's unit: other units that are converted, as exact decimals or fractions."""


def _spelled(unit: Unit) -> set[str]:
    """Every spelling of a unit of the vocabulary, its sign and its code of UCUM among them."""
    own = {unit.sign.lower(), unit.ucum.lower()} - {""}
    return own.union(_SPELLED.get(unit.sign, "").split())


def _lines() -> dict[tuple[str, str], Line]:
    lines = {(unit.sign, word): SAME for unit in UNITS.values() for word in sorted(_spelled(unit))}
    for sign, others in _OTHERS.items():
        for word, (factor, offset) in others.items():
            lines[sign, word] = (Fraction(factor), Fraction(offset))
    return lines


_LINES = _lines()
_SUFFIXES = {word: unit.suffix for unit in UNITS.values() for word in _spelled(unit)}


def line_from(unit: str, quantity: Quantity) -> Line | None:
    """How a value in the unit becomes one of the quantity; None when it does not.

    Capital and small letters are told apart only where it matters: mW is not MW.
    """
    spelled = unit.strip()
    if spelled in ("MW", "MWh", "MVA"):
        factor = Fraction(10**6)
        return (factor, Fraction(0)) if f"M{quantity.unit}" == spelled else None
    if spelled == "mWh":
        return (Fraction(1, 1000), Fraction(0)) if quantity.unit == "Wh" else None
    return _LINES.get((quantity.unit, spelled.lower()))


def suffix_of(unit: str) -> str:
    """How a name ends that is measured in the unit; "" for a unit that is not the vocabulary's."""
    return _SUFFIXES.get(unit.strip().lower(), "")


def known_units(quantity: Quantity) -> tuple[str, ...]:
    """Every spelling of a unit that is converted to the quantity's."""
    return tuple(spelling for unit, spelling in _LINES if unit == quantity.unit)


def on_line(value: float, line: Line) -> float:
    """value x factor + offset, the float nearest to the exact result for the decimal that was written.

    Infinity stays what it is.
    """
    if line is SAME:
        return value
    try:
        return float(Fraction(repr(value)) * line[0] + line[1])
    except (ValueError, OverflowError):  # repr of what is not finite is no fraction
        return float("inf")
