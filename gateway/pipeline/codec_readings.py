"""Readings from what a codec says, under the store's lock of field types: a field never changes its type. Pure."""

from collections.abc import Mapping
from datetime import datetime

from decoders.contract import Decoded, DecodeRefused
from decoders.javascript.answer import CodecAnswer
from decoders.normalise import Normaliser
from gateway.device import Device


class CodecReadings:
    """Turns answers of codecs into readings, one normaliser per device."""

    def __init__(self, field_types: Mapping[tuple[str, str], str]) -> None:
        self._types = field_types
        """(measurement, field) -> "float", "bool" or "str", as the store knows them."""
        self._normalisers: dict[str, tuple[Device, Normaliser]] = {}

    def decoded(
        self, device: Device, answer: CodecAnswer, received_at: datetime | None
    ) -> tuple[Decoded, ...]:
        """The readings of an answer; `received_at` is None while the clock is not trusted.

        Raises:
            DecodeRefused: there are none, or a field has changed its type.
        """
        answer.raise_refused()
        known = self._normalisers.get(device.name)
        if known is None or known[0] is not device:  # its configuration may have changed
            known = self._normalisers[device.name] = (
                device,
                Normaliser(device.profile, device.measurement),
            )
        found = known[1].readings(answer.data, answer.normalized, received_at).readings
        for decoded in found:
            self._refuse_other_types(decoded)
        return found

    def _refuse_other_types(self, decoded: Decoded) -> None:
        for name, value in decoded.fields.items():
            known = self._types.get((decoded.measurement, name))
            if known is not None and known != type(value).__name__:
                raise DecodeRefused(
                    "type_conflict",
                    f"{decoded.measurement}.{name} is a {known} in the database and came as"
                    f" {type(value).__name__}; give this device another `measurement`",
                )
