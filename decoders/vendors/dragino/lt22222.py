"""Dragino LT-22222-L and LT-33222-L: controllers with inputs, outputs and relays, 11 bytes on FPort 2.

    byte    0 1     2 3     4 5     6 7     8      9    10
            by the working mode             bits   -    bits 6-7 model (1: LT-22222-L, 0: LT-33222-L),
                                                        bits 0-5 working mode
    mode 1  V 1     V 2     mA 1    mA 2    voltage inputs i16, mV; current inputs i16, µA
    mode 2  count 1 (u32)   count 2 (u32)
    mode 3  count 1 (u32)   mA 1    mA 2
    mode 4  count 1 (u32)   count of the voltage input (u32), here count 2
    mode 5  V 1     V 2     mA 1    count 1 (u16)

    byte 8  7 relay 1, 6 relay 2, 1 output 2 is low, 0 output 1 is low
            mode 1: 4 input 2 is high, 3 input 1 is high
            LT-33222-L: 2 output 3 is low; mode 1: 5 input 3 is high
            other modes: 5 is set in the first report after a start

    FPort 5, byte   0           1          2 3        4-6
                    frequency   sub-band   firmware   report interval, s

Big-endian. Refused: mode 6, which tells settings of triggers. Source: vendor/dragino/lt22222-l.js in
TheThingsNetwork/lorawan-devices (Apache-2.0); codecs/lt-22222-l.js in chirpstack-device-profiles (MIT).
"""

from decoders.contract import About
from decoders.fixed import Choice, OneRecord, decoder_of
from decoders.items import Flag, Item, Value
from decoders.layout import I16, U8, U16, U24, U32
from decoders.record import Gap, Int, Part, Record, Text
from decoders.vendors.dragino.words import version

MODELS = {"LT-22222-L": (1, 2), "LT-33222-L": (0, 3)}
"""Bits 6-7 of byte 10; digital inputs, and outputs. The payload says the model, so either name reads both."""
TRIGGERS = 6

VOLTAGES = (Int(I16, Value("ai1_v", "0.001")), Int(I16, Value("ai2_v", "0.001")))
CURRENTS = (Int(I16, Value("ai1_ma", "0.001")), Int(I16, Value("ai2_ma", "0.001")))
COUNT_1 = Int(U32, Value("counter1"))
COUNT_2 = Int(U32, Value("counter2"))
SHORT_COUNT_1 = Int(U16, Value("counter1"))

RELAYS = (Flag("relay1", bit=7), Flag("relay2", bit=6))
OUTPUTS = (Flag("do1", bit=0, on=0), Flag("do2", bit=1, on=0), Flag("do3", bit=2, on=0))
INPUTS = (Flag("di1", bit=3), Flag("di2", bit=4), Flag("di3", bit=5))
FIRST = Flag("started", bit=5)

MODES: dict[int, tuple[Part, ...]] = {
    1: (*VOLTAGES, *CURRENTS),
    2: (COUNT_1, COUNT_2),
    3: (COUNT_1, *CURRENTS),
    4: (COUNT_1, COUNT_2),
    5: (*VOLTAGES, CURRENTS[0], SHORT_COUNT_1),
}


def _layout(mode: int, terminals: int) -> OneRecord:
    """The layout of a mode; `terminals` are the digital inputs, and the outputs, of the model."""
    bits: tuple[Item, ...] = (*RELAYS, *OUTPUTS[:terminals])
    bits += INPUTS[:terminals] if mode == 1 else (FIRST,)
    return OneRecord("io", Record("big", *MODES[mode], Int(U8, *bits), Gap(2)))


PAYLOAD = Choice(
    size_bytes=11,
    what="byte 10, model and working mode,",
    chosen_by=lambda payload: payload[10],
    layouts={
        model << 6 | mode: _layout(mode, terminals)
        for model, terminals in MODELS.values()
        for mode in MODES
    },
    unsupported={model << 6 | TRIGGERS: "which tells settings of triggers" for model in (0, 1)},
)

ABOUT_ITSELF = OneRecord(
    "device",
    Record(
        "big",
        Gap(2),
        Text("firmware_version", 2, version),
        Int(U24, Value("report_interval_s")),
    ),
)

DECODERS = tuple(
    decoder_of(
        "dragino_" + name.lower().replace("-", "_"),
        {2: PAYLOAD, 5: ABOUT_ITSELF},
        About(
            vendor="Dragino",
            models=(name,),
            measurements=("io", "device"),
            source="TheThingsNetwork/lorawan-devices lt22222-l.js (Apache-2.0);"
            " chirpstack-device-profiles (MIT)",
        ),
    )
    for name in MODELS
)
