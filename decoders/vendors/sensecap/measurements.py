"""What SenseCAP's measurement ids stand for. Each is an i32, little-endian, in thousandths.

The layers of a soil probe, 10, 20, 30 and 40 cm deep, are the channels 1 to 4. Source: Seeed's list of
measurement ids (SenseCAP documentation, appendix). Ids without a quantity in the vocabulary are left out,
and refuse a payload like those that are unknown.
"""

from collections.abc import Mapping

from decoders.items import Item, Value

THOUSANDTHS = "0.001"


def _value(name: str, scale: str = THOUSANDTHS) -> Item:
    return Value(name, scale)


MEASUREMENTS: Mapping[int, Item] = {
    4097: _value("temperature_c"),
    4098: _value("humidity_pct"),
    4099: _value("illuminance_lx"),
    4100: _value("co2_ppm"),
    4101: _value("pressure_hpa", "0.00001"),  # Pa
    4102: _value("soil_temperature_c"),
    4103: _value("soil_moisture_pct"),
    4104: _value("wind_direction_deg"),
    4105: _value("wind_speed_m_s"),
    4106: _value("water_ph"),
    4107: _value("par_umol_m2_s"),
    4108: _value("soil_ec_ds_m"),
    4109: _value("dissolved_oxygen_mg_l"),
    4110: _value("soil_moisture_pct"),
    4111: _value("soil_ec_ds_m"),
    4112: _value("soil_temperature_c"),
    4113: _value("rain_rate_mm_h"),
    4115: _value("distance_mm", "0.01"),  # cm
    4117: _value("water_level_mm", "0.01"),  # cm
    4118: _value("nh3_ppb", "1"),  # ppm
    4119: _value("h2s_ppb", "1"),  # ppm
    4120: _value("water_flow_l_h", "1"),  # m³/h
    4121: _value("water_total_l", "1"),  # m³
    4122: _value("o2_pct"),
    4123: _value("conductivity_us_cm"),
    4124: _value("water_temperature_c"),
    4127: _value("solar_radiation_w_m2"),
    4129: _value("par_umol_m2_s"),
    4133: _value("soil_potential_kpa"),
    4136: _value("leaf_temperature_c"),
    4137: _value("leaf_wetness_pct"),
    **{4137 + depth: _value(f"soil_moisture_{depth}_pct") for depth in (1, 2, 3, 4)},
    **{4141 + depth: _value(f"soil_temperature_{depth}_c") for depth in (1, 2, 3, 4)},
    4146: _value("pm2_5_ug_m3"),
    4147: _value("pm10_ug_m3"),
    4155: _value("redox_mv"),
    4156: _value("turbidity_ntu"),
    4190: _value("uv_index"),
}
"""Items by measurement id."""
