"""The codec's half of `decode`: payloads through JavaScript codecs, and what would be stored of what they say.

One process runs all codecs of a batch. Nothing is quarantined here: each payload gets its own answer.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from decoders.contract import Decoded
from decoders.javascript.answer import CodecAnswer
from decoders.normalise import Normalised, Normaliser, Profile
from gateway.codec_worker.worker import CodecWorker
from gateway.device import Device
from gateway.errors import ConfigError, Refused
from gateway.ports import CodecPayload

MEASUREMENT = "sensor"
"""As of a device that names no other."""


class Asked(NamedTuple):
    """A payload for a codec."""

    codec: Path
    profile: str | None
    """A profile that comes with the program, or a path; None for what is done without one."""
    f_port: int
    payload: bytes
    received_at: datetime | None


class CodecRun:
    """The codecs of one command."""

    def __init__(self, device: Device | None = None) -> None:
        """With a device, what its codec says is read by its profile."""
        self._worker = CodecWorker(quarantine=False)
        self._device = device
        self._normalisers: dict[tuple[Path, str | None], Normaliser] = {}

    def answers(self, asked: Sequence[Asked]) -> list[CodecAnswer]:
        """What the codecs say, in order.

        Raises:
            Unavailable: no codec can be run.
        """
        return self._worker.decode(
            [
                CodecPayload(
                    one.codec,
                    one.f_port,
                    one.payload,
                    None if one.received_at is None else one.received_at.timestamp() * 1000,
                )
                for one in asked
            ]
        )

    def look(self, codec: Path) -> str:
        """Where the codec's functions are, such as "decodeUplink normalizeUplink".

        Raises:
            CodecBroken: it cannot be used. Unavailable: no codec can be run.
        """
        return self._worker.look(codec)

    def readings(self, asked: Asked, answer: CodecAnswer) -> tuple[Decoded, ...]:
        """What of an answer would be stored.

        Raises:
            DecodeRefused: nothing. Refused: the profile cannot be used.
        """
        return self.normalised(asked, answer).readings

    def normalised(self, asked: Asked, answer: CodecAnswer) -> Normalised:
        """What becomes of each value of an answer.

        Raises:
            DecodeRefused: nothing. Refused: the profile cannot be used.
        """
        answer.raise_refused()
        key = asked.codec, asked.profile
        normaliser = self._normalisers.get(key)
        if normaliser is None:
            normaliser = self._normalisers[key] = self._normaliser(asked.profile)
        return normaliser.readings(answer.data, answer.normalized, asked.received_at)

    def close(self) -> None:
        """End the codecs' process."""
        self._worker.close()

    def _normaliser(self, profile: str | None) -> Normaliser:
        if profile is None and self._device is not None:
            return Normaliser(self._device.profile, self._device.measurement)
        return Normaliser(None if profile is None else _profile(profile), MEASUREMENT)


def _profile(text: str) -> Profile:
    from gateway.config.profile_choice import read_profile, shipped

    path = shipped().get(text, Path(text))
    try:
        return read_profile(path)
    except ConfigError as error:
        sentence = "; ".join(str(one) for one in (error, *error.others))
        raise Refused("no_decoder", sentence) from error
