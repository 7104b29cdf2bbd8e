"""What codecs call the quantities: spellings that are seen in published codecs, by the quantity they stand for.

Only what is certain is here. Where a codec does not say the unit and spellings leave it open (`battery` is
volts in one codec and percent in the next), the codec's own name stays, until a profile says what it is.
Spellings are clean names (`names.py`) without a channel. A value that says its unit is looked up in both tables.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Spelling(NamedTuple):
    """What a clean name stands for."""

    quantity: str
    scales: tuple[str, ...] = ("1",)
    """Exact factors. Of several, the first that gives a possible value is right: their ranges do not meet."""


CERTAIN: Mapping[str, str] = {
    "temperature_c": "temperature temp air_temperature ambient_temperature room_temperature temp_c tempc"
    " temperature_celsius temp_celsius temp_c_sht temp_sht measurement_4097 air_temp",
    "humidity_pct": "humidity hum rh relative_humidity air_humidity ambient_humidity hum_sht humidity_percent"
    " room_humidity air_relative_humidity measurement_4098 humi",
    "probe_temperature_c": "temp_c_ds temp_c1 external_temperature ext_temperature probe_temperature"
    " temperature_pt1000 temp_probe",
    "dew_point_c": "dew_point dewpoint dew_point_temperature",
    "surface_temperature_c": "surface_temperature temperature_target",
    "board_temperature_c": "board_temperature internal_temperature internal_circuit_temperature"
    " temperature_board sensor_temperature_internal device_temperature chip_temperature",
    "board_humidity_pct": "internal_circuit_humidity",
    "soil_temperature_c": "soil_temperature soil_temp temp_soil measurement_4102",
    "soil_moisture_pct": "soil_moisture soil_humidity water_soil measurement_4103",
    "water_temperature_c": "water_temperature water_temp",
    "co2_ppm": "co2 co2_concentration carbon_dioxide air_co2 measurement_4100",
    "pm1_0_ug_m3": "pm1_0 pm1 pm01 pm1_0_mass_concentration",
    "pm2_5_ug_m3": "pm2_5 pm25 pm2_5_mass_concentration",
    "pm4_0_ug_m3": "pm4_0 pm4 pm4_mass_concentration",
    "pm10_ug_m3": "pm10 pm10_mass_concentration",
    "illuminance_lx": "illuminance lux illumination illuminance_lux light_lux lux_level measurement_4099",
    "uv_index": "uv uvi uv_index measurement_4190",
    "wind_direction_deg": "wind_direction measurement_4104",
    "battery_pct": "battery_percent battery_percentage bat_percent bat_pct batt_percent batt_pct",
    "battery_low": "low_battery battery_low low_bat bat_low battery_low_alarm",
    "latitude_deg": "latitude lat gps_latitude gps_lat",
    "longitude_deg": "longitude lon lng gps_longitude gps_lon",
    "door_open": "door_status door_state door_open_status magnet_status",
    "door_open_count": "door_open_times door_open_count",
    "leak": "water_leak leakage_status water_leak_status leak_status leakage water_leakage",
    "tamper": "tamper_status tamper_state tamper_alarm",
    "motion": "pir pir_status motion_status motion_detected",
    "occupied": "occupancy occupancy_status presence",
    "smoke": "smoke_alarm smoke_status smoke_detected",
    "relay": "relay_status relay_state ro_status",
    "di": "digital_input digital_input_status di_status gpio_in gpio_input",
    "do": "digital_output digital_output_status do_status gpio_out gpio_output",
    "counter": "pulse_counter_dry_input",
    "ai_ma": "aci_ma",
    "ai_v": "avi_v",
    "firmware_version": "firmware fw_version sw_version software_version swver s_wver fwver",
    "hardware_version": "hardware hw_version hwver h_wver",
    "serial_number": "sn serial device_serial_number",
}
"""By quantity: spellings that leave no doubt about the unit, numbers in the quantity's own."""

