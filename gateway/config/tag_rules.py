"""What a tag may be called and may say, wherever it is written: in `[gateway]` or at a device.

InfluxDB keeps tags and fields of a point in one space of names, so a tag never has a field's name.
"""

import re
from collections.abc import Iterable

from decoders.contract import Decoder
from decoders.quantities import quantity_named

SET_BY_PROGRAM = frozenset(
    {"device", "dev_eui", "gateway", "host", "authenticated", "camera", "channel"}
)
"""Tags that this program and its decoders write themselves."""

FIELDS_OF_ALL = frozenset({
    "faults", "out_of_range", "time_untrusted",
    "rssi_dbm", "snr_db", "spreading_factor", "frequency_mhz", "airtime_ms", "f_cnt", "lost",
})  # fmt: skip
"""Fields that readings of any device can carry: the flags, and those of `lora_link`."""

VALUE_CHARACTERS_MAX = 200
"""Tags are for grouping; InfluxDB holds every value of every tag in memory."""

_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")


def fields_of(decoders: Iterable[Decoder]) -> frozenset[str]:
    """The names of everything that these decoders can measure."""
    return frozenset(quantity.name for decoder in decoders for quantity in decoder.quantities)


def name_fault(name: str, field_names: frozenset[str] | None = None) -> str | None:
    """What is wrong with a tag's name, None when nothing is.

    `field_names` are those that readings with this tag can have; None stands for the whole vocabulary.
    """
    if not _NAME.fullmatch(name):
        return "a tag's name is letters, digits and _, at most 64 of them"
    if name.startswith("_"):
        return "InfluxDB keeps names that begin with _ for itself"
    if name == "time":
        return "time is every point's own; take another name"
    if name in SET_BY_PROGRAM:
        return "this program sets that tag itself; take another name"
    is_field = quantity_named(name) is not None if field_names is None else name in field_names
    if is_field or name in FIELDS_OF_ALL:
        return (
            "is a field's name, and InfluxDB keeps tags and fields apart by name; take another name"
        )
    return None


def value_fault(value: object) -> str | None:
    """What is wrong with a tag's value, None when nothing is."""
    if not isinstance(value, str):
        return "write it as text in quotes"
    if not value.strip() or value != value.strip():
        return "write some text without blanks around it, or leave the tag out"
    if not value.isprintable():
        return "holds a control character"
    if len(value) > VALUE_CHARACTERS_MAX:
        return f"is longer than {VALUE_CHARACTERS_MAX} characters"
    return None
