"""The link: how a receiver heard an uplink. Fields of the measurement `lora_link`."""

from decoders.quantities.rows import COUNT_HIGHEST, number

LINK = (
    number("rssi_dbm", "dBm", -200, 50, "Strength of the signal.", device_class="signal_strength"),
    number("snr_db", "dB", -50, 50, "Signal over noise.", device_class="signal_strength"),
    number("spreading_factor", "", 5, 12, "Spreading factor."),
    number(
        "frequency_mhz", "MHz", 100, 3000, "Frequency of the channel.",
        device_class="frequency",
    ),
    number("airtime_ms", "ms", 0, 600_000, "Time on air.", device_class="duration"),
    number("f_cnt", "", 0, 2**32 - 1, "The frame counter."),
    number("lost", "", 0, COUNT_HIGHEST, "Frames lost before this one."),
)  # fmt: skip
"""In the order of the fields."""
