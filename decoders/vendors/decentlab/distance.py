"""Decentlab's distances: laser (DL-LID, DL-LID2), ultrasound (DL-MBX) and radar (DL-RAD).

A laser measures many times for one value: mean, least, most, median, percentiles and the most frequent of them, in
mm; the time it took in 1/1024 s.
"""

from decoders.vendors.decentlab.groups import BATTERY, Group, Model, decoder_of
from decoders.vendors.decentlab.words import Item, signed, word

STATISTICS: tuple[Item, ...] = (
    word("distance_mm", 0),
    word("distance_min_mm", 1),
    word("distance_max_mm", 2),
    word("distance_median_mm", 3),
    word("distance_p10_mm", 4),
    word("distance_p25_mm", 5),
    word("distance_p75_mm", 6),
    word("distance_p90_mm", 7),
    word("distance_mode_mm", 8),
)
TIME = word("acquisition_ms", 10, "1000/1024")

MODELS = (
    Model("DL-LID", "climate", Group(11, *STATISTICS, word("samples", 9), TIME), BATTERY),
    Model(
        "DL-LID2",
        "climate",
        Group(12, *STATISTICS, word("samples_valid", 9), TIME, word("samples", 11)),
        BATTERY,
    ),
    Model("DL-MBX", "climate", Group(2, word("distance_mm", 0), word("samples_valid", 1)), BATTERY),
    Model(
        "DL-RAD",
        "climate",
        Group(
            4,
            word("distance_mm", 0),
            signed("board_temperature_c", 1, "0.01"),
            signed("echo_reliability_db", 2, "0.01"),
            word("sensor_status", 3),
        ),
        BATTERY,
    ),
)

DECODERS = tuple(decoder_of(model) for model in MODELS)
