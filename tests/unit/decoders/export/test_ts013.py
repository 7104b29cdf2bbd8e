"""Guards the exported codecs: in the engine that runs codecs here, they say what the Python decoder says.

Payloads are good, cut, changed and random ones; answers are compared as values, refusals word by word.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from decoders.city.families import LAYOUTS
from decoders.contract import Decoded, DecodeRefused
from decoders.export.ts013 import codec
from decoders.layout import Layout
from decoders.registry import decoder_named
from tests.unit.decoders.export.payloads import T0, report, spoilt, stored

PAYLOADS = 3000
RECEIVED_AT = datetime.fromtimestamp(T0, UTC)
VECTORS = Path(__file__).parents[3] / "data" / "sensor-payload-vectors.json"
Ask = Callable[[int, bytes, datetime | None], Any]

of_each_family = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)


def asked(layout: Layout, before: str = "") -> Ask:
    """A function that asks the family's codec, which is run behind `before`, for its answer."""
    engine = pytest.importorskip("_quickjs")
    realm = engine.Context()
    realm.eval(before + codec(layout, "a test"))
    call = realm.eval(
        "(function (fPort, bytes, ms) {"
        " const input = { fPort, bytes: JSON.parse(bytes) };"
        " if (ms !== null) input.recvTime = new Date(ms);"
        " return JSON.stringify(decodeUplink(input)); })"
    )

    def ask(f_port: int, payload: bytes, received_at: datetime | None) -> Any:
        ms = None if received_at is None else received_at.timestamp() * 1000
        return json.loads(call(f_port, str(list(payload)), ms))

    return ask


def stated(reading: Decoded) -> dict[str, Any]:
    """A reading as the codec has it."""
    data = {**reading.fields, **reading.tags}
    if reading.faults:
        data["faults"] = list(reading.faults)
    if reading.out_of_range:
        data["out_of_range"] = list(reading.out_of_range)
    if reading.time is not None:
        data["time"] = f"{reading.time:%Y-%m-%dT%H:%M:%S}.000Z"
    return data


def expected(layout: Layout, f_port: int, payload: bytes, received_at: datetime | None) -> Any:
    """What the Python decoder says, as the codec has to say it."""
    try:
        readings = decoder_named(layout.name).decode(f_port, payload, received_at)
    except DecodeRefused as refused:
        return {"errors": [str(refused)]}
    if f_port == layout.f_port:
        return {"data": stated(readings[0])}
    return {"data": {"samples": [stated(reading) for reading in readings]}}


@of_each_family
def test_it_says_of_random_payloads_what_the_decoder_says(layout: Layout) -> None:
    ask, rng = asked(layout), Random(layout.name)
    refused = set()
    for n in range(PAYLOADS):
        stores = n % 3 == 0
        payload = spoilt((stored if stores else report)(layout, rng), rng)
        f_port = layout.f_port + stores if rng.random() < 0.99 else rng.randrange(1, 224)
        at = RECEIVED_AT + timedelta(milliseconds=rng.randrange(1000)) if n % 5 else None
        answer = ask(f_port, payload, at)
        assert answer == expected(layout, f_port, payload, at), (f_port, payload.hex(), at)
        refused.add(answer.get("errors", ["none"])[0].partition(":")[0])
    assert refused == {
        "none", "wrong_port", "wrong_length", "unknown_layout", "malformed", "clock_not_set",
    }  # fmt: skip


@of_each_family
def test_it_passes_the_published_vectors(layout: Layout) -> None:
    ask = asked(layout)
    received_at = datetime(2026, 11, 22, tzinfo=UTC)
    vectors = json.loads(VECTORS.read_text())["vectors"]
    mine = [one for one in vectors if one["decoder"] == layout.name]
    for vector in mine:
        answer = ask(vector["f_port"], bytes.fromhex(vector["payload"]), received_at)
        if "refused" in vector:
            assert answer["errors"][0].partition(":")[0] == vector["refused"], vector
            continue
        records = answer["data"].get("samples", [answer["data"]])
        assert len(records) == len(vector["readings"])
        for record, reading in zip(records, vector["readings"], strict=True):
            assert record.pop("faults", []) == reading["faults"]
            assert record.pop("out_of_range", []) == reading["out_of_range"]
            record.pop("time", None)
            assert record == {**reading["fields"], **reading["tags"]}
    assert len(mine) > 10


@of_each_family
def test_every_cut_of_a_payload_is_refused_in_the_same_words(layout: Layout) -> None:
    ask = asked(layout)
    every = ((1 << len(layout.fields)) - 1).to_bytes(2, "big")
    size = sum(field.width.size_bytes for field in layout.fields)
    payload = b"\x01" + every + bytes(size)
    for length in range(len(payload)):
        answer = ask(layout.f_port, payload[:length], RECEIVED_AT)
        assert answer == expected(layout, layout.f_port, payload[:length], RECEIVED_AT)
        assert "data" not in answer
    assert ask(layout.f_port, payload, RECEIVED_AT)["data"]


@of_each_family
def test_the_longest_stored_samples_end_where_the_decoder_ends(layout: Layout) -> None:
    ask = asked(layout)
    bit = next(n for n, field in enumerate(layout.fields) if field.width.size_bytes == 2)
    head = b"\x01" + T0.to_bytes(4, "big") + b"\x00\x00" + (1 << bit).to_bytes(2, "big")
    for length in (4095, 4096, 4097, 4098):
        payload = head + bytes(length - len(head))
        answer = ask(layout.stored_f_port, payload, RECEIVED_AT)
        assert answer == expected(layout, layout.stored_f_port, payload, RECEIVED_AT)


@of_each_family
def test_times_are_judged_to_the_second_as_the_decoder_judges_them(layout: Layout) -> None:
    ask = asked(layout)
    bit = next(n for n, field in enumerate(layout.fields) if field.width.size_bytes == 2)
    judged = []
    for t0 in (1_577_836_799, 1_577_836_800, T0 + 299, T0 + 300, T0 + 301):
        head = b"\x01" + t0.to_bytes(4, "big") + b"\x00\x01" + (1 << bit).to_bytes(2, "big")
        for ms in (0, 1, 999):
            at = RECEIVED_AT + timedelta(milliseconds=ms)
            answer = ask(layout.stored_f_port, head + bytes(2), at)
            assert answer == expected(layout, layout.stored_f_port, head + bytes(2), at)
            judged.append("data" in answer)
    assert judged == [False] * 3 + [True] * 9 + [False] * 3


@of_each_family
def test_it_runs_as_a_strict_script_as_chirpstack_has_it(layout: Layout) -> None:
    ask = asked(layout, '"use strict";')
    rng = Random(7)
    for _ in range(100):
        payload = spoilt(report(layout, rng), rng)
        assert ask(layout.f_port, payload, None) == expected(layout, layout.f_port, payload, None)


@of_each_family
def test_it_is_ascii_without_a_word_younger_than_es5(layout: Layout) -> None:
    """The Things Stack's engine promises ES5; arrows, templates, const and let came later."""
    text = codec(layout, "a test")
    assert text.isascii()
    code = text.partition("*/")[2]
    for young in ("=>", "`", "const ", "let ", "...", "class ", "padStart"):
        assert young not in code
    assert max(map(len, text.splitlines())) < 400
