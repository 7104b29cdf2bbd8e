"""Guards the mendings of rxpk texts: each has a text that needs it and one that must be left alone."""

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.rxpk_mending import converted, mended, phy_payload


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"stat":?,"a":1}', b'{"stat":null,"a":1}'),
        (b'{"lsnr":nan}', b'{"lsnr":null}'),
        (b'{"lsnr":-nan,"rssi": inf }', b'{"lsnr":null,"rssi":null }'),
        (b'{"a":[1],"alti":-Infinity}', b'{"a":[1],"alti":null}'),
        (b'{"a":1}\0\0\0', b'{"a":1}'),
        (b'\xef\xbb\xbf{"a":1}', b'{"a":1}'),
        (b'{"desc":"caf\xe9"}', '{"desc":"caf\ufffd"}'.encode()),
        (b'{"datr":"?","codr":"nan"}', b'{"datr":"?","codr":"nan"}'),
        (b'{"desc":"what?, nan"}', b'{"desc":"what?, nan"}'),
        (b'{"a":1', b'{"a":1'),
        (b"", b""),
    ],
)
def test_only_what_is_no_value_is_mended(text: bytes, expected: bytes) -> None:
    assert mended(text) == expected


@given(st.binary(max_size=300))
def test_mending_any_bytes_gives_utf_8(raw: bytes) -> None:
    mended(raw).decode("utf-8")


class _Row(msgspec.Struct):
    count: int | None = None
    share: float | None = None
    text: str | None = None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"count": 7, "share": 0.5, "text": "x"}, _Row(7, 0.5, "x")),
        ({"count": 7.0, "share": "0.5", "text": "x"}, _Row(7, 0.5, "x")),
        ({"count": "7", "share": 1, "other": []}, _Row(7, 1.0)),
        ({"count": "seven", "share": [], "text": 5}, _Row()),
        ({"count": 7.5, "share": None, "text": None}, _Row()),
        ({"count": {}, "share": "1e999", "text": {"a": 1}}, _Row()),
        ({}, _Row()),
    ],
)
def test_a_field_of_a_wrong_type_is_as_missing(fields: object, expected: _Row) -> None:
    assert converted(fields, _Row) == expected


@pytest.mark.parametrize("fields", [None, [], "text", 5])
def test_what_is_no_object_is_refused(fields: object) -> None:
    with pytest.raises(ValueError, match="it is no object"):
        converted(fields, _Row)


@given(st.binary(max_size=255))
def test_base64_is_read_in_each_alphabet_with_or_without_padding(phy: bytes) -> None:
    for text in (base64.b64encode(phy), base64.urlsafe_b64encode(phy)):
        assert phy_payload(text.decode()) == phy
        assert phy_payload(text.decode().rstrip("=")) == phy


def test_blanks_in_base64_are_left_out() -> None:
    assert phy_payload("AQID\n BAUG ") == bytes([1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize(
    "data", ["A", "AQI=D", "AQ=", "=", "AQ*D", "AQID\u00e9", "A===", "AQ==AQ=="]
)
def test_damaged_base64_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="its data is not base64"):
        phy_payload(data)


def test_missing_data_is_refused() -> None:
    with pytest.raises(ValueError, match="it has no data"):
        phy_payload(None)


def test_a_frame_has_at_most_255_bytes() -> None:
    assert len(phy_payload(base64.b64encode(bytes(255)).decode())) == 255
    with pytest.raises(ValueError, match="256 bytes of data, a frame has at most 255"):
        phy_payload(base64.b64encode(bytes(256)).decode())


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(data: str) -> None:
    try:
        phy_payload(data)
    except ValueError:
        return
