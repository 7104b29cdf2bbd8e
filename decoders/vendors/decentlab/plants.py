"""Decentlab's plants: wet leaves, sap, and how stems and fruits grow.

Leaf wetness and dendrometers are ratios of a bridge of resistors, in two words. The second position of a DL-ZN2 is
the difference of its two ratios. In a DL-ISF 1 is the outer and 2 the inner place of the needle; 3 and 4 of the
times are the same upstream.
"""

from decoders.vendors.decentlab.groups import BATTERY, Group, Model, decoder_of
from decoders.vendors.decentlab.words import Curve, ratio, ratio_of, signed, wide, word

TRAVEL_UM = "20000"
"""What a dendrometer moves at a ratio of 1."""

POSITION = Group(2, ratio("dendrometer_um", 0, TRAVEL_UM))


def _second_position(low_a: int, high_a: int, low_b: int, high_b: int) -> float:
    return (ratio_of(low_a, high_a) - ratio_of(low_b, high_b)) * float(TRAVEL_UM)


SAP_FLOW = Group(
    16,
    word("sap_flow_l_h", 0, "0.016", "-50"),
    word("heat_velocity_1_cm_h", 1, "0.016", "-50"),
    word("heat_velocity_2_cm_h", 2, "0.016", "-50"),
    word("sap_alpha_1", 3, "0.00032", "-10"),
    word("sap_alpha_2", 4, "0.00032", "-10"),
    word("sap_beta_1", 5, "0.00032", "-10"),
    word("sap_beta_2", 6, "0.00032", "-10"),
    word("heat_time_1_s", 7, "0.002"),
    word("heat_time_2_s", 8, "0.002"),
    signed("probe_temperature_c", 9, "0.01"),
    signed("supply_voltage_max_v", 10, "0.001"),
    signed("supply_voltage_min_v", 11, "0.001"),
    wide("sensor_status", 12),
    word("heat_time_3_s", 14, "0.002"),
    word("heat_time_4_s", 15, "0.002"),
)

MODELS = (
    Model("DL-LWS", "climate", Group(2, ratio("leaf_wetness_pct", 0, "100", low=-5)), BATTERY),
    Model("DL-ILT", "climate", Group(1, signed("leaf_temperature_c", 0, "0.01")), BATTERY),
    Model("DL-IFD", "climate", Group(1, word("fruit_size_mm", 0, "0.01")), BATTERY),
    Model("DL-ISD", "climate", Group(1, word("stem_size_mm", 0, "0.001")), BATTERY),
    Model("DL-ISF", "climate", SAP_FLOW, BATTERY),
    Model("DL-ZN1", "climate", POSITION, BATTERY),
    Model("DL-ZN11O", "climate", POSITION, BATTERY),
    Model(
        "DL-ZN2",
        "climate",
        Group(
            4,
            ratio("dendrometer_1_um", 0, TRAVEL_UM),
            Curve("dendrometer_2_um", 4, _second_position),
        ),
        BATTERY,
    ),
)

DECODERS = tuple(decoder_of(model) for model in MODELS)
