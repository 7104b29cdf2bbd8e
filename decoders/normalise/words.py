"""Words that codecs say instead of a boolean, and instead of a number that could not be measured.

A word only stands for a boolean where the vocabulary says that the field is one.
"""

from collections.abc import Mapping

_EITHER: Mapping[str, bool] = {
    **dict.fromkeys(
        ("true", "yes", "y", "on", "high", "h", "1", "active", "activated", "alarm", "alert",
         "detected", "triggered", "trigger", "fault", "failed"),
        True,
    ),
    **dict.fromkeys(
        ("false", "no", "n", "off", "low", "l", "0", "inactive", "deactivated", "normal", "ok",
         "none", "idle", "released"),
        False,
    ),
}  # fmt: skip
"""Of any flag, unless its own words say otherwise."""

_OPEN = {"open": True, "opened": True, "close": False, "closed": False}
_OF: Mapping[str, Mapping[str, bool]] = {
    "door_open": _OPEN,
    "relay": {word: not value for word, value in _OPEN.items()},
    "relay_on": {word: not value for word, value in _OPEN.items()},
    "do": {word: not value for word, value in _OPEN.items()},
    "di": {word: not value for word, value in _OPEN.items()},
    "leak": {"leak": True, "leaked": True, "leaking": True, "wet": True, "dry": False, "no leak": False},
    "motion": {"motion": True, "no motion": False, "moving": True, "still": False},
    "occupied": {"occupied": True, "vacant": False, "unoccupied": False, "free": False},
    "tamper": {"tampered": True, "tamper": True, "uninstalled": True, "not installed": True,
               "installed": False},
    "mains_ok": {"ok": True, "fault": False, "failed": False},
    "battery_low": {"ok": False, "normal": False},
}  # fmt: skip
"""By quantity: words that mean something else there, or only there. A contact that is closed is on."""

FAULTS = frozenset({
    "null", "nan", "n/a", "na", "none", "-", "--", "error", "err", "fault", "failed", "disconnected",
})  # fmt: skip
"""Where a number was expected: the sensor could not measure."""


def as_flag(quantity: str, word: str) -> bool | None:
    """What a word says of a flag; None when it says nothing that is known."""
    word = word.strip().lower()
    own = _OF.get(quantity.rstrip("0123456789").removesuffix("_"), {})
    found = own.get(word)
    return _EITHER.get(word) if found is None else found
