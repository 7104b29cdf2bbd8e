"""Guards the second reading of JSON that did not fit: what is understood, and what stays refused."""

import pytest
from msgspec import Raw, Struct

from gateway.sources.mqtt.dialects.lenient import reread


class Inner(Struct):
    context: bytes = b""
    rssi: float = 1.0


class Outer(Struct):
    data: bytes = b""
    fCnt: int = 7  # noqa: N815
    rxInfo: list[Inner] = []  # noqa: N815
    object: Raw = Raw()


def test_bytes_numbers_and_nulls_are_understood() -> None:
    got = reread(
        b'{"data":"-_8","fCnt":"12","rxInfo":[{"context":"AAAE0g","rssi":null}],"object":null}',
        Outer,
    )
    assert got.data == b"\xfb\xff"
    assert got.fCnt == 12
    assert got.rxInfo == [Inner(b"\0\0\4\xd2", 1.0)]
    assert bytes(got.object) == b""


def test_what_is_not_read_stays_as_it_is() -> None:
    got = reread(b'{"object":{"data":"qg==","n":1.5}}', Outer)
    assert bytes(got.object) == b'{"data":"qg==","n":1.5}'


def test_bytes_can_be_hex() -> None:
    assert reread(b'{"data":"00ff"}', Outer, bytes.fromhex).data == b"\0\xff"


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"7", b"{", b'{"data":"..."}', b'{"data":7}', b'{"fCnt":"x"}', b'{"rxInfo":{}}',
     b"[" * 100_000, b'{"a":' * 100_000],
)  # fmt: skip
def test_what_does_not_fit_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        reread(payload, Outer)
