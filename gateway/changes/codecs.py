"""Decoders of every kind, for what is decoded again; codecs run in another process than live payloads."""

from datetime import UTC, datetime

from decoders.contract import Decoded
from gateway.codec_worker.worker import CodecWorker
from gateway.device import Device
from gateway.model import ApplicationUplink, Frame
from gateway.pipeline.codec_readings import CodecReadings
from gateway.pipeline.payloads import Payloads
from gateway.ports import CodecPayload
from gateway.worker import Worker


class AnyDecoder:
    """Asks a device's decoder, built in or a codec; begins a process for codecs when it needs one."""

    def __init__(self, payloads: Payloads, readings: CodecReadings) -> None:
        self._payloads = payloads
        self._readings = readings
        self._running: tuple[CodecWorker, Worker] | None = None

    async def decode(
        self, device: Device, f_port: int | None, payload: bytes, heard: Frame | ApplicationUplink,
        time_ns: int | None,
    ) -> tuple[Decoded, ...] | None:  # fmt: skip
        """The readings; `time_ns` is the uplink's time, None when nobody vouches for it.

        Raises:
            DecodeRefused: there are none. Unavailable: no codec can be run now.
        """
        path = device.codec_path
        if path is None or f_port is None:
            return self._payloads.decoded(device, f_port, payload, heard, time_ns)
        if self._running is None:
            self._running = CodecWorker(), Worker("redecode-codecs")
        codecs, thread = self._running
        # A guess that stays the same: a codec that makes times of it gives the same points each time.
        given_ns = heard.received.wall_ns if time_ns is None else time_ns
        asked = [CodecPayload(path, f_port, payload, given_ns / 1e6)]
        (answer,) = await thread.call(codecs.decode, asked)
        moment = None if time_ns is None else datetime.fromtimestamp(time_ns / 1e9, UTC)
        return self._readings.decoded(device, answer, moment)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._running is not None:
            codecs, thread = self._running
            codecs.close()
            thread.stop()
            self._running = None
