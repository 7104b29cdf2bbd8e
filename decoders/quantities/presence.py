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
)  # fmt: skip
"""In the order of the page."""
