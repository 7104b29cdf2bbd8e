"""A second reading of JSON that did not fit its struct: what other writers write differently.

Base64 without padding or with the URL alphabet, numbers as text, `null` for a missing value. Only messages
that the first reading refused come here.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct, json

from gateway.sources.mqtt.dialects.scalars import from_base64

_BYTES_KEYS = frozenset({"phyPayload", "context", "data", "frm_payload"})
"""Keys that hold base64 wherever they are in a message of the dialects read here."""
_DEPTH_MAX = 8
"""Deeper values are left as they are; rxInfo is at 2, a gateway's location at 3."""

_StructT = TypeVar("_StructT", bound=Struct)


def reread(
    payload: bytes, kind: type[_StructT], read_bytes: Callable[[str], bytes] = from_base64
) -> _StructT:
    """The message as `kind`, with what can be understood put into the form that is expected.

    `read_bytes` says how its bytes are written.

    Raises:
        ValueError: it is no JSON, or still does not fit; the message says what and where.
    """
    try:
        # Through text once more, because the parts that are kept as text (msgspec.Raw) need one.
        return json.decode(
            json.encode(_regular(json.decode(payload), read_bytes, 0)), type=kind, strict=False
        )
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _regular(value: object, read_bytes: Callable[[str], bytes], depth: int) -> object:
    if depth > _DEPTH_MAX:
        return value
    if isinstance(value, list):
        return [_regular(item, read_bytes, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: b64encode(read_bytes(item)).decode()
        if key in _BYTES_KEYS and isinstance(item, str)
        else _regular(item, read_bytes, depth + 1)
        for key, item in value.items()
        if item is not None
    }
