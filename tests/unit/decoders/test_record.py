"""Guards records: where each part begins, how wide it is, in either byte order, and what a record can give."""

import struct

import pytest

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.items import Flag, Must, Value
from decoders.layout import I16, U8, U16, U24, U48, Width
from decoders.record import I8, I24, I64, U64, Gap, Int, Order, Real, Record, Text


def number(name: str) -> Value:
    return Value(Quantity(name=name, unit="", type="float"))


def fields(record: Record, payload: bytes, at: int = 0) -> dict[str, object]:
    findings = Findings()
    record.read(payload, at, findings)
    return dict(findings.fields)


@pytest.mark.parametrize("width", [U8, I8, U16, I16, U24, I24, U48, U64, I64], ids=lambda w: w.name)
@pytest.mark.parametrize("order", ["big", "little"])
def test_an_integer_of_every_width_is_read(width: Width, order: Order) -> None:
    record = Record(
        order, Int(U8, number("before")), Int(width, number("x")), Int(U8, number("after"))
    )
    assert record.size_bytes == width.size_bytes + 2
    for value in (width.lowest, 1, width.highest):
        raw = value.to_bytes(width.size_bytes, order, signed=width.signed)
        assert fields(record, b"\xff\x01" + raw + b"\x02", 1) == {
            "before": 1.0, "x": float(value), "after": 2.0,
        }  # fmt: skip


@pytest.mark.parametrize(("size", "code"), [(2, "e"), (4, "f"), (8, "d")])
@pytest.mark.parametrize(("order", "sign"), [("big", ">"), ("little", "<")])
def test_a_float_of_every_width_is_read(size: int, code: str, order: Order, sign: str) -> None:
    record = Record(order, Real(size, number("x")))
    assert fields(record, struct.pack(sign + code, -10.5)) == {"x": -10.5}


def test_gaps_are_passed_over_and_texts_are_kept() -> None:
    record = Record(
        "big", Gap(2), Text("serial_number", 3, bytes.hex), Gap(1), Int(U8, number("x"))
    )
    assert record.size_bytes == 7
    assert fields(record, bytes.fromhex("ffff010203ff04")) == {"serial_number": "010203", "x": 4.0}


def test_several_items_are_read_from_one_integer() -> None:
    battery = Value("battery_v", "0.001", bits=(0, 14))
    record = Record("big", Int(U16, Flag("door_open", bit=15), Flag("leak", bit=14), battery))
    assert fields(record, bytes.fromhex("8b88")) == {
        "door_open": True, "leak": False, "battery_v": 2.952,
    }  # fmt: skip


def test_a_record_names_what_it_can_give_once() -> None:
    record = Record(
        "big", Int(U8, Must(1, "the version")), Int(U8, Flag("leak", bit=0), Value("battery_pct")),
        Gap(1), Text("serial_number", 1, bytes.hex), Int(U8, Value("battery_pct")),
    )  # fmt: skip
    assert [q.name for q in record.quantities] == ["leak", "battery_pct", "serial_number"]


def test_a_record_of_one_part_can_be_read_without_the_record() -> None:
    record = Record("little", Int(I16, Value("temperature_c", "0.1")))
    assert record.single is not None
    unpack, take = record.single
    findings = Findings()
    take(unpack(bytes.fromhex("ff38ff"), 1)[0], findings)
    assert findings.fields == {"temperature_c": -20.0}
    assert Record("big", Int(U8), Int(U8)).single is None
    assert Record("big", Int(U24, number("x"))).single is None
