"""A profile as people write it, in TOML, to a `Profile`.

    names = "vocabulary"                 # or "as_given": as the codec wrote them
    others = "keep"                      # or "drop": what [fields] does not name
    drop = ["payload", "*.unit"]         # paths; * stands for characters within one part
    time = "measured_at"                 # the key with the time of the whole message
    [fields]
    BatV = "battery_v"                                       # another name
    o3 = { to = "o3_ppb", unit = "ppm" }                     # another unit
    iaq = { to = "iaq_index", scale = "0.01", offset = 0 }   # value x scale + offset
    door = { to = "door_open", map = { open = true, closed = false } }
    Volt = { to = "battery_v", type = "number" }             # numeric text, "3.3(low battery)" too
    co2 = { to = "co2_ppm", faults = [65535] }               # values that say: could not measure
    "current_chn*" = "current_{}_a"
    [records.history]                    # an array whose elements are readings of their own
    time = "timestamp"

Every fault is found at once, with the key and what to write instead.
"""

import tomllib
from collections.abc import Mapping

from decoders.normalise.profile import Profile, RecordRule
from decoders.normalise.profile_faults import ProfileFault, ProfileRefused, check_keys, quoted
from decoders.normalise.profile_field import field_rule

_KEYS = ("names", "others", "normalized", "time", "drop", "fields", "records")
_RECORD_KEYS = ("time", "name", "value")
_CHOICES = {
    "names": ("vocabulary", "as_given"),
    "others": ("keep", "drop"),
    "normalized": ("prefer", "ignore"),
}
"""The first is the default."""


def parse_profile(text: str) -> Profile:
    """The profile that a file's text says.

    Raises:
        ProfileRefused: it is no TOML, or says what cannot be meant.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileRefused([ProfileFault("file", None, f"is not TOML: {error}")]) from None
    return profile_of(table)


def profile_of(table: Mapping[str, object]) -> Profile:
    """The profile that a file's keys and values say.

    Raises:
        ProfileRefused: they say what cannot be meant.
    """
    faults: list[ProfileFault] = []
    check_keys("", table, _KEYS, faults)
    choices = {key: _choice(key, table, faults) for key in _CHOICES}
    time = _text("time", table.get("time", ""), faults)
    drop = _texts("drop", table.get("drop", []), faults)
    fields = {
        key: rule
        for key, value in _table("fields", table, faults).items()
        if (rule := field_rule(key, value, faults)) is not None
    }
    records = {
        key: _record_rule(f"records.{quoted(key)}", value, faults)
        for key, value in _table("records", table, faults).items()
    }
    if faults:
        raise ProfileRefused(faults)
    return Profile(time=time, drop=drop, fields=fields, records=records, **choices)  # type: ignore[arg-type]


def _record_rule(where: str, value: object, faults: list[ProfileFault]) -> RecordRule:
    if not isinstance(value, dict):
        faults.append(ProfileFault(where, value, 'write a table: { time = "timestamp" }'))
        return RecordRule()
    check_keys(where, value, _RECORD_KEYS, faults)
    parts = {key: _text(f"{where}.{key}", value.get(key, ""), faults) for key in _RECORD_KEYS}
    if bool(parts["name"]) != bool(parts["value"]):
        faults.append(
            ProfileFault(where, None, "name and value go together; write both or neither")
        )
    if not any(parts.values()):
        faults.append(ProfileFault(where, None, "write time, or name and value, or both"))
    return RecordRule(**parts)


def _choice(key: str, table: Mapping[str, object], faults: list[ProfileFault]) -> str:
    allowed = _CHOICES[key]
    value = table.get(key, allowed[0])
    if value not in allowed:
        faults.append(ProfileFault(key, value, f'write "{allowed[0]}" or "{allowed[1]}"'))
    return str(value)


def _text(where: str, value: object, faults: list[ProfileFault]) -> str:
    if not isinstance(value, str):
        faults.append(ProfileFault(where, value, "write a key of the codec, in quotes"))
        return ""
    return value


def _texts(where: str, value: object, faults: list[ProfileFault]) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(word, str) and word for word in value):
        return tuple(value)
    faults.append(ProfileFault(where, None, 'write a list of keys: ["payload", "*.unit"]'))
    return ()


def _table(
    key: str, table: Mapping[str, object], faults: list[ProfileFault]
) -> Mapping[str, object]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        faults.append(ProfileFault(key, value, f"write a table: [{key}]"))
        return {}
    return value
