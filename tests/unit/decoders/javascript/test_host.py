"""What a codec finds that the engine has not: Buffer, texts of dates and numbers, what the last match found.

Each value is what Node 20 gives with TZ=UTC in its default locale, en-US; "!" stands for an exception.
"""

from typing import Any

import _quickjs
import msgspec
import pytest

from gateway.codec_worker.protocol import ANSWER
from gateway.codec_worker.realm import Codec

AT = "new Date(1675479906000)"  # 2023-02-04T03:05:06Z


def given(expression: str) -> Any:
    """What the expression gives within a codec."""
    codec = Codec(
        _quickjs,
        "function decodeUplink(input) {"
        f" try {{ return {{ data: {{ it: {expression} }} }}; }}"
        " catch (e) { return { data: { it: '!' + e.name } }; } }",
    )
    kind, text = codec.decode(1, b"\x01\x02", 0.0)
    assert kind == ANSWER, text
    return msgspec.json.decode(text)["data"]["it"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("new Buffer('0102', 'hex').toString('hex')", "0102"),
        ("Buffer('AQI=', 'base64').toString('hex')", "0102"),
        ("Buffer([1, 2]) instanceof Buffer", True),
        ("new Buffer(3).length", 3),
        ("Buffer.from([1, 2, 3]).subarray(1).readUInt16BE(0)", 515),
        ("Buffer.from([1, 2, 3]).map((one) => one * 2)", {"type": "Buffer", "data": [2, 4, 6]}),
        ("Buffer.from('hello').indexOf('ll')", 2),
        ("Buffer.from('hello').indexOf('ll', 3)", -1),
        ("Buffer.from('hello').includes('ell')", True),
        ("Buffer.from('hello').lastIndexOf('l')", 3),
        ("Buffer.from([1, 2, 3]).indexOf(Buffer.from([2, 3]))", 1),
        ("Buffer.from([1, 2, 3]).indexOf(258)", 1),
        ("Buffer.from([1, 2, 3, 4]).swap16().toString('hex')", "02010403"),
        ("Buffer.from([1, 2, 3, 4]).swap32().toString('hex')", "04030201"),
        ("Buffer.from([1, 2, 3]).swap16()", "!RangeError"),
        ("Buffer.from('hi').toLocaleString()", "hi"),
        ("(function (b) { b.writeIntBE(-2, 0, 3); return b.toString('hex'); })(Buffer.alloc(3))", "fffffe"),
        ("(function (b) { b.writeIntLE(-2, 0, 3); return b.toString('hex'); })(Buffer.alloc(3))", "feffff"),
        ("(function (b) { b.writeUIntLE(258, 1, 2); return b.toString('hex'); })(Buffer.alloc(4))", "00020100"),
        ("Buffer.alloc(2).writeUInt8(256, 0)", "!RangeError"),
        ("Buffer.alloc(2).writeInt8(-129, 0)", "!RangeError"),
        ("Buffer.alloc(2).writeInt8(-128, 0)", 1),
        ("Buffer.from([1]).readUInt16BE(0)", "!RangeError"),
        ("Buffer.from([1, 2]).readUInt8(0.5)", "!RangeError"),
        ("Buffer.from([1, 2]).readUInt8('0')", "!TypeError"),
        ("Buffer.from([1, 2]).readUIntBE(0, 0)", "!RangeError"),
        ("Buffer.from([255, 255, 254]).readIntBE(0, 3)", -2),
    ],
)  # fmt: skip
def test_a_buffer_is_as_in_node(expression: str, value: object) -> None:
    assert given(expression) == value


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (f"String({AT})", "Sat Feb 04 2023 03:05:06 GMT+0000 (Coordinated Universal Time)"),
        (f"'at ' + {AT}", "at Sat Feb 04 2023 03:05:06 GMT+0000 (Coordinated Universal Time)"),
        (f"{AT}.toTimeString()", "03:05:06 GMT+0000 (Coordinated Universal Time)"),
        ("'' + input.recvTime", "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)"),
        ("String(new Date(NaN))", "Invalid Date"),
        (f"{AT} - 6000", 1675479900000),
        (f"{AT}.toLocaleString()", "2/4/2023, 3:05:06 AM"),
        (f"{AT}.toLocaleTimeString()", "3:05:06 AM"),
        (f"{AT}.toLocaleDateString('en-GB')", "04/02/2023"),
        (f"{AT}.toLocaleString('fr-FR', {{ timeZone: 'UTC' }})", "04/02/2023 03:05:06"),
        (f"{AT}.toLocaleString('de')", "4.2.2023, 03:05:06"),
        (f"{AT}.toLocaleString('en-US', {{ hour12: false }})", "2/4/2023, 03:05:06"),
        ("new Date(0).toLocaleTimeString('en-US', { hour12: false })", "24:00:00"),
        (f"{AT}.toLocaleDateString('en', {{ year: 'numeric', month: '2-digit', day: '2-digit' }})", "02/04/2023"),
        (f"{AT}.toLocaleTimeString([], {{ hour: '2-digit', minute: '2-digit' }})", "03:05 AM"),
    ],
)  # fmt: skip
def test_a_date_is_written_as_in_node(expression: str, text: object) -> None:
    assert given(expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(1.005).toLocaleString('en-US', { maximumFractionDigits: 2 })", "1.01"),
        ("(2.5).toLocaleString(undefined, { maximumFractionDigits: 0 })", "3"),
        ("(1.0005).toLocaleString()", "1.001"),
        ("(0.999).toLocaleString('en-US', { maximumFractionDigits: 1 })", "1"),
        ("(1e-7).toLocaleString()", "0"),
        ("(1234567.891).toLocaleString('de-DE')", "1.234.567,891"),
        ("(1234567.891).toLocaleString('fr-FR')", "1\u202f234\u202f567,891"),
        ("(1234).toLocaleString('es-ES')", "1234"),
        ("(12345).toLocaleString('es-ES')", "12.345"),
    ],
)
def test_a_number_is_written_as_in_node(expression: str, text: str) -> None:
    assert given(expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("/(y+)/.test('yyyy-mm') && 'yyyy-mm'.replace(RegExp.$1, '2026')", "2026-mm"),
        ("'a-b'.replace(/(a)-(b)/, 'x') + RegExp.$1 + RegExp.$2 + RegExp.$3", "xab"),
        ("/b/.test('abc') && RegExp.lastMatch + RegExp['$`'] + RegExp.rightContext", "bac"),
        ("/(b)/.test('abc') && !/z/.test('abc') && RegExp.$1", "b"),
    ],
)
def test_what_the_last_match_found_is_kept(expression: str, text: str) -> None:
    assert given(expression) == text
