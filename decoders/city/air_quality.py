"""Air quality: particles, gases, weather, noise and light of one station.

    byte 0    1-2      3...
         01   bitmap   the fields of `LAYOUT` whose bits are set, first field first, big-endian

FPort 20 carries reports, FPort 21 stored samples. Source: docs/sensor-payloads.md, made from this table.
"""

from decoders.city.payload import decoder_of
from decoders.layout import I16, U8, U16, Layout, Number

LAYOUT = Layout(
    name="air_quality",
    title="Air quality",
    f_port=20,
    fields=(
        Number(
            name="pm1_0_ug_m3", width=U16, scale="0.1", unit="µg/m³", low=0, high=5000,
            description="Mass of particles up to 1 µm.",
        ),
        Number(
            name="pm2_5_ug_m3", width=U16, scale="0.1", unit="µg/m³", low=0, high=5000,
            description="Mass of particles up to 2.5 µm.",
        ),
        Number(
            name="pm10_ug_m3", width=U16, scale="0.1", unit="µg/m³", low=0, high=5000,
            description="Mass of particles up to 10 µm.",
        ),
        Number(
            name="co2_ppm", width=U16, unit="ppm", low=0, high=40000,
            description="Carbon dioxide.",
        ),
        Number(
            name="co_ppm", width=U16, scale="0.01", unit="ppm", low=0, high=500,
            description="Carbon monoxide.",
        ),
        Number(
            name="no2_ppb", width=U16, scale="0.1", unit="ppb", low=0, high=5000,
            description="Nitrogen dioxide.",
        ),
        Number(
            name="o3_ppb", width=U16, scale="0.1", unit="ppb", low=0, high=5000,
            description="Ozone.",
        ),
        Number(
            name="so2_ppb", width=U16, scale="0.1", unit="ppb", low=0, high=5000,
            description="Sulphur dioxide.",
        ),
        Number(
            name="tvoc_ppb", width=U16, unit="ppb", low=0, high=60000,
            description="Volatile organic compounds, total.",
        ),
        Number(
            name="temperature_c", width=I16, scale="0.01", unit="°C", low=-40, high=85,
            description="Air temperature.",
        ),
        Number(
            name="humidity_pct", width=U16, scale="0.01", unit="%RH", low=0, high=100,
            description="Relative humidity of the air.",
        ),
        Number(
            name="pressure_hpa", width=U16, scale="0.1", unit="hPa", low=300, high=1100,
            description="Air pressure at the station.",
        ),
        Number(
            name="noise_dba", width=U8, scale="0.5", unit="dB(A)", low=0, high=126,
            description="Sound level, A-weighted.",
        ),
        Number(
            name="illuminance_lx", width=U16, scale="2", unit="lx", low=0, high=131000,
            description="Light that falls on the station.",
        ),
        Number(
            name="battery_v", width=U16, scale="0.001", unit="V", low=0, high=60,
            description="Voltage of the node's battery.",
        ),
    ),
)  # fmt: skip

DECODER = decoder_of(LAYOUT)
