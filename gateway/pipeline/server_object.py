"""Readings taken over from what a network server's own codec made of an uplink. Pure.

Without a profile its fields are called as the server has them: nested keys joined with `_`, places in lists
counted from 0, every number a float. With `profile = "automatic"`, or one of the operator's, they get the names
of the vocabulary.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from decoders.contract import Decoded, DecodeRefused
from decoders.normalise import AS_GIVEN
from gateway.device import Device
from gateway.model import ApplicationUplink, Frame
from gateway.pipeline.foreign_values import ForeignValues


class ServerObjects:
    """Turns decoded objects into readings."""

    def __init__(self, field_types: Mapping[tuple[str, str], str]) -> None:
        """`field_types` are the store's, as `ForeignValues` has them."""
        self._values = ForeignValues(field_types)

    def decoded(
        self, device: Device, heard: Frame | ApplicationUplink, time_ns: int | None = None
    ) -> tuple[Decoded, ...]:
        """The readings of its values; `time_ns` is the uplink's time, None while no clock is trusted.

        Raises:
            DecodeRefused: there is no object, it holds no value, or a field has changed its type.
        """
        if isinstance(heard, Frame) or heard.object_json is None:
            raise DecodeRefused(
                "no_decoder",
                f"{device.name} takes over the network server's values, and this came without any:"
                " give the device a codec there, or a decoder here",
            )
        try:
            found = msgspec.json.decode(heard.object_json)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DecodeRefused("malformed", f"the network server's object: {error}") from error
        moment = None if time_ns is None else datetime.fromtimestamp(time_ns / 1e9, UTC)
        return self._values.decoded(device, found, None, moment, unless_said=AS_GIVEN)
