"""EUIs, bytes and times as the MQTT dialects write them in JSON text.

    EUI      "0016c001f153a14c"          also upper case, with - or : between the bytes
             "ABbAAfFToUw="              ChirpStack 3: base64 of the 8 bytes
    bytes    "gKb+agGABQABOIc6cwQ="      base64; padding or the standard alphabet may be missing
    time     "2022-08-03T14:37:43.383634108Z", "...+00:00"      RFC 3339, 0 to 9 decimals
    GPS      "1398567863.123456s"        seconds since 1980-01-06, leap seconds not taken off
             "332535h29m12.222s"         LoRa Server 2

Source: RFC 4648, RFC 3339, protobuf.dev "ProtoJSON format"; chirpstack-gateway-bridge docs v2.7.1, v3.2.1.
"""

import re
from binascii import a2b_base64
from functools import lru_cache

from gateway.sources.gateway_time import unix_ns, unix_ns_from_gps_ms

_EUIS_MAX = 4096
"""EUIs remembered at once: every gateway a broker could have; devices beyond it only cost time."""
_HEX_EUI = re.compile(r"[0-9a-fA-F]{2}([-:]?)(?:[0-9a-fA-F]{2}\1){6}[0-9a-fA-F]{2}", re.ASCII)
_HEX_DEV_ADDR = re.compile(r"[0-9a-fA-F]{8}", re.ASCII)
_URL_ALPHABET = str.maketrans("-_", "+/")

_NS = 1_000_000_000
NS_MAX = 2**63 - 1
"""Times are kept as signed 64-bit ns: up to the year 2262."""
_GPS_SECONDS = re.compile(r"(?:(\d{1,7})h)?(?:(\d{1,2})m)?(\d{1,10})", re.ASCII)


@lru_cache(maxsize=_EUIS_MAX)
def eui(text: str) -> str:
    """An EUI as 16 lower-case hex digits, from hex text.

    Raises:
        ValueError: it is none.
    """
    if _HEX_EUI.fullmatch(text) is None:
        raise ValueError(f"{_shortened(text)} is not an EUI of 16 hex digits")
    return text.replace("-", "").replace(":", "").lower()


@lru_cache(maxsize=_EUIS_MAX)
def eui_from_either(text: str) -> str:
    """An EUI as 16 lower-case hex digits, from hex text or from base64 of its 8 bytes.

    Raises:
        ValueError: it is neither.
    """
    return eui(text) if len(text) >= 16 else _hex_from_base64(text, 8)


def dev_addr(text: str) -> str:
    """A DevAddr as 8 lower-case hex digits, from hex text or base64 of its 4 bytes; "" stays "".

    Raises:
        ValueError: it is neither. Base64 has to have its padding: six hex digits are base64 of 4 bytes, too.
    """
    if not text:
        return ""
    if _HEX_DEV_ADDR.fullmatch(text):
        return text.lower()
    if not text.endswith("=="):
        raise ValueError(f"{_shortened(text)} is neither hex nor base64 of 4 bytes")
    return _hex_from_base64(text, 4)


def from_base64(text: str) -> bytes:
    """The bytes of base64 text, with or without padding, in the standard or the URL alphabet.

    Raises:
        ValueError: it is not base64.
    """
    bare = text.translate(_URL_ALPHABET).rstrip("=")
    try:
        return a2b_base64(bare + "=" * (-len(bare) % 4), strict_mode=True)
    except ValueError:
        raise ValueError(f"{_shortened(text)} is not base64") from None


def time_ns(text: str | None) -> int | None:
    """Unix ns of an RFC 3339 text; None for what is missing or unreadable."""
    if not text:
        return None
    # The one form that all servers write, without the regular expression that reads every other.
    fraction = text[20:-1]
    if text[-1] == "Z" and text[19:20] == "." and fraction.isdecimal():
        second_ns = _second_ns(text[:19])
        return None if second_ns is None else second_ns + int(fraction[:9].ljust(9, "0"))
    return unix_ns(text)


@lru_cache(maxsize=64)  # the messages of one burst share their second
def _second_ns(text: str) -> int | None:
    return unix_ns(text)


def gps_time_ns(text: str | None) -> int | None:
    """Unix ns, leap seconds taken off, of a time since the GPS epoch; None for missing or unreadable."""
    if not text or text[-1] != "s":
        return None
    whole, dot, fraction = text[:-1].partition(".")
    second_ns = _gps_second_ns(whole)
    if second_ns is None or not dot:
        return second_ns
    return second_ns + int(fraction[:9].ljust(9, "0")) if fraction.isdecimal() else None


@lru_cache(maxsize=64)  # as for _second_ns
def _gps_second_ns(text: str) -> int | None:
    found = _GPS_SECONDS.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = found.groups("0")
    return gps_ns_as_unix_ns((int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * _NS)


def gps_ns_as_unix_ns(gps_ns: int) -> int | None:
    """Unix ns of ns since the GPS epoch, leap seconds taken off; None where it cannot be a gateway's."""
    milliseconds, rest_ns = divmod(gps_ns, 1_000_000)
    unix = unix_ns_from_gps_ms(milliseconds)
    return None if unix is None else unix + rest_ns


def _hex_from_base64(text: str, length_bytes: int) -> str:
    raw = from_base64(text)
    if len(raw) != length_bytes:
        raise ValueError(f"{_shortened(text)} is neither hex nor base64 of {length_bytes} bytes")
    return raw.hex()


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")
