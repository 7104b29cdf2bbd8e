"""Presence: motion, occupancy and people who pass."""

from decoders.quantities.channels import NUMBER
from decoders.quantities.rows import COUNT_HIGHEST, counter, flag, number

PRESENCE = (
    flag("motion", "Something moves.", ttn="action.motion.detected", device_class="motion"),
    counter("motion_count", "", "Movements since the last report.", ttn="action.motion.count"),
    flag("occupied", "Somebody is there.", NUMBER, device_class="occupancy"),
    counter("people_in", "", "People who came in since the last report.", NUMBER),
    counter("people_out", "", "People who went out since the last report.", NUMBER),
    counter("people_in_total", "", "People who came in, counted up.", NUMBER),
    counter("people_out_total", "", "People who went out, counted up.", NUMBER),
    number("people_now", "", 0, COUNT_HIGHEST, "People who are there.", NUMBER),
    number(
        "distance_mm", "mm", 0, 1e6, "Distance to what is in front of the sensor.",
        NUMBER, device_class="distance",
    ),
    number(
        "distance_min_mm", "mm", 0, 1e6, "Shortest of several measured distances.",
        device_class="distance",
    ),
    number(
        "distance_max_mm", "mm", 0, 1e6, "Longest of several measured distances.",
        device_class="distance",
    ),
    number(
        "distance_median_mm", "mm", 0, 1e6, "Median of several measured distances.",
        device_class="distance",
    ),
    number(
        "distance_p10_mm", "mm", 0, 1e6, "Longer than 10 % of the measured distances.",
        device_class="distance",
    ),
    number(
        "distance_p25_mm", "mm", 0, 1e6, "Longer than 25 % of the measured distances.",
        device_class="distance",
    ),
    number(
        "distance_p75_mm", "mm", 0, 1e6, "Longer than 75 % of the measured distances.",
        device_class="distance",
    ),
    number(
        "distance_p90_mm", "mm", 0, 1e6, "Longer than 90 % of the measured distances.",
        device_class="distance",
    ),
    number(
        "distance_mode_mm", "mm", 0, 1e6, "The most frequent of the measured distances.",
        device_class="distance",
    ),
    number("samples", "", 0, COUNT_HIGHEST, "Measurements that were tried for one value."),
    number("samples_valid", "", 0, COUNT_HIGHEST, "Measurements that succeeded for one value."),
    number("acquisition_ms", "ms", 0, 1e6, "How long the measurements took.", device_class="duration"),
    number("echo_reliability_db", "dB", -200, 200, "How well the echo was told from noise."),
)  # fmt: skip
"""In the order of the page."""
