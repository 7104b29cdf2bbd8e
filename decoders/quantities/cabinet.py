"""Cameras and cabinets: a camera's stream, its enclosure, doors, locks and supply."""

from decoders.quantities.channels import NUMBER
from decoders.quantities.rows import COUNT_HIGHEST, counter, flag, number

CABINET = (
    flag("online", "The camera answers.", device_class="connectivity"),
    flag("video_ok", "The video picture is good."),
    flag("recording", "The video is being recorded.", device_class="running"),
    flag("ir_on", "The infrared light is on.", device_class="light"),
    number("frame_rate_fps", "frames/s", 0, 1000, "Frame rate of the video stream."),
    number(
        "bitrate_kbps", "kbit/s", 0, 1e7, "Bit rate of the video stream.",
        device_class="data_rate",
    ),
    number("packet_loss_pct", "%", 0, 100, "Packets lost between node and camera."),
    number(
        "round_trip_ms", "ms", 0, 600_000, "Time from node to camera and back.",
        device_class="duration",
    ),
    number("storage_used_pct", "%", 0, 100, "Part of the recording storage in use."),
    flag("storage_fault", "The storage of the recordings is faulty.", device_class="problem"),
    number(
        "recording_gap_s", "s", 0, COUNT_HIGHEST, "Longest gap in the recording since the last report.",
        device_class="duration",
    ),
    flag("clock_synced", "The clock is synchronised."),
    flag("link_up", "The network port has a link.", NUMBER, device_class="connectivity"),
    number(
        "port_power_w", "W", 0, 1000, "Power that a network port gives (PoE).",
        NUMBER, device_class="power",
    ),
    number(
        "enclosure_temperature_c", "°C", -100, 200, "Temperature inside the enclosure.",
        device_class="temperature",
    ),
    number(
        "enclosure_humidity_pct", "%RH", 0, 100, "Relative humidity inside the enclosure.",
        device_class="humidity",
    ),
    flag(
        "door_open", "The door of the enclosure is open.",
        NUMBER, ttn="action.contactState", device_class="door",
    ),
    counter("door_open_count", "", "Openings of the door, counted up.", NUMBER),
    number(
        "door_open_s", "s", 0, COUNT_HIGHEST, "How long the door was open the last time.",
        NUMBER, device_class="duration",
    ),
    flag(
        "door_open_too_long", "The door stood open longer than it may.",
        NUMBER, device_class="problem",
    ),
    flag("tamper", "Tampering is detected.", device_class="tamper"),
    flag("leak", "Water is detected.", NUMBER, ttn="water.leak", device_class="moisture"),
    counter("leak_count", "", "Leaks, counted up.", NUMBER),
    number(
        "leak_s", "s", 0, COUNT_HIGHEST, "How long water was there the last time.",
        NUMBER, device_class="duration",
    ),
    flag("smoke", "Smoke is detected.", device_class="smoke"),
    flag("vibration", "Vibration is detected.", device_class="vibration"),
    counter("vibration_count", "", "Vibrations since the last report."),
    number("tilt_deg", "°", -180, 180, "Angle from the upright."),
    flag("mains_ok", "The mains supply is present.", device_class="power"),
    flag("on_battery", "The supply comes from the battery."),
    number("supply_voltage_v", "V", 0, 600, "Supply voltage.", NUMBER, device_class="voltage"),
    number("supply_voltage_max_v", "V", -600, 600, "Highest supply voltage.", device_class="voltage"),
    number("supply_voltage_min_v", "V", -600, 600, "Lowest supply voltage.", device_class="voltage"),
    number("supply_current_a", "A", 0, 60, "Supply current.", NUMBER, device_class="current"),
    number(
        "ups_charge_pct", "%", 0, 100, "Charge of the uninterruptible power supply.",
        device_class="battery",
    ),
)  # fmt: skip
"""In the order of the page."""
