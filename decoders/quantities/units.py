"""Units: the sign people read, how a name ends, and the code machines agree on (UCUM).

A measured name is `<quantity>_<suffix>`. A quantity without a unit has no suffix.
Source of the codes: The Unified Code for Units of Measure, case sensitive. "" where it has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the vocabulary."""

    sign: str
    """For people, as `Quantity.unit` has it."""
    suffix: str
    """The end of every name that is measured in it, without the `_`."""
    ucum: str = ""


UNITS: Mapping[str, Unit] = {
    unit.sign: unit
    for unit in (
        # share and amount
        Unit("%", "pct", "%"),
        Unit("%RH", "pct", "%"),
        Unit("ppm", "ppm", "[ppm]"),
        Unit("ppb", "ppb", "[ppb]"),
        Unit("µg/m³", "ug_m3", "ug/m3"),
        Unit("mg/m³", "mg_m3", "mg/m3"),
        Unit("1/cm³", "per_cm3", "/cm3"),
        Unit("mg/L", "mg_l", "mg/L"),
        Unit("g/L", "g_l", "g/L"),
        Unit("FNU", "fnu"),
        Unit("FAU", "fau"),
        Unit("NTU", "ntu", "[NTU]"),
        # climate
        Unit("°C", "c", "Cel"),
        Unit("hPa", "hpa", "hPa"),
        Unit("bar", "bar", "bar"),
        Unit("Pa", "pa", "Pa"),
        Unit("kPa", "kpa", "kPa"),
        Unit("lx", "lx", "lx"),
        Unit("W/m²", "w_m2", "W/m2"),
        Unit("µmol/(m² s)", "umol_m2_s", "umol/m2/s"),
        Unit("mm/h", "mm_h", "mm/h"),
        Unit("dS/m", "ds_m", "dS/m"),
        Unit("µS/cm", "us_cm", "uS/cm"),
        # sound
        Unit("dB", "db", "dB"),
        Unit("dB(A)", "dba"),
        Unit("dBm", "dbm"),
        # electricity
        Unit("V", "v", "V"),
        Unit("mV", "mv", "mV"),
        Unit("A", "a", "A"),
        Unit("mA", "ma", "mA"),
        Unit("W", "w", "W"),
        Unit("VA", "va", "V.A"),
        Unit("var", "var"),
        Unit("Wh", "wh", "W.h"),
        Unit("VAh", "vah", "V.A.h"),
        Unit("varh", "varh"),
        Unit("Ah", "ah", "A.h"),
        Unit("Hz", "hz", "Hz"),
        Unit("MHz", "mhz", "MHz"),
        Unit("Ω", "ohm", "Ohm"),
        # space and motion
        Unit("nm", "nm", "nm"),
        Unit("µm", "um", "um"),
        Unit("µm/m", "um_m", "um/m"),
        Unit("mm", "mm", "mm"),
        Unit("cm", "cm", "cm"),
        Unit("m", "m", "m"),
        Unit("km", "km", "km"),
        Unit("m/s", "m_s", "m/s"),
        Unit("cm/h", "cm_h", "cm/h"),
        Unit("km/h", "km_h", "km/h"),
        Unit("°", "deg", "deg"),
        Unit("°/s", "deg_s", "deg/s"),
        Unit("g", "g", "[g]"),
        # volume and flow
        Unit("L", "l", "L"),
        Unit("m³", "m3", "m3"),
        Unit("L/h", "l_h", "L/h"),
        # time
        Unit("ms", "ms", "ms"),
        Unit("s", "s", "s"),
        Unit("h", "h", "h"),
        # computers
        Unit("frames/s", "fps"),
        Unit("kbit/s", "kbps", "kbit/s"),
    )
}
"""Units by their sign."""
