"""Guards what a map's values mean: each type in each order, scales, faults, parts, flags and texts, by hand."""

from collections.abc import Callable

import pytest

from decoders.contract import Decoded, Decoder
from decoders.register_map.spelling import LETTERS, TYPES, fetcher, orders_of

Read = Callable[[str], Decoder]

ONE_VALUE = """
measurement = "m"
[[layout]]
length = {length}
[[layout.value]]
offset = {offset}
{value}
"""


def decode(read: Read, payload: str, value: str, offset: int = 0) -> Decoded:
    raw = bytes.fromhex(payload)
    text = ONE_VALUE.format(length=len(raw), offset=offset, value=value)
    (reading,) = read(text).decode(1, raw, None)
    return reading


@pytest.mark.parametrize(
    ("type_name", "order", "payload", "value"),
    [
        ("u8", "A", "fe", 254.0),
        ("s8", "A", "fe", -2.0),
        ("u16", "AB", "0102", 258.0),
        ("u16", "BA", "0102", 513.0),
        ("s16", "AB", "fffe", -2.0),
        ("s16", "BA", "feff", -2.0),
        ("u24", "ABC", "010203", 66051.0),
        ("s24", "CBA", "feffff", -2.0),
        ("u32", "ABCD", "01020304", 16909060.0),
        ("u32", "DCBA", "04030201", 16909060.0),
        ("u32", "CDAB", "03040102", 16909060.0),
        ("u32", "BADC", "02010403", 16909060.0),
        ("s32", "CDAB", "fffeffff", -2.0),
        ("u48", "ABCDEF", "000000000102", 258.0),
        ("s48", "FEDCBA", "feffffffffff", -2.0),
        ("u64", "ABCDEFGH", "0000000000000102", 258.0),
        ("u64", "GHEFCDAB", "0102000000000000", 258.0),
        ("s64", "HGFEDCBA", "feffffffffffffff", -2.0),
        ("float", "ABCD", "c1200000", -10.0),
        ("float32", "CDAB", "0000c120", -10.0),
        ("float", "BADC", "20c10000", -10.0),
        ("float", "DCBA", "000020c1", -10.0),
        ("float16", "AB", "c900", -10.0),
        ("double", "ABCDEFGH", "c024000000000000", -10.0),
        ("float64", "GHEFCDAB", "000000000000c024", -10.0),
        ("bcd8", "A", "42", 42.0),
        ("bcd16", "BA", "3412", 1234.0),
        ("bcd32", "CDAB", "56781234", 12345678.0),
        ("bcd48", "ABCDEF", "000000123456", 123456.0),
        ("bcd64", "ABCDEFGH", "0000000012345678", 12345678.0),
    ],
)
def test_a_type_in_an_order_is_the_number_it_says(
    read: Read, type_name: str, order: str, payload: str, value: float
) -> None:
    reading = decode(read, payload, f'name = "x"\ntype = "{type_name}"\norder = "{order}"')
    assert dict(reading.fields) == {"x": value}
    assert type(reading.fields["x"]) is float


@pytest.mark.parametrize("type_name", sorted(TYPES))
def test_every_order_of_a_type_reads_the_same_number_of_the_same_bytes(type_name: str) -> None:
    number = TYPES[type_name]
    natural = bytes((0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x56, 0x78))[: number.size_bytes]
    numbers = set()
    for order in orders_of(number.size_bytes):
        sent = bytes(natural[LETTERS.index(letter)] for letter in order)
        numbers.add(fetcher(number, 1, order)(b"\xff" + sent + b"\xff"))
    assert len(numbers) == 1


def test_without_an_order_the_byte_order_of_the_map_counts(read: Read) -> None:
    text = ONE_VALUE.format(length=2, offset=0, value='name = "x"\ntype = "u16"')
    assert read(text).decode(1, b"\x01\x02", None)[0].fields == {"x": 258.0}
    little = 'byte_order = "little"\n' + text
    assert read(little).decode(1, b"\x01\x02", None)[0].fields == {"x": 513.0}


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ("scale = 0.1", 25.1),
        ('scale = "0.1"\nadd = -5', 20.1),
        ('scale = "1/60"', 251 / 60),
        ('scale = "-1"', -251.0),
        ("scale = 1e3", 251_000.0),
        ("add = 0.05", 251.05),
    ],
)
def test_scale_and_add_are_exact(read: Read, keys: str, value: float) -> None:
    assert decode(read, "00fb", f'name = "x"\ntype = "u16"\n{keys}').fields == {"x": value}


def test_what_the_device_says_it_could_not_measure_is_a_fault(read: Read) -> None:
    value = 'quantity = "voltage_v"\ntype = "s16"\nfault = [0x7fff, -1]\nbeyond = 0x7ffe'
    assert decode(read, "7fff", value).faults == ("voltage_v",)
    assert decode(read, "ffff", value).faults == ("voltage_v",)
    assert decode(read, "7ffe", value).out_of_range == ("voltage_v",)
    assert decode(read, "fffe", value).out_of_range == (
        "voltage_v",
    )  # below the vocabulary's range
    assert decode(read, "0001", value).fields == {"voltage_v": 1.0}


@pytest.mark.parametrize(("type_name", "payload"), [("float", "7fc00000"), ("bcd16", "12a4")])
def test_what_is_no_number_is_a_fault(read: Read, type_name: str, payload: str) -> None:
    assert decode(read, payload, f'name = "x"\ntype = "{type_name}"').faults == ("x",)


@pytest.mark.parametrize("payload", ["7f800000", "ff800000"])
def test_an_infinite_number_is_no_measurement(read: Read, payload: str) -> None:
    reading = decode(read, payload, 'name = "x"\ntype = "float"')
    assert reading.out_of_range == ("x",)
    assert not reading.fields


def test_the_range_of_ones_own_quantity_counts(read: Read) -> None:
    value = 'name = "x_bar"\nunit = "bar"\nlow = -1\nhigh = 9\ntype = "s8"'
    assert decode(read, "ff", value).fields == {"x_bar": -1.0}
    assert decode(read, "09", value).fields == {"x_bar": 9.0}
    assert decode(read, "fe", value).out_of_range == ("x_bar",)
    assert decode(read, "0a", value).out_of_range == ("x_bar",)


def test_a_part_of_a_number_is_read(read: Read) -> None:
    value = 'quantity = "battery_v"\ntype = "u16"\nbits = [0, 14]\nscale = 0.001'
    assert decode(read, "cb88", value).fields == {"battery_v": 2.952}


@pytest.mark.parametrize(("payload", "inverted", "value"), [
    ("08", "", True), ("f7", "", False), ("08", "inverted = true", False), ("f7", "inverted = true", True),
])  # fmt: skip
def test_a_bit_is_a_flag(read: Read, payload: str, inverted: str, value: bool) -> None:
    keys = f'quantity = "door_open"\ntype = "u8"\nbit = 3\n{inverted}'
    assert decode(read, payload, keys).fields == {"door_open": value}


@pytest.mark.parametrize(("payload", "text"), [
    ("4142430000", "ABC"), ("4142200000", "AB"), ("0142430000", "0142430000"), ("ff42430000", "ff42430000"),
    ("0000000000", "0000000000"),
])  # fmt: skip
def test_a_text_is_ascii_or_hex(read: Read, payload: str, text: str) -> None:
    keys = 'quantity = "serial_number"\ntype = "text"\nbytes = 5'
    assert decode(read, payload, keys).fields == {"serial_number": text}
