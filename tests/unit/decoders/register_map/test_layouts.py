"""Guards how a map chooses a layout, and that every other payload is refused."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.contract import Decoded, Decoder, DecodeRefused
from decoders.register_map.loading import decoder_of

Read = Callable[[str], Decoder]

TWO = """
measurement = "m"
f_port = [2, 3]

[[layout]]
length = 3
when = { offset = 0, mask = 0x7f, equals = 1 }
[[layout.value]]
name = "one"
type = "s16"
offset = 1

[[layout]]
length = 4
when = [{ offset = 0, equals = 2 }, { offset = 3, equals = 0xaa }]
[[layout.value]]
name = "two"
type = "u16"
offset = 1
"""
OTHERWISE = """
[[layout]]
length = 2
[[layout.value]]
name = "three"
type = "u8"
offset = 1
"""


def fields(readings: tuple[Decoded, ...]) -> dict[str, object]:
    (reading,) = readings
    return dict(reading.fields)


def refusal(decoder: Decoder, f_port: int, payload: str) -> tuple[str, str]:
    with pytest.raises(DecodeRefused) as refused:
        decoder.decode(f_port, bytes.fromhex(payload), None)
    return refused.value.reason, refused.value.sentence


def test_the_layout_is_chosen_by_its_conditions(read: Read) -> None:
    decoder = read(TWO)
    assert fields(decoder.decode(2, bytes.fromhex("01fffe"), None)) == {"one": -2.0}
    assert fields(decoder.decode(3, bytes.fromhex("81fffe"), None)) == {"one": -2.0}
    assert fields(decoder.decode(2, bytes.fromhex("02fffeaa"), None)) == {"two": 65534.0}


def test_the_last_layout_may_be_for_all_others(read: Read) -> None:
    decoder = read(TWO + OTHERWISE)
    assert fields(decoder.decode(2, bytes.fromhex("0307"), None)) == {"three": 7.0}
    assert fields(decoder.decode(2, bytes.fromhex("01fffe"), None)) == {"one": -2.0}


def test_what_no_layout_is_for_is_unknown(read: Read) -> None:
    reason, sentence = refusal(read(TWO), 2, "03fffeaa")
    assert reason == "unknown_layout"
    assert "byte 0 & 0x7f = 0x01; byte 0 = 0x02 and byte 3 = 0xaa" in sentence
    assert refusal(read(TWO), 2, "02fffeab")[0] == "unknown_layout"


@pytest.mark.parametrize("payload", ["", "01", "01ff", "01fffe00", "02fffeaa00", "02fffe"])
def test_another_length_is_refused(read: Read, payload: str) -> None:
    assert refusal(read(TWO), 2, payload)[0] == "wrong_length"


def test_another_port_is_refused(read: Read) -> None:
    assert refusal(read(TWO), 4, "01fffe") == (
        "wrong_port", "FPort 4 does not carry maps/test.toml: expected 2, 3",
    )  # fmt: skip


def test_without_a_port_every_application_port_is_taken(read: Read) -> None:
    decoder = read(TWO.replace("f_port = [2, 3]", ""))
    assert decoder.f_ports == frozenset(range(1, 224))
    assert refusal(decoder, 0, "01fffe")[0] == "wrong_port"


def test_the_decoder_says_what_it_can_measure(read: Read) -> None:
    decoder = read(TWO)
    assert [quantity.name for quantity in decoder.quantities] == ["one", "two"]
    assert (decoder.name, decoder.f_ports, decoder.clock_ports) == ("maps/test.toml", {2, 3}, set())


@settings(deadline=None)  # the machine may be busy with other things
@given(
    types=st.lists(
        st.sampled_from(["u8", "s16", "u24", "s32", "u64", "float16", "float", "double", "bcd32"]),
        min_size=1, max_size=6,
    ),
    payload=st.binary(max_size=60),
)  # fmt: skip
def test_random_bytes_are_read_or_refused(types: list[str], payload: bytes) -> None:
    values = [{"name": f"x{n}", "type": t, "offset": n} for n, t in enumerate(types)]
    layout = {"length": max(1, len(payload)), "value": values}
    if layout["length"] < len(types) + 7:
        layout["length"] = len(types) + 7
    decoder = decoder_of({"measurement": "m", "layout": [layout]}, "random")
    try:
        (reading,) = decoder.decode(1, payload, None)
    except DecodeRefused as refused:
        reason = refused.reason
    else:
        assert {*reading.fields, *reading.faults, *reading.out_of_range} == {
            value["name"] for value in values
        }
        assert all(type(value) is float and abs(value) <= 1e30 for value in reading.fields.values())
        return
    assert reason == "wrong_length"
    assert len(payload) != layout["length"]
