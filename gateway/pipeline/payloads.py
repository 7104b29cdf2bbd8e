"""Which decoder a payload is for: built in, a register map, the network server, or a codec asked later. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from decoders.contract import Decoded, Decoder, DecodeRefused
from gateway.device import NETWORK_SERVER, Device
from gateway.model import ApplicationUplink, Frame
from gateway.pipeline.server_object import ServerObjects


class Payloads:
    """Decodes the payloads of all devices."""

    def __init__(self, decoders: Mapping[str, Decoder], server_objects: ServerObjects) -> None:
        self._decoders = decoders
        self._server_objects = server_objects

    def decoded(
        self,
        device: Device,
        f_port: int | None,
        payload: bytes,
        heard: Frame | ApplicationUplink,
        time_ns: int | None,
    ) -> tuple[Decoded, ...] | None:
        """What the device's decoder says; None when its codec is to be asked later.

        `time_ns` is the uplink's time, None while the clock is not trusted.

        Raises:
            DecodeRefused: the decoder does not understand it, or there is none.
        """
        if device.codec_path is not None:
            return None
        if device.decoder == NETWORK_SERVER:
            return self._server_objects.decoded(device, heard, time_ns)
        decoder = device.register_map or self._decoders.get(device.decoder)
        if decoder is None:
            raise DecodeRefused("no_decoder", f"{device.name} has no decoder; set `decoder` for it")
        if f_port is None:
            raise DecodeRefused(
                "wrong_port", f"{device.name}: the payload has no FPort; set f_port for it"
            )
        received_at = None
        if time_ns is not None and f_port in decoder.clock_ports:
            received_at = datetime.fromtimestamp(time_ns / 1e9, UTC)
        return decoder.decode(f_port, payload, received_at)
