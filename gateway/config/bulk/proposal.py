"""What one line of a list says about a device, in the words of the devices file. Pure."""

from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.device import KEY_NAMES


@dataclass(frozen=True, slots=True)
class Proposal:
    """A device as a list has it. Only what the list says is in `values`."""

    line: int
    """Where it begins, from 1."""
    values: dict[str, object] = field(repr=False)
    """By the keys of `[[device]]`, keys among them; `tags` is a dict."""
    columns: dict[str, str] = field(default_factory=dict)
    """What the list calls a key, where that is not its name here."""
    called: str = ""
    """How a network server calls it: the name of a device that is new here. A name that is known stays, for
    it is a tag of all readings."""


class Unreadable(NamedTuple):
    """A line that says nothing that can be understood."""

    line: int
    sentence: str


class Parsed(NamedTuple):
    """A whole list."""

    proposals: list[Proposal]
    unreadable: list[Unreadable]
    ignored: tuple[str, ...] = ()
    """Columns that mean nothing here."""


def without_session_of_a_join(values: dict[str, object]) -> None:
    """Of a device with root keys, leave out the session that a network server made with them: it will change."""
    if values.get("app_key") or values.get("nwk_key"):
        for key in ("dev_addr", *KEY_NAMES[:5]):
            values.pop(key, None)


def as_session_1_0(values: dict[str, object]) -> None:
    """Lists of network servers name the one key of a 1.0 session as those of 1.1: make one of them."""
    first = values.get("f_nwk_s_int_key")
    others = {values[key] for key in ("s_nwk_s_int_key", "nwk_s_enc_key") if values.get(key)}
    if first and others <= {first}:
        for key in ("f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key"):
            values.pop(key, None)
        values["nwk_s_key"] = first
