"""Names of fields: from a codec's keys to `[a-z0-9_]`, at most 64 characters.

    TempC_SHT           temp_c_sht              a capital begins a word
    activeEnergyL1      active_energy_l1
    PM2.5 (µg/m³)       pm2_5_ug_m3             what is neither letter nor digit separates words
    Température         temperature             accents go
    ACI1_mA, pH, kWh    aci1_ma, ph, kwh        units stay one word

InfluxDB keeps names that begin with `_` for itself, and the name `time`.
"""

import re
import unicodedata
from collections.abc import Container, Sequence

NAME_MAX = 64

RESERVED = frozenset({
    "time", "faults", "out_of_range", "device", "dev_eui", "gateway", "host", "authenticated",
    "camera",
})  # fmt: skip
"""Fields and tags that this program writes itself; a codec's value of that name gets a `_` behind it."""

NAMELESS = "value"
"""For a value without a key, and for keys without a letter or digit that ASCII has."""

_LATIN = str.maketrans({"µ": "u", "μ": "u", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE"})
_UNIT_WORD = re.compile(
    r"(?<![A-Za-z])(?:[mku]?(?:VAr?h?|Wh?|Ah?|V)|kvarh?|dBm?|dBA|pH|[kM]?Hz|hPa|kPa)(?![A-Za-z])"
)
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")
_AS_GIVEN_UNFIT = re.compile(r"[^A-Za-z0-9_]+")


def clean(parts: Sequence[str]) -> str:
    """One name of all parts of a path, in this program's spelling."""
    words = (word for part in parts if (word := _cleaned(part)))
    name = "_".join(words)[:NAME_MAX].strip("_") or NAMELESS
    return f"{name}_" if name in RESERVED else name


def _cleaned(part: str) -> str:
    part = part.translate(_LATIN)
    if not part.isascii():
        part = unicodedata.normalize("NFKD", part).encode("ascii", "ignore").decode()
    if part.isupper():
        part = part.lower()
    elif not part.islower():
        part = _UNIT_WORD.sub(lambda found: found[0].lower(), part)
        part = _WORD_BEGINS.sub("_", part).lower()
    return _BETWEEN_WORDS.sub("_", part).strip("_")


def as_given(parts: Sequence[str]) -> str:
    """One name of all parts of a path, as a network server's codec wrote it."""
    words = [_AS_GIVEN_UNFIT.sub("_", part).strip("_") for part in parts]
    name = "_".join(words).lstrip("_")
    return NAMELESS if not name else "time_" if name == "time" else name[:NAME_MAX]


def free(name: str, taken: Container[str]) -> str:
    """The name, or the first of `name_dup2`, `name_dup3`, ... that is not taken; `name_2` would be a channel."""
    number, found = 1, name
    while found in taken:
        number += 1
        ending = f"_dup{number}"
        found = f"{name[: NAME_MAX - len(ending)]}{ending}"
    return found
