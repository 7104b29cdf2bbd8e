"""Decentlab's air monitors: DL-IAM, DL-LP8P, DL-PM, DL-GMM, DL-AC, DL-SHT21, DL-SHT35, DL-RHC.

Air temperature and humidity come as the sensor chip gives them: SHT21 -46.85 + 175.72 x / 2^16 °C,
-6 + 125 x / 2^16 %RH; SHT35 -45 + 175 x / 65535 °C, 100 x / 65535 %RH. Air pressure in 2 Pa. CO2 as a word whose 0
is in the middle: what is below 0 is out of range. The light of DL-IAM is made of two words as the data sheet of
its sensor says. The first two words of DL-RHC are the number of its sensor.

DL-AC measures NO2, NO, Ox and CO with electrodes: working electrode, and working less auxiliary electrode, in mV.
They are `ai1_mv` and `ai2_mv` of NO2, then NO, Ox, CO up to `ai8_mv`. What concentration a voltage stands for is
written in the certificate of the one station: (mV - zero) / sensitivity ppb.
"""

from decoders.vendors.decentlab.groups import BATTERY, Group, Model, decoder_of
from decoders.vendors.decentlab.words import Curve, signed, word

SHT21 = Group(
    2,
    word("temperature_c", 0, "17572/6553600", "-46.85"),
    word("humidity_pct", 1, "125/65536", "-6"),
)
SHT35 = Group(2, word("temperature_c", 0, "175/65535", "-45"), word("humidity_pct", 1, "100/65535"))
PRESSURE = Group(1, word("pressure_hpa", 0, "0.02"))


def _light(visible: int, infrared: int) -> float:
    return max(1.0 * visible - 1.64 * infrared, 0.59 * visible - 0.86 * infrared, 0) * 1.5504


PARTICLES = Group(
    10,
    word("pm1_0_ug_m3", 0, "0.1"),
    word("pm2_5_ug_m3", 1, "0.1"),
    word("pm4_0_ug_m3", 2, "0.1"),
    word("pm10_ug_m3", 3, "0.1"),
    word("particle_size_nm", 4),
    word("pm0_5_per_cm3", 5, "0.1"),
    word("pm1_0_per_cm3", 6, "0.1"),
    word("pm2_5_per_cm3", 7, "0.1"),
    word("pm4_0_per_cm3", 8, "0.1"),
    word("pm10_per_cm3", 9, "0.1"),
)


def _electrodes(first: int) -> Group:
    """The voltages of one gas: 3 V x (word / 2^15 - 1)."""
    return Group(
        2,
        word(f"ai{first}_mv", 0, "3000/32768", "-3000"),
        word(f"ai{first + 1}_mv", 1, "3000/32768", "-3000"),
    )


MODELS = (
    Model(
        "DL-IAM",
        "air_quality",
        BATTERY,
        SHT35,
        PRESSURE,
        Group(
            2,
            word("visible_infrared_level", 0),
            word("infrared_level", 1),
            Curve("illuminance_lx", 2, _light),
        ),
        Group(3, signed("co2_ppm", 0), word("sensor_status", 1), word("co2_raw", 2)),
        Group(1, word("motion_count", 0)),
        Group(1, word("tvoc_ppb", 0)),
    ),
    Model(
        "DL-LP8P",
        "air_quality",
        SHT21,
        Group(2, word("board_temperature_1_c", 0, "0.01", "-50"), word("pressure_hpa", 1, "0.02")),
        Group(
            8,
            signed("co2_ppm", 0),
            signed("co2_filtered_ppm", 1),
            signed("board_temperature_2_c", 2, "0.01"),
            word("supply_voltage_1_v", 3, "0.001"),
            word("supply_voltage_2_v", 4, "0.001"),
            word("sensor_status", 5),
            word("co2_raw", 6),
            word("co2_raw_filtered", 7),
        ),
        BATTERY,
    ),
    Model("DL-PM", "air_quality", BATTERY, PARTICLES, SHT21, PRESSURE),
    Model(
        "DL-GMM",
        "air_quality",
        Group(
            7,
            signed("par_umol_m2_s", 0, "0.1", low=-50),
            signed("temperature_c", 1, "0.01"),
            signed("humidity_pct", 2, "0.1"),
            signed("co2_ppm", 3),
            signed("pressure_hpa", 4, "0.1"),
            signed("vapor_pressure_deficit_kpa", 5, "0.01"),
            signed("dew_point_c", 6, "0.01"),
        ),
        BATTERY,
    ),
    Model(
        "DL-AC",
        "air_quality",
        SHT21,
        _electrodes(1),
        _electrodes(3),
        _electrodes(5),
        _electrodes(7),
        BATTERY,
    ),
    Model("DL-SHT21", "climate", SHT21, BATTERY),
    Model("DL-SHT35", "climate", SHT35, BATTERY),
    Model(
        "DL-RHC",
        "climate",
        Group(
            4,
            word("humidity_pct", 2, "0.01"),
            signed("temperature_c", 3, "0.01"),
        ),
        BATTERY,
    ),
)

DECODERS = tuple(decoder_of(model) for model in MODELS)
