"""One `[[device]]` as it is written: each key by itself. What keys mean together is `device_rules`.

Digits may be written with `-`, `:` or blanks between them and in capitals. A value of digits is never
repeated in a fault: whoever swaps two lines would find a key in the log. Its length is told instead.
"""

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from gateway.device import KEY_NAMES, NO_KEYS, DeviceKeys
from gateway.settings import Duration, Section

EUI_DIGITS = 16
ADDRESS_DIGITS = 8
KEY_DIGITS = 32
PREFIX_DIGITS_MAX = 32
"""Plain LoRa: 16 bytes tell more devices apart than there are."""

_BETWEEN_DIGITS = str.maketrans("", "", "-: ")
_HEX = re.compile(r"[0-9a-f]*")
_LONG_AS = {EUI_DIGITS: "an EUI", ADDRESS_DIGITS: "a dev_addr", KEY_DIGITS: "a key"}
_MEASUREMENT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


def _digits(count: int) -> Callable[[object], str]:
    """A validator that takes exactly so many hex digits and gives them in lower case."""

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"write {count} hex digits in quotes")
        text = value.translate(_BETWEEN_DIGITS).lower()
        if len(text) != count:
            raise ValueError(
                f"has {len(text)} character{'s'[: len(text) != 1]}, {count} hex digits are needed"
                + _swapped(text)
            )
        if not _HEX.fullmatch(text):
            raise ValueError(
                f"holds a character that is no hex digit; write {count} of 0-9 and a-f"
            )
        return text

    return check


def _swapped(text: str) -> str:
    other = _LONG_AS.get(len(text))
    return f"; this is as long as {other}, look whether two lines are swapped" if other else ""


def _prefix(value: object) -> bytes:
    text = value.translate(_BETWEEN_DIGITS).lower() if isinstance(value, str) else ""
    if not text or len(text) % 2 or len(text) > PREFIX_DIGITS_MAX or not _HEX.fullmatch(text):
        raise ValueError('write the first bytes as pairs of hex digits, such as "a1b2", 16 at most')
    return bytes.fromhex(text)


def _device_name(value: str) -> str:
    if not value.strip() or value != value.strip() or len(value) > 64:
        raise ValueError("write 1 to 64 characters without blanks around them")
    if not value.isprintable() or "\\" in value:
        raise ValueError("holds a control character or a backslash; it becomes the tag `device`")
    return value


def _measurement(value: str) -> str:
    if not _MEASUREMENT.fullmatch(value):
        raise ValueError("write letters, digits, _ . or -, beginning with a letter")
    if value == "lora_link":
        raise ValueError("lora_link is the measurement of receptions; take another name")
    return value


def _key(value: object) -> bytes:
    return bytes.fromhex(_key_digits(value))


_key_digits = _digits(KEY_DIGITS)
Eui = Annotated[str, BeforeValidator(_digits(EUI_DIGITS))]
Address = Annotated[str, BeforeValidator(_digits(ADDRESS_DIGITS))]
Key = Annotated[bytes, BeforeValidator(_key)]


class KeysRow(Section):
    """One `[[device]]` of the keys file: whose keys, by name or dev_eui, and the keys."""

    model_config = ConfigDict(validate_default=False)

    name: str = ""
    dev_eui: Eui = ""
    nwk_s_key: Key | None = None
    app_s_key: Key | None = None
    f_nwk_s_int_key: Key | None = None
    s_nwk_s_int_key: Key | None = None
    nwk_s_enc_key: Key | None = None
    app_key: Key | None = None
    nwk_key: Key | None = None

    def keys(self) -> DeviceKeys:
        """The keys as one value; one shared value for rows without any."""
        given = {key: value for key in KEY_NAMES if (value := getattr(self, key)) is not None}
        return DeviceKeys(**given) if given else NO_KEYS


class DeviceRow(KeysRow):
    """One `[[device]]` of the devices file."""

    name: Annotated[str, AfterValidator(_device_name)]
    decoder: str = ""
    dev_addr: Address = ""
    join_eui: Eui = ""
    tags: dict[str, str] = Field(default_factory=dict)
    measurement: Annotated[str, AfterValidator(_measurement)] = "sensor"
    profile: str = ""
    expect_every: Annotated[Duration, Field(gt=0)] | None = None
    f_cnt_reset: Literal["refuse", "accept_once"] = "refuse"
    source: str = ""
    address: Annotated[int, Field(ge=0, le=0xFFFFFFFF)] | None = None
    payload_prefix: Annotated[bytes, BeforeValidator(_prefix)] = b""
    f_port: Annotated[int, Field(ge=1, le=223)] | None = None
