"""Energy: an electricity meter of one to three phases.

    byte 0    1-2      3...
         01   bitmap   the fields of `LAYOUT` whose bits are set, first field first, big-endian

FPort 30 carries reports, FPort 31 stored samples. Source: docs/sensor-payloads.md, made from this table.
Power that leaves the site is negative. The counters fit a float exactly, 2^48 being less than 2^53.
"""

from decoders.city.payload import decoder_of
from decoders.layout import I16, I32, U8, U16, U24, U32, U48, Flag, Flags, Layout, Number

LAYOUT = Layout(
    name="energy",
    title="Energy",
    f_port=30,
    fields=(
        Number(
            name="energy_import_wh", width=U48, unit="Wh", low=0, high=2**48 - 2,
            description="Energy taken from the grid, a counter.",
        ),
        Number(
            name="energy_export_wh", width=U48, unit="Wh", low=0, high=2**48 - 2,
            description="Energy given to the grid, a counter.",
        ),
        Number(
            name="active_power_w", width=I32, unit="W", low=-(10**9), high=10**9,
            description="Active power of all phases; negative is export.",
        ),
        Number(
            name="reactive_power_var", width=I32, unit="var", low=-(10**9), high=10**9,
            description="Reactive power of all phases.",
        ),
        Number(
            name="apparent_power_va", width=U32, unit="VA", low=0, high=10**9,
            description="Apparent power of all phases.",
        ),
        Number(
            name="power_factor", width=I16, scale="0.001", unit="", low=-1, high=1,
            description="Active power over apparent power.",
        ),
        Number(
            name="frequency_hz", width=U16, scale="0.01", unit="Hz", low=40, high=70,
            description="Frequency of the grid.",
        ),
        Number(
            name="voltage_l1_v", width=U16, scale="0.1", unit="V", low=0, high=1000,
            description="Voltage of phase 1.",
        ),
        Number(
            name="voltage_l2_v", width=U16, scale="0.1", unit="V", low=0, high=1000,
            description="Voltage of phase 2.",
        ),
        Number(
            name="voltage_l3_v", width=U16, scale="0.1", unit="V", low=0, high=1000,
            description="Voltage of phase 3.",
        ),
        Number(
            name="current_l1_a", width=U24, scale="0.001", unit="A", low=0, high=10000,
            description="Current of phase 1.",
        ),
        Number(
            name="current_l2_a", width=U24, scale="0.001", unit="A", low=0, high=10000,
            description="Current of phase 2.",
        ),
        Number(
            name="current_l3_a", width=U24, scale="0.001", unit="A", low=0, high=10000,
            description="Current of phase 3.",
        ),
        Number(
            name="demand_peak_w", width=U32, unit="W", low=0, high=10**9,
            description="Highest demand.",
        ),
        Flags(
            name="status", width=U8,
            description="State of the meter and its load.",
            flags=(
                Flag("relay_on", "The relay is on."),
                Flag("tamper", "Tampering is detected."),
                Flag("phase_loss", "A phase is missing."),
                Flag("overload", "The load is too high."),
            ),
        ),
    ),
)  # fmt: skip

DECODER = decoder_of(LAYOUT)