BY_RANGE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "battery_v": (
        (
            "battery_voltage battery_volt battery_volts bat_v batv batt_v bat_volt vbat v_bat vdd battery_mv"
            " bat_mv battery_millivolts battery_voltage_v battery_voltage_mv disposable_battery_voltage"
        ),
        ("1", "0.001"),
    ),
    "pressure_hpa": (
        "pressure barometric_pressure atmospheric_pressure air_pressure barometer measurement_4101",
        ("1", "0.01"),
    ),
}
"""Spellings whose unit shows in the value: no battery has 60 V and none 60 mV, no air presses as 1100 Pa."""

IF_UNIT_IS_SAID: Mapping[str, str] = {
    "battery_v": "battery bat batt",
    "battery_pct": "battery bat batt battery_level battery_capacity",
    "voltage_v": "voltage vrms voltage_n",
    "current_a": "current irms",
    "active_power_w": "power active_power",
    "reactive_power_var": "reactive_power",
    "apparent_power_va": "apparent_power",
    "energy_import_wh": "active_energy_import energy_import import_energy positive_active_energy",
    "energy_export_wh": "active_energy_export energy_export export_energy negative_active_energy",
    "reactive_energy_import_varh": "reactive_energy_import positive_reactive_energy",
    "reactive_energy_export_varh": "reactive_energy_export negative_reactive_energy",
    "frequency_hz": "frequency",
    "tvoc_ppb": "tvoc total_voc voc",
    "tvoc_ug_m3": "tvoc total_voc voc",
    "hcho_mg_m3": "hcho formaldehyde ch2o",
    "hcho_ppb": "hcho formaldehyde ch2o",
    "co_ppm": "co",
    "no2_ppb": "no2",
    "o3_ppb": "o3 ozone",
    "so2_ppb": "so2",
    "noise_dba": "noise sound sound_level",
    "pm0_5_per_cm3": "pm0_5_number_concentration",
    "pm1_0_per_cm3": "pm1_0_number_concentration",
    "pm2_5_per_cm3": "pm2_5_number_concentration",
    "pm4_0_per_cm3": "pm4_number_concentration",
    "pm10_per_cm3": "pm10_number_concentration",
    "particle_size_nm": "typical_particle_size",
    "illuminance_lx": "light light_intensity",
    "solar_radiation_w_m2": "solar_radiation",
    "par_umol_m2_s": "photosynthetically_active_radiation",
    "vapor_pressure_kpa": "vapor_pressure",
    "vapor_pressure_deficit_kpa": "vapor_pressure_deficit",
    "wind_speed_m_s": "wind_speed",
    "wind_gust_m_s": "maximum_wind_speed wind_gust",
    "rain_mm": "rain_total",
    "soil_moisture_pct": "volumetric_water_content",
    "soil_ec_ds_m": "soil_conductivity soil_ec",
    "soil_potential_kpa": "water_potential",
    "conductivity_us_cm": "electrical_conductivity conductivity",
    "turbidity_ntu": "turbidity_in_ntu",
    "redox_mv": "redox",
    "distance_mm": "distance",
    "water_level_mm": "water_depth water_level",
    "altitude_m": "altitude",
    "speed_km_h": "speed",
    "lightning_distance_km": "lightning_average_distance",
}
"""By quantity: spellings that need their unit said beside the value."""


def _spellings(table: Mapping[str, str]) -> dict[str, Spelling]:
    return {word: Spelling(name) for name, words in table.items() for word in words.split()}


WITHOUT_UNIT: Mapping[str, Spelling] = {
    **_spellings(CERTAIN),
    **{
        word: Spelling(name, scales)
        for name, (words, scales) in BY_RANGE.items()
        for word in words.split()
    },
}
"""By spelling, where the codec says no unit."""


def _with_unit() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    by_range = {name: words for name, (words, _) in BY_RANGE.items()}
    for table in (CERTAIN, by_range, IF_UNIT_IS_SAID):
        for name, words in table.items():
            for word in words.split():
                found.setdefault(word, []).append(name)
    return {word: tuple(names) for word, names in found.items()}


WITH_UNIT: Mapping[str, tuple[str, ...]] = _with_unit()
"""By spelling, where the codec says a unit: the quantities it could be, of which the unit chooses."""
