"""Decentlab's weather: wind, rain, sunlight, and the temperature of roads and globes.

Most words have their 0 in the middle. Sunlight and wind are as the sensor measures them: at night a little below
0, which is let through down to -50. A DL-BLG is a black globe with a thermistor in it: its temperature is
1 / (a + b ln R + c (ln R)^3) K, of the resistance R. The CWS2 has a second thermometer in a radiation shield,
which is given as the probe. DL-DS182 also sends the numbers of its two sensors, which are passed over. A DL-TBRG
tips at 0.1 mm; other sizes are another model. Without sunlight there is no albedo; the maker's codec gives 0.
"""

from math import log

from decoders.vendors.decentlab.groups import BATTERY, Group, Model, decoder_of
from decoders.vendors.decentlab.indoor import SHT35
from decoders.vendors.decentlab.words import (
    MIDDLE,
    Curve,
    Item,
    ratio_of,
    signed,
    wide,
    word,
)

NIGHT = -50
"""What a sensor of sunlight may be below 0, in its unit."""
KELVIN = 273.15


def _wind(first: int) -> tuple[Item, ...]:
    return (
        signed("wind_speed_m_s", first, "0.01"),
        signed("wind_direction_deg", first + 1, "0.1"),
        signed("wind_gust_m_s", first + 2, "0.01"),
        signed("temperature_c", first + 3, "0.1"),
    )


def _station(sunlight: Item, rain: Item, board_at: int) -> tuple[Item, ...]:
    """What both stations with eleven parameters have in common."""
    return (
        sunlight,
        rain,
        signed("lightning_count", 2),
        signed("lightning_distance_km", 3),
        *_wind(4),
        signed("vapor_pressure_kpa", 8, "0.01"),
        signed("pressure_hpa", 9, "0.1"),
        signed("humidity_pct", 10, "0.1"),
        signed("board_temperature_c", board_at, "0.1"),
        signed("tilt_x_deg", 12, "0.1"),
        signed("tilt_y_deg", 13, "0.1"),
    )


ROAD = Group(
    6,
    signed("surface_temperature_c", 0, "0.01"),
    signed("temperature_c", 1, "0.01"),
    signed("humidity_pct", 2, "0.01"),
    signed("dew_point_c", 3, "0.01"),
    signed("tilt_deg", 4),
    signed("board_temperature_c", 5, "0.01"),
)
INFRARED = Group(
    2,
    word("surface_temperature_c", 0, "0.1", "-100"),
    word("board_temperature_c", 1, "0.1", "-100"),
)
PLANT_LIGHT = Group(1, word("par_umol_m2_s", 0, "15000/32768", "-15000", NIGHT))
FIELD_LIGHT = Group(1, word("par_umol_m2_s", 0, "46875/327680", "-4687.5", NIGHT))


def _globe_ohm(low: int, high: int) -> float:
    return 1000 / (ratio_of(low, high) / 2) - 41_000


def _globe_c(low: int, high: int) -> float:
    logarithm = log(_globe_ohm(low, high))
    return 1 / (0.0008271111 + 0.000208802 * logarithm + 0.000000080592 * logarithm**3) - KELVIN


def _albedo(incoming: int, reflected: int) -> float | None:
    """Of two words whose 0 is in the middle; without sunlight there is none."""
    if incoming <= MIDDLE:
        return None
    return max(reflected - MIDDLE, 0) / (incoming - MIDDLE)


MODELS = (
    Model(
        "DL-ATM22",
        "climate",
        Group(
            8,
            *_wind(0),
            signed("tilt_x_deg", 4, "0.1"),
            signed("tilt_y_deg", 5, "0.1"),
            signed("wind_speed_north_m_s", 6, "0.01"),
            signed("wind_speed_east_m_s", 7, "0.01"),
        ),
        BATTERY,
    ),
    Model(
        "DL-ATM41",
        "climate",
        Group(
            17,
            *_station(
                signed("solar_radiation_w_m2", 0, low=NIGHT),
                signed("rain_interval_mm", 1, "0.001"),
                11,
            ),
            signed("direction_deg", 14),
            signed("wind_speed_north_m_s", 15, "0.01"),
            signed("wind_speed_east_m_s", 16, "0.01"),
        ),
        BATTERY,
    ),
    Model(
        "DL-ATM41G2",
        "climate",
        Group(
            17,
            *_station(
                signed("solar_radiation_w_m2", 0, "0.1", NIGHT),
                word("rain_interval_mm", 1, "0.001"),
                11,
            ),
            signed("conductivity_us_cm", 14),
            wide("rain_mm", 15, "0.001"),
        ),
        BATTERY,
    ),
    Model("DL-CWS", "climate", ROAD, BATTERY),
    Model(
        "DL-CWS2",
        "climate",
        Group(
            2,
            word("probe_temperature_c", 0, "175/65535", "-45"),
            word("probe_humidity_pct", 1, "100/65535"),
        ),
        ROAD,
        BATTERY,
    ),
    Model("DL-WRM", "climate", SHT35, INFRARED, BATTERY),
    Model("DL-ITST", "climate", INFRARED, BATTERY),
    Model("DL-DS18", "climate", Group(1, signed("temperature_c", 0, "1/16")), BATTERY),
    Model(
        "DL-DS182",
        "climate",
        Group(2, signed("temperature_1_c", 0, "1/16")),
        Group(2, signed("temperature_2_c", 0, "1/16")),
        BATTERY,
    ),
    Model(
        "DL-TBRG-01",
        "climate",
        Group(
            4,
            word("rain_interval_mm", 0, "0.1"),
            word("count_interval_s", 1),
            wide("rain_mm", 2, "0.1"),
        ),
        BATTERY,
    ),
    Model("DL-PAR", "climate", PLANT_LIGHT, BATTERY),
    Model("DL-EPAR", "climate", FIELD_LIGHT, BATTERY),
    Model("DL-FSPAR", "climate", FIELD_LIGHT, BATTERY),
    Model(
        "DL-PYR",
        "climate",
        Group(1, word("solar_radiation_w_m2", 0, "15000/32768", "-15000", NIGHT)),
        BATTERY,
    ),
    Model(
        "DL-ALB",
        "climate",
        Group(
            2,
            signed("solar_radiation_w_m2", 0, "0.1", NIGHT),
            signed("solar_radiation_reflected_w_m2", 1, "0.1", NIGHT),
            Curve("albedo", 2, _albedo),
        ),
        BATTERY,
    ),
    Model(
        "DL-BLG",
        "climate",
        Group(2, Curve("ai_ohm", 2, _globe_ohm), Curve("probe_temperature_c", 2, _globe_c)),
        BATTERY,
    ),
)

DECODERS = tuple(decoder_of(model) for model in MODELS)
