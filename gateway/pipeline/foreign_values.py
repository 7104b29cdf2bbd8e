"""Readings from values that are not this program's own: of JavaScript codecs and of network servers. Pure.

    data of any shape -> the device's normaliser -> the lock of types -> readings

**The lock of types.** A field has one type in its measurement for ever: the one it first had in the store. What
comes with another is refused with a sentence, as a whole, and its raw bytes stay: once a profile has mended it,
it can be decoded again. Sent on, one database would reject the line, the next would take it and spoil the column.
Types are known from the moment a reading is put into the open batch, before its commit.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from decoders.contract import Decoded, DecodeRefused
from decoders.normalise import Normaliser, Profile
from gateway.device import Device

NORMALISERS_KEPT = 4096
"""Devices whose normaliser, with its targets of paths, is remembered: about 10 kB each."""

_CALLED = {"float": "a number", "bool": "true or false", "str": "a text"}


class ForeignValues:
    """Makes readings of values, one normaliser per device."""

    def __init__(self, field_types: Mapping[tuple[str, str], str]) -> None:
        self._types = field_types
        """(measurement, field) -> "float", "bool" or "str", as the store knows them, its open batch included."""
        self._normalisers: dict[str, tuple[Device, Normaliser]] = {}
        self.dropped = 0
        """Values that became nothing, in this run: null, not finite, with an impossible time, not in a map."""

    def decoded(
        self,
        device: Device,
        data: object,
        normalized: object | None = None,
        received_at: datetime | None = None,
        unless_said: Profile | None = None,
    ) -> tuple[Decoded, ...]:
        """The readings of what was said; `unless_said` is the profile of a device that has none.

        `received_at` is aware UTC, None while the clock is not trusted.

        Raises:
            DecodeRefused: there is no value, or one whose field has another type.
        """
        known = self._normalisers.get(device.name)
        if known is None or known[0] is not device:  # its configuration may have changed
            if len(self._normalisers) >= NORMALISERS_KEPT:
                self._normalisers.clear()
            normaliser = Normaliser(device.profile or unless_said, device.measurement)
            known = self._normalisers[device.name] = (device, normaliser)
        found = known[1].readings(data, normalized, received_at)
        self.dropped += sum(not one.expected for one in found.dropped)
        self._refuse_other_types(found.readings)
        return found.readings

    def _refuse_other_types(self, readings: Iterable[Decoded]) -> None:
        seen: dict[str, str] = {}
        """Of fields that are new with these readings."""
        for decoded in readings:
            for name, value in decoded.fields.items():
                kind = type(value).__name__
                known = self._types.get((decoded.measurement, name)) or seen.setdefault(name, kind)
                if known != kind:
                    raise DecodeRefused(
                        "type_conflict",
                        f"{decoded.measurement}.{name} is {_CALLED[known]} in the database and came as"
                        f" {_CALLED[kind]}: {str(value)[:40]!r}; say in a `profile` what it means, or"
                        " give this device another `measurement`",
                    )
