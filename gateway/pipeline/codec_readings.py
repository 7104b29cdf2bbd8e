"""Readings from what a JavaScript codec says, as `foreign_values.py` makes them. Pure."""

from collections.abc import Mapping
from datetime import datetime

from decoders.contract import Decoded
from decoders.javascript.answer import CodecAnswer
from gateway.device import Device
from gateway.pipeline.foreign_values import ForeignValues


class CodecReadings:
    """Turns answers of codecs into readings."""

    def __init__(self, field_types: Mapping[tuple[str, str], str]) -> None:
        """`field_types` are the store's, as `ForeignValues` has them."""
        self._values = ForeignValues(field_types)

    @property
    def dropped(self) -> int:
        """Values that became nothing, in this run."""
        return self._values.dropped

    def decoded(
        self, device: Device, answer: CodecAnswer, received_at: datetime | None
    ) -> tuple[Decoded, ...]:
        """The readings of an answer; `received_at` is None while the clock is not trusted.

        Raises:
            DecodeRefused: there are none, or a field has changed its type.
        """
        answer.raise_refused()
        return self._values.decoded(device, answer.data, answer.normalized, received_at)
