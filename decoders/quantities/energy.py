"""Energy: electricity by phase and in all, and what meters of water, gas and heat count.

Power and current that leave the site are negative.
"""

from decoders.quantities.channels import NUMBER, PHASE, PHASE_OR_NUMBER
from decoders.quantities.rows import counter, flag, number

_METERED = ("phase", "tariff", "number")

ENERGY = (
    counter(
        "energy_import_wh", "Wh", "Energy taken from the grid, a counter.",
        _METERED, device_class="energy",
    ),
    counter(
        "energy_export_wh", "Wh", "Energy given to the grid, a counter.",
        _METERED, device_class="energy",
    ),
    counter(
        "reactive_energy_import_varh", "varh", "Reactive energy taken from the grid, a counter.",
        _METERED, device_class="reactive_energy",
    ),
    counter(
        "reactive_energy_export_varh", "varh", "Reactive energy given to the grid, a counter.",
        _METERED, device_class="reactive_energy",
    ),
    counter("apparent_energy_vah", "VAh", "Apparent energy, a counter.", _METERED),
    counter(
        "charge_ah", "Ah", "Charge that has flowed, a counter. It is no energy: the voltage is not measured.",
        PHASE_OR_NUMBER,
    ),
    number(
        "active_power_w", "W", -1e9, 1e9, "Active power; negative is export.",
        PHASE_OR_NUMBER, device_class="power",
    ),
    number(
        "reactive_power_var", "var", -1e9, 1e9, "Reactive power.",
        PHASE_OR_NUMBER, device_class="reactive_power",
    ),
    number(
        "active_power_import_w", "W", 0, 1e9, "Active power taken from the grid.",
        PHASE, device_class="power",
    ),
    number(
        "active_power_export_w", "W", 0, 1e9, "Active power given to the grid.",
        PHASE, device_class="power",
    ),
    number(
        "reactive_power_import_var", "var", 0, 1e9, "Reactive power taken from the grid.",
        PHASE, device_class="reactive_power",
    ),
    number(
        "reactive_power_export_var", "var", 0, 1e9, "Reactive power given to the grid.",
        PHASE, device_class="reactive_power",
    ),
    number(
        "apparent_power_va", "VA", 0, 1e9, "Apparent power.",
        PHASE_OR_NUMBER, device_class="apparent_power",
    ),
    number(
        "power_factor", "", -1, 1, "Active power over apparent power.",
        PHASE_OR_NUMBER, device_class="power_factor",
    ),
    number("frequency_hz", "Hz", 40, 70, "Frequency of the grid.", device_class="frequency"),
    number(
        "voltage_v", "V", 0, 100_000, "Voltage.",
        ("phase", "pair", "number"), device_class="voltage",
    ),
    number("current_a", "A", -10_000, 10_000, "Current.", PHASE_OR_NUMBER, device_class="current"),
    number(
        "current_neutral_a", "A", -10_000, 10_000, "Current of the neutral conductor.",
        device_class="current",
    ),
    number(
        "current_max_a", "A", -10_000, 10_000, "Highest current since the last report.",
        PHASE_OR_NUMBER, device_class="current",
    ),
    number(
        "current_min_a", "A", -10_000, 10_000, "Lowest current since the last report.",
        PHASE_OR_NUMBER, device_class="current",
    ),
    number(
        "phase_angle_deg", "°", -360, 360, "Angle between voltage and current.",
        PHASE_OR_NUMBER,
    ),
    number(
        "current_demand_peak_a", "A", -10_000, 10_000, "Highest mean current of a demand interval.",
        PHASE, device_class="current",
    ),
    number(
        "current_raw_ma", "mA", 0, 65535, "Current before its multiplier, which another report tells.",
        NUMBER,
    ),
    number("current_multiplier", "", 1, 255, "Multiplier of a current that another report tells.", NUMBER),
    number(
        "transformer_primary_a", "A", 0, 65535, "Current transformer, primary side.",
        device_class="current",
    ),
    number(
        "transformer_secondary_a", "A", 0, 255, "Current transformer, secondary side.",
        device_class="current",
    ),
    number(
        "transformer_primary_v", "V", 0, 2**32 - 1, "Voltage transformer, primary side.",
        device_class="voltage",
    ),
    number(
        "transformer_secondary_v", "V", 0, 65535, "Voltage transformer, secondary side.",
        device_class="voltage",
    ),
    counter("over_voltages", "", "Times the voltage was too high since the last report."),
    counter("brownouts", "", "Times the voltage was away since the last report."),
    counter("voltage_sags", "", "Times the voltage was too low since the last report."),
    number(
        "frequency_min_hz", "Hz", 40, 70, "Lowest frequency since the last report.",
        device_class="frequency",
    ),
    number(
        "frequency_max_hz", "Hz", 40, 70, "Highest frequency since the last report.",
        device_class="frequency",
    ),
    number(
        "voltage_min_v", "V", 0, 100_000, "Lowest voltage since the last report.",
        device_class="voltage",
    ),
    number(
        "voltage_max_v", "V", 0, 100_000, "Highest voltage since the last report.",
        device_class="voltage",
    ),
    number("voltage_peak_v", "V", 0, 150_000, "Peak of the wave of the voltage.", device_class="voltage"),
    number(
        "voltage_peak_min_v", "V", 0, 150_000, "Lowest peak since the last report.",
        device_class="voltage",
    ),
    number(
        "voltage_peak_max_v", "V", 0, 150_000, "Highest peak since the last report.",
        device_class="voltage",
    ),
    number("samples_averaged", "", 0, 65535, "Measurements that the powers are the mean of."),
    number(
        "reactive_energy_net_varh", "varh", -1e15, 1e15, "Reactive energy taken less what was given.",
        PHASE,
    ),
    number("energy_net_wh", "Wh", -1e15, 1e15, "Energy taken less what was given.", PHASE),
    number("voltage_thd_pct", "%", 0, 1000, "Harmonic distortion of the voltage.", PHASE),
    number("current_thd_pct", "%", 0, 1000, "Harmonic distortion of the current.", PHASE),
    number("demand_w", "W", -1e9, 1e9, "Mean power of the demand interval.", device_class="power"),
    number("demand_peak_w", "W", 0, 1e9, "Highest demand.", device_class="power"),
    flag("relay_on", "The relay is on.", device_class="power"),
    flag("phase_loss", "A phase is missing.", device_class="problem"),
    flag("overload", "The load is too high.", device_class="problem"),
    flag(
        "current_alarm", "The current crossed its threshold.",
        PHASE_OR_NUMBER, device_class="problem",
    ),
    flag(
        "current_over_range", "The current is more than the sensor can measure.",
        PHASE_OR_NUMBER, device_class="problem",
    ),
    flag("voltage_alarm", "The voltage crossed its threshold.", PHASE, device_class="problem"),
    counter(
        "water_total_l", "L", "Water that has flowed, a counter.",
        NUMBER, ttn="metering.water.total", device_class="water",
    ),
    number(
        "water_flow_l_h", "L/h", 0, 1e9, "Flow of water.",
        NUMBER, device_class="volume_flow_rate",
    ),
    counter("gas_total_m3", "m³", "Gas that has flowed, a counter.", NUMBER, device_class="gas"),
    counter(
        "heat_energy_wh", "Wh", "Heat that was given, a counter.",
        NUMBER, device_class="energy",
    ),
)  # fmt: skip
"""In the order of the page."""
