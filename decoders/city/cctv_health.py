"""CCTV health: one report per camera, of the camera, its recorder, its enclosure and its supply.

    byte 0    1-2      3...
         01   bitmap   the fields of `LAYOUT` whose bits are set, first field first, big-endian

FPort 10 carries reports, FPort 11 stored samples. Source: docs/sensor-payloads.md, made from this table.
A payload of nothing but `camera` is refused, because it says nothing, unless the node could not tell the
camera: that is a fault, and a reading.
"""

from decoders.city.payload import decoder_of
from decoders.layout import I16, U8, U16, Flag, Flags, Layout, Number, Tag

LAYOUT = Layout(
    name="cctv_health",
    title="CCTV health",
    f_port=10,
    fields=(
        Tag(
            name="camera", absent="1",
            description="Channel number of the camera, 0-254.",
        ),
        Flags(
            name="status", width=U16,
            description="State of the camera and its surroundings.",
            flags=(
                Flag("online", "The camera answers."),
                Flag("video_ok", "The video picture is good."),
                Flag("recording", "The video is being recorded."),
                Flag("ir_on", "The infrared light is on."),
                Flag("tamper", "Tampering is detected."),
                Flag("door_open", "The door of the enclosure is open."),
                Flag("mains_ok", "The mains supply is present."),
                Flag("on_battery", "The supply comes from the battery."),
                Flag("storage_fault", "The storage of the recordings is faulty."),
                Flag("clock_synced", "The clock is synchronised."),
            ),
        ),
        Number(
            name="uptime_h", width=U16, unit="h", low=0, high=65534,
            description="Time since the last start.",
        ),
        Number(
            name="frame_rate_fps", width=U8, scale="0.5", unit="frames/s", low=0, high=120,
            description="Frame rate of the video stream.",
        ),
        Number(
            name="bitrate_kbps", width=U16, unit="kbit/s", low=0, high=65534,
            description="Bit rate of the video stream.",
        ),
        Number(
            name="packet_loss_pct", width=U8, scale="0.5", unit="%", low=0, high=100,
            description="Packets lost between node and camera.",
        ),
        Number(
            name="round_trip_ms", width=U16, unit="ms", low=0, high=60000,
            description="Time from node to camera and back.",
        ),
        Number(
            name="storage_used_pct", width=U8, scale="0.5", unit="%", low=0, high=100,
            description="Part of the recording storage in use.",
        ),
        Number(
            name="enclosure_temperature_c", width=I16, scale="0.1", unit="°C", low=-40, high=125,
            description="Temperature inside the enclosure.",
        ),
        Number(
            name="enclosure_humidity_pct", width=U8, scale="0.5", unit="%RH", low=0, high=100,
            description="Relative humidity inside the enclosure.",
        ),
        Number(
            name="supply_voltage_v", width=U16, scale="0.01", unit="V", low=0, high=600,
            description="Supply voltage.",
        ),
        Number(
            name="supply_current_a", width=U16, scale="0.001", unit="A", low=0, high=60,
            description="Supply current.",
        ),
        Number(
            name="ups_charge_pct", width=U8, scale="0.5", unit="%", low=0, high=100,
            description="Charge of the uninterruptible power supply.",
        ),
        Number(
            name="recording_gap_s", width=U16, unit="s", low=0, high=65534,
            description="Longest gap in the recording since the last report.",
        ),
        Number(
            name="reboots", width=U8, unit="", low=0, high=254,
            description="Reboots since the last report.",
        ),
    ),
)  # fmt: skip

DECODER = decoder_of(LAYOUT)
