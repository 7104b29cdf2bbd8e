"""JavaScript codecs as their makers publish them: the pure half. What runs them is no part of this package.

    prelude.js, the codec, find.js -> one function of (FPort, bytes, time) -> JSON text -> answer.py

A codec is a plain, sloppy script. It finds what codecs of the field expect, and no more: `console` (which says
nothing), `exports`, `module`, `driver`, and a small `Buffer`. No files, timers, network or modules, no Intl.
Each codec text has a realm of its own.

Sources: LoRa Alliance TS013-1.0.0 (decodeUplink, normalizeUplink of The Things Stack); ChirpStack 3 (Decode);
The Things Network 2 (Decoder).
"""
