"""The device itself: its battery, its board, its place, its versions."""

from decoders.quantities.channels import NUMBER
from decoders.quantities.rows import COUNT_HIGHEST, counter, flag, number, text

DEVICE = (
    number(
        "battery_v", "V", 0, 60, "Voltage of the node's battery.",
        NUMBER, ttn="battery", device_class="voltage",
    ),
    number("battery_pct", "%", 0, 100, "Charge of the node's battery.", device_class="battery"),
    number(
        "rechargeable_battery_v", "V", 0, 60, "Voltage of the node's rechargeable battery.",
        device_class="voltage",
    ),
    number("solar_v", "V", 0, 1000, "Voltage of the node's solar cell.", device_class="voltage"),
    number(
        "harvest_v", "V", 0, 1000, "Voltage that the node takes from a meter's data line.",
        device_class="voltage",
    ),
    flag("battery_low", "The battery should be changed.", device_class="battery"),
    flag("external_power", "The device is not running from its battery.", device_class="plug"),
    number(
        "board_temperature_c", "°C", -100, 200, "Temperature of the device's own board.",
        NUMBER,
        device_class="temperature",
    ),
    number(
        "board_humidity_pct", "%RH", 0, 100, "Relative humidity at the device's own board.",
        device_class="humidity",
    ),
    number("uptime_h", "h", 0, 1e6, "Time since the last start.", device_class="duration"),
    counter("reboots", "", "Reboots since the last report."),
    number(
        "report_interval_s", "s", 0, COUNT_HIGHEST, "How often the device reports.",
        device_class="duration",
    ),
    number(
        "sensor_status", "", 0, 2**32 - 1, "Status word of the sensor, as its maker counts the bits.",
        NUMBER,
    ),
    flag("alarm", "The device reports an alarm.", NUMBER, device_class="problem"),
    counter("alarm_causes", "", "Criteria for which a report was sent."),
    flag("temperature_alarm", "The temperature crossed its threshold.", device_class="problem"),
    flag("humidity_alarm", "The humidity crossed its threshold.", device_class="problem"),
    flag("co2_alarm", "Carbon dioxide crossed its threshold.", device_class="problem"),
    flag("button", "The button was pressed.", NUMBER),
    flag("buzzer_on", "The buzzer sounds.", device_class="sound"),
    flag("started", "The device has just started."),
    flag("was_reset", "The device was reset to what it left the factory with."),
    number("acceleration_x_g", "g", -1000, 1000, "Acceleration along x."),
    number("acceleration_y_g", "g", -1000, 1000, "Acceleration along y."),
    number("acceleration_z_g", "g", -1000, 1000, "Acceleration along z."),
    number("tilt_x_deg", "°", -360, 360, "Angle around x."),
    number("tilt_y_deg", "°", -360, 360, "Angle around y."),
    number("tilt_z_deg", "°", -360, 360, "Angle around z."),
    number("latitude_deg", "°", -90, 90, "Latitude, north is positive.", ttn="position.latitude"),
    number(
        "longitude_deg", "°", -180, 180, "Longitude, east is positive.",
        ttn="position.longitude",
    ),
    number("altitude_m", "m", -1000, 100_000, "Height above the sea."),
    number("direction_deg", "°", 0, 360, "Direction, 0 is north."),
    number("gyro_x_deg_s", "°/s", -10_000, 10_000, "Turn around x."),
    number("gyro_y_deg_s", "°/s", -10_000, 10_000, "Turn around y."),
    number("gyro_z_deg_s", "°/s", -10_000, 10_000, "Turn around z."),
    number("device_clock_s", "s", 0, 2**32 - 1, "The device's own clock, in seconds after 1970."),
    text("colour", "A colour as #rrggbb."),
    number("speed_km_h", "km/h", 0, 2000, "Speed over the ground.", device_class="speed"),
    text("air_location", "Whether the air is `indoor` or `outdoor`.", ttn="air.location"),
    number("logged_at_s", "s", 0, 2**32 - 1, "When the device logged the values, in seconds after 1970."),
    flag("sensor_removed", "A sensor was taken off the device."),
    text("device_model", "Model, as the device says it."),
    text("firmware_date", "Date of the firmware."),
    text("firmware_version", "Version of the firmware."),
    text("hardware_version", "Version of the hardware."),
    text("serial_number", "The maker's number of the device."),
    text("lorawan_class", "Class of the LoRaWAN device."),
    text("protocol_version", "Version of the payload format."),
    text("data_model_version", "Version of the device's list of values."),
    text("setting_answered", "Answers to settings that were sent to the device: their bytes, as hex."),
)  # fmt: skip
"""In the order of the page."""
