"""Air quality: particles, gases, indices and noise."""

from decoders.quantities.channels import NUMBER
from decoders.quantities.rows import number

AIR = (
    number("pm1_0_ug_m3", "µg/m³", 0, 5000, "Mass of particles up to 1 µm.", device_class="pm1"),
    number("pm2_5_ug_m3", "µg/m³", 0, 5000, "Mass of particles up to 2.5 µm.", device_class="pm25"),
    number("pm4_0_ug_m3", "µg/m³", 0, 5000, "Mass of particles up to 4 µm."),
    number("pm10_ug_m3", "µg/m³", 0, 5000, "Mass of particles up to 10 µm.", device_class="pm10"),
    number("pm0_5_per_cm3", "1/cm³", 0, 1e6, "Number of particles up to 0.5 µm."),
    number("pm1_0_per_cm3", "1/cm³", 0, 1e6, "Number of particles up to 1 µm."),
    number("pm2_5_per_cm3", "1/cm³", 0, 1e6, "Number of particles up to 2.5 µm."),
    number("pm4_0_per_cm3", "1/cm³", 0, 1e6, "Number of particles up to 4 µm."),
    number("pm10_per_cm3", "1/cm³", 0, 1e6, "Number of particles up to 10 µm."),
    number("particle_size_nm", "nm", 0, 100_000, "Typical size of the particles."),
    number(
        "co2_ppm", "ppm", 0, 40_000, "Carbon dioxide.",
        NUMBER, ttn="air.co2", device_class="carbon_dioxide",
    ),
    number("co2_filtered_ppm", "ppm", 0, 40_000, "Carbon dioxide, smoothed by the sensor."),
    number("co2_raw", "", 0, 65535, "Infrared light at the carbon dioxide sensor, raw value."),
    number("co2_raw_filtered", "", 0, 65535, "The same, smoothed by the sensor."),
    number("co_ppm", "ppm", 0, 10_000, "Carbon monoxide.", device_class="carbon_monoxide"),
    number("no_ppb", "ppb", 0, 100_000, "Nitrogen monoxide."),
    number("no2_ppb", "ppb", 0, 100_000, "Nitrogen dioxide."),
    number("o3_ppb", "ppb", 0, 100_000, "Ozone."),
    number("so2_ppb", "ppb", 0, 100_000, "Sulphur dioxide."),
    number("h2s_ppb", "ppb", 0, 1e6, "Hydrogen sulphide."),
    number("nh3_ppb", "ppb", 0, 1e6, "Ammonia."),
    number("ch4_ppm", "ppm", 0, 1e6, "Methane."),
    number("o2_pct", "%", 0, 100, "Oxygen, share of the volume."),
    number(
        "tvoc_ppb", "ppb", 0, 100_000, "Volatile organic compounds, total.",
        device_class="volatile_organic_compounds_parts",
    ),
    number(
        "tvoc_ug_m3", "µg/m³", 0, 1e6, "Volatile organic compounds, mass in all.",
        device_class="volatile_organic_compounds",
    ),
    number("hcho_mg_m3", "mg/m³", 0, 100, "Formaldehyde, mass."),
    number("hcho_ppb", "ppb", 0, 100_000, "Formaldehyde."),
    number(
        "iaq_index", "", 0, 1000, "Index of indoor air quality, on the sensor's own scale.",
        device_class="aqi",
    ),
    number(
        "voc_index", "", 0, 500, "Index of volatile organic compounds, on the sensor's own scale.",
    ),
    number("nox_index", "", 0, 500, "Index of nitrogen oxides, on the sensor's own scale."),
    number("noise_dba", "dB(A)", 0, 194, "Sound level, A-weighted.", device_class="sound_pressure"),
    number(
        "noise_average_dba", "dB(A)", 0, 194, "Mean sound level since the last report, A-weighted.",
        device_class="sound_pressure",
    ),
    number(
        "noise_peak_dba", "dB(A)", 0, 194, "Highest sound level since the last report, A-weighted.",
        device_class="sound_pressure",
    ),
)  # fmt: skip
"""In the order of the page."""
