"""Climate: the state of air, sky, soil and water around a sensor."""

from decoders.quantities.channels import NUMBER
from decoders.quantities.rows import counter, flag, number

CLIMATE = (
    number(
        "temperature_c", "°C", -100, 200, "Temperature of the air, or of what the device is fitted to.",
        NUMBER, ttn="air.temperature", device_class="temperature",
    ),
    number(
        "humidity_pct", "%RH", 0, 100, "Relative humidity of the air.",
        NUMBER, ttn="air.relativeHumidity", device_class="humidity",
    ),
    number(
        "pressure_hpa", "hPa", 300, 1100, "Air pressure at the station.",
        ttn="air.pressure", device_class="atmospheric_pressure",
    ),
    number(
        "pressure_difference_pa", "Pa", -100_000, 100_000, "Difference of two pressures.",
        device_class="pressure",
    ),
    number("temperature_change_c", "°C", -300, 300, "Jump of the temperature that raised an alarm."),
    number(
        "dew_point_c", "°C", -100, 100, "Temperature at which dew forms.",
        device_class="temperature",
    ),
    number(
        "probe_temperature_c", "°C", -200, 1800, "Temperature at the end of a cable.",
        NUMBER, device_class="temperature",
    ),
    number(
        "probe_humidity_pct", "%RH", 0, 100, "Relative humidity at the end of a cable.",
        NUMBER, device_class="humidity",
    ),
    number(
        "surface_temperature_c", "°C", -100, 1000, "Temperature of a surface, measured from afar.",
        NUMBER, device_class="temperature",
    ),
    number(
        "illuminance_lx", "lx", 0, 200_000, "Light that falls on the station.",
        ttn="air.lightIntensity", device_class="illuminance",
    ),
    number("light_level", "", 0, 255, "Light in the steps of the device, 0 is dark."),
    number("infrared_level", "", 0, 65535, "Infrared light, raw value of the sensor."),
    number(
        "visible_infrared_level", "", 0, 65535, "Visible and infrared light, raw value of the sensor.",
    ),
    number(
        "solar_radiation_w_m2", "W/m²", 0, 2000, "Power of the sunlight.",
        device_class="irradiance",
    ),
    number(
        "solar_radiation_reflected_w_m2", "W/m²", 0, 2000, "Power of the sunlight that the ground reflects.",
        device_class="irradiance",
    ),
    number("albedo", "", 0, 1, "Reflected part of the sunlight."),
    number("par_umol_m2_s", "µmol/(m² s)", 0, 5000, "Light that plants can use."),
    number("uv_index", "", 0, 30, "Ultraviolet index."),
    number("vapor_pressure_kpa", "kPa", 0, 50, "Pressure of the water vapour."),
    number(
        "vapor_pressure_deficit_kpa", "kPa", 0, 50, "What the water vapour lacks to saturation.",
    ),
    number(
        "wind_speed_m_s", "m/s", 0, 120, "Speed of the wind.",
        ttn="wind.speed", device_class="wind_speed",
    ),
    number(
        "wind_gust_m_s", "m/s", 0, 120, "Highest speed of the wind since the last report.",
        device_class="wind_speed",
    ),
    number(
        "wind_direction_deg", "°", 0, 360, "Where the wind comes from, 0 is north.",
        ttn="wind.direction", device_class="wind_direction",
    ),
    number(
        "wind_speed_north_m_s", "m/s", -120, 120, "Part of the wind that comes from the south.",
        device_class="wind_speed",
    ),
    number(
        "wind_speed_east_m_s", "m/s", -120, 120, "Part of the wind that comes from the west.",
        device_class="wind_speed",
    ),
    number(
        "rain_interval_mm", "mm", 0, 10_000, "Rain since the last report.",
        device_class="precipitation",
    ),
    counter(
        "rain_mm", "mm", "Rain, counted up.",
        ttn="rain.cumulative", device_class="precipitation",
    ),
    number(
        "rain_rate_mm_h", "mm/h", 0, 2000, "Rain in an hour.",
        ttn="rain.intensity", device_class="precipitation_intensity",
    ),
    counter("lightning_count", "", "Strokes of lightning since the last report."),
    number("lightning_distance_km", "km", 0, 100, "Mean distance of the lightning."),
    number("leaf_wetness_pct", "%", 0, 100, "Part of a leaf that is wet."),
    number(
        "leaf_temperature_c", "°C", -60, 100, "Temperature of a leaf.",
        device_class="temperature",
    ),
    number("fruit_size_mm", "mm", 0, 1000, "Diameter of a fruit.", device_class="distance"),
    number("stem_size_mm", "mm", 0, 10_000, "Diameter of a stem.", device_class="distance"),
    number("sap_flow_l_h", "L/h", -1000, 1000, "Flow of sap in a stem."),
    number("heat_velocity_cm_h", "cm/h", -1000, 1000, "How fast sap carries heat.", NUMBER),
    number("sap_alpha", "", -100, 100, "Ratio of the warming above and below, logarithmic.", NUMBER),
    number("sap_beta", "", -100, 100, "Ratio of the highest warming above and below.", NUMBER),
    number("heat_time_s", "s", 0, 1000, "Time to the highest warming.", NUMBER),
    number("dendrometer_um", "µm", -1e6, 1e6, "Position of a dendrometer.", NUMBER),
    number(
        "soil_temperature_c", "°C", -60, 100, "Temperature of the soil.",
        NUMBER, ttn="soil.temperature", device_class="temperature",
    ),
    number(
        "soil_moisture_pct", "%", 0, 100, "Water in the soil, share of the volume.",
        NUMBER, ttn="soil.moisture", device_class="moisture",
    ),
    number("soil_depth_cm", "cm", 0, 10_000, "Depth of the probe in the soil.", ttn="soil.depth"),
    number(
        "soil_ec_ds_m", "dS/m", 0, 621, "Electrical conductivity of the soil.",
        NUMBER, ttn="soil.ec",
    ),
    number("soil_ph", "", 0, 14, "Acidity of the soil.", ttn="soil.pH", device_class="ph"),
    number("soil_nitrogen_ppm", "ppm", 0, 1e6, "Nitrogen in the soil.", ttn="soil.n"),
    number("soil_phosphorus_ppm", "ppm", 0, 1e6, "Phosphorus in the soil.", ttn="soil.p"),
    number("soil_potassium_ppm", "ppm", 0, 1e6, "Potassium in the soil.", ttn="soil.k"),
    number("soil_salinity", "", -100, 65535, "Salinity of the soil, in the steps of the device.", NUMBER),
    number("soil_moisture_index", "", -5, 200, "Water in the soil, on the sensor's own scale.", NUMBER),
    number("soil_permittivity", "", 1, 100, "Dielectric permittivity of the soil.", NUMBER),
    number("soil_potential_kpa", "kPa", -1e6, 0, "Water potential of the soil."),
    number(
        "water_temperature_c", "°C", -10, 200, "Temperature of the water.",
        ttn="water.temperature.current", device_class="temperature",
    ),
    number(
        "water_level_mm", "mm", -10_000, 1e6, "Height of the water above the probe.",
        device_class="distance",
    ),
    number(
        "conductivity_us_cm", "µS/cm", 0, 1e6, "Electrical conductivity of the water.",
        device_class="conductivity",
    ),
    number(
        "liquid_pressure_bar", "bar", -10, 1000, "Pressure of a liquid or a gas in a pipe or a tank.",
        device_class="pressure",
    ),
    flag("freezing", "The water freezes.", device_class="cold"),
    number("oxygen_saturation_pct", "%", 0, 500, "Oxygen in the water, part of the saturation."),
    number("dissolved_oxygen_mg_l", "mg/L", 0, 100, "Oxygen in the water."),
    number("dissolved_oxygen_ppm", "ppm", 0, 100, "Oxygen in the water, parts per million."),
    number("sludge_blanket_pct", "%", 0, 100, "Light that the sludge takes away."),
    number("suspended_solids_g_l", "g/L", 0, 1000, "Solids that float in the water."),
    number("turbidity_fnu", "FNU", 0, 10_000, "Turbidity of the water, scattered infrared light."),
    number("turbidity_fau", "FAU", 0, 10_000, "Turbidity of the water, weakened infrared light."),
    number("turbidity_mg_l", "mg/L", 0, 10_000, "Turbidity of the water, as silica."),
    number("turbidity_ntu", "NTU", 0, 10_000, "Turbidity of the water."),
    number("water_ph", "", 0, 14, "Acidity of the water.", device_class="ph"),
    number("ph_electrode_mv", "mV", -2000, 2000, "Voltage of the electrode that measures acidity."),
    number("redox_mv", "mV", -2000, 2000, "Redox potential of the water."),
)  # fmt: skip
"""In the order of the page."""
