"""Inputs and outputs of controllers: what a terminal carries, when nobody said what is connected to it."""

from decoders.quantities.channels import INPUT, NUMBER
from decoders.quantities.rows import counter, flag, number

IO = (
    flag("di", "The digital input is high.", INPUT),
    flag("do", "The digital output is high.", INPUT),
    flag("relay", "The relay is closed.", INPUT, device_class="power"),
    counter("counter", "", "Pulses at the input, counted up.", INPUT),
    counter("pulses", "", "Pulses at the input since the last report.", INPUT),
    number("ai_v", "V", -1000, 1000, "Voltage at the analog input.", INPUT, device_class="voltage"),
    number(
        "ai_ma", "mA", -1000, 1000, "Current at the analog input.",
        INPUT, device_class="current",
    ),
    number(
        "ai_mv", "mV", -1e6, 1e6, "Voltage at the analog input, in mV.",
        INPUT, device_class="voltage",
    ),
    number("ai_ohm", "Ω", 0, 1e9, "Resistance at the analog input.", INPUT),
    number("analog_in", "", -1e6, 1e6, "Analog input of any unit.", INPUT),
    number("analog_out", "", -1e6, 1e6, "Analog output of any unit.", INPUT),
    flag("switch_on", "The switch is on.", device_class="power"),
    number("value", "", -3.5e38, 3.5e38, "A number of which the device does not say what it is.", INPUT),
    number("percentage_pct", "%", 0, 100, "A percentage of which the device does not say what it is."),
    number("concentration_ppm", "ppm", 0, 1e6, "Concentration of something the device does not name."),
    number("modbus", "", -3.5e38, 3.5e38, "What was read over Modbus, as the registers have it.", NUMBER),
    number("modbus_error", "", 0, 255, "Error of the device's Modbus line, 0 is none."),
    number(
        "count_interval_s", "s", 0, 1e9, "Time in which the pulses were counted.",
        NUMBER, device_class="duration",
    ),
    number("strain_um_m", "µm/m", -1e6, 1e6, "Strain."),
    number("ai_pct", "%", 0, 100, "Position of a potentiometer.", INPUT),
)  # fmt: skip
"""In the order of the page."""
