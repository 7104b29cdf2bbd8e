"""Decentlab's water: level, pressure, conductivity, turbidity, oxygen and acidity.

The range of a pressure sensor is that of the one ordered, and is part of the model's name: DL-PR21-1-10 measures
from -1 to 10 bar, DL-PR26-0-1 from 0 to 1 bar, DL-PR36-8192 has 8192 steps in a bar. Sensors with other ranges are
other models: their numbers would be wrong by a factor. DL-CTD10B has the conductivity in steps of 2 µS/cm.
"""

from decoders.vendors.decentlab.groups import BATTERY, Group, Model, decoder_of
from decoders.vendors.decentlab.words import Item, flag, signed, word


def _keller(bottom_bar: int, top_bar: int) -> Group:
    """Pressure in 32768 steps from 16384 on, and the temperature of the same chip."""
    span = top_bar - bottom_bar
    return Group(
        2,
        word("liquid_pressure_bar", 0, f"{span}/32768", f"{2 * bottom_bar - span}/2"),
        word("water_temperature_c", 1, "0.003125", "-51.2"),
    )


def _ctd(conductivity: str) -> Group:
    return Group(
        4,
        signed("water_level_mm", 0),
        signed("water_temperature_c", 1, "0.1"),
        word("conductivity_us_cm", 2, conductivity),
        flag("freezing", 3),
    )


SENSOR: tuple[Item, ...] = (
    word("sensor_status", 0),
    signed("water_temperature_c", 1, "0.01"),
)
"""How every sensor of Aqualabo begins."""
PRESSURE_36 = signed("liquid_pressure_bar", 0, "1/8192")

MODELS = (
    Model("DL-CTD10", "climate", _ctd("1"), BATTERY),
    Model("DL-CTD10B", "climate", _ctd("2"), BATTERY),
    Model("DL-PR21-1-10", "climate", _keller(-1, 10), BATTERY),
    Model("DL-PR26-0-1", "climate", _keller(0, 1), BATTERY),
    Model(
        "DL-PR36-8192",
        "climate",
        Group(2, PRESSURE_36, signed("water_temperature_c", 1, "1/256")),
        BATTERY,
    ),
    Model(
        "DL-PR36CTD-8192-1024",
        "climate",
        Group(
            4,
            PRESSURE_36,
            signed("board_temperature_c", 1, "1/256"),
            signed("water_temperature_c", 2, "1/256"),
            signed("conductivity_us_cm", 3, "1000/1024"),
        ),
        BATTERY,
    ),
    Model(
        "DL-NTU",
        "climate",
        Group(
            5,
            *SENSOR,
            word("turbidity_ntu", 2, "0.1"),
            word("turbidity_fnu", 3, "0.1"),
            word("turbidity_mg_l", 4, "0.1"),
        ),
        BATTERY,
    ),
    Model(
        "DL-MES5",
        "climate",
        Group(
            5,
            *SENSOR,
            word("sludge_blanket_pct", 2, "0.01"),
            word("suspended_solids_g_l", 3, "0.01"),
            word("turbidity_fau", 4, "0.1"),
        ),
        BATTERY,
    ),
    Model(
        "DL-OPTOD",
        "climate",
        Group(
            5,
            *SENSOR,
            signed("oxygen_saturation_pct", 2, "0.01"),
            signed("dissolved_oxygen_mg_l", 3, "0.01"),
            signed("dissolved_oxygen_ppm", 4, "0.01"),
        ),
        BATTERY,
    ),
    Model(
        "DL-PHEHT",
        "climate",
        Group(
            5,
            *SENSOR,
            signed("water_ph", 2, "0.01"),
            signed("redox_mv", 3, "0.1"),
            signed("ph_electrode_mv", 4, "0.1"),
        ),
        BATTERY,
    ),
)

DECODERS = tuple(decoder_of(model) for model in MODELS)
