"""What one gateway heard of an uplink: the `rxInfo` of ChirpStack's JSON, all versions.

    v4             {"gatewayId": "0016c001f153a14c", "uplinkId": 7895, "gwTime": "2022-08-03T14:37:43.383634108Z",
                    "timeSinceGpsEpoch": "1343572681.383s", "rssi": -52, "snr": 13.75, "channel": 1,
                    "antenna": 1, "context": "xwx0GQ==", "crcStatus": "CRC_OK"}
    v3             gatewayID (base64), uplinkID (base64), time, timeSinceGPSEpoch, loRaSNR
    v3, json_v3    gatewayID (hex), uplinkID (UUID)
    v2             mac (hex), timestamp (the concentrator's µs), crcStatus 1, -1 or 0

A key means the same in all of them, so one struct has them all. ProtoJSON leaves out what is zero: a
missing rssi, channel or antenna is 0, a missing crcStatus is NO_CRC. A missing snr is 0 dB for LoRa; FSK has none.

Source: chirpstack/chirpstack api/proto/gw/gw.proto v4; chirpstack/chirpstack-gateway-bridge docs v3.2.1
payloads/events.md, docs v2.7.1 payload-types/v2-json.md; brocaar/chirpstack-application-server docs v3.2.0.
"""

from typing import Annotated

from msgspec import Meta, Struct

from gateway.model import Crc, Modulation, Reception
from gateway.sources.mqtt.dialects.radios import U32
from gateway.sources.mqtt.dialects.scalars import eui_from_either, gps_time_ns, time_ns

DECIBEL_MAX = 1000.0
"""No radio is that strong or weak: a larger number is none."""
Decibel = Annotated[float, Meta(ge=-DECIBEL_MAX, le=DECIBEL_MAX)]


class RxInfo(Struct, frozen=True, gc=False):
    """The keys that are read, named and typed as they are written."""

    gatewayId: str = ""  # noqa: N815 - the dialect's own names, here and below
    uplinkId: int = 0  # noqa: N815
    gwTime: str | None = None  # noqa: N815
    nsTime: str | None = None  # noqa: N815
    timeSinceGpsEpoch: str | None = None  # noqa: N815
    rssi: Decibel = 0.0
    snr: Decibel = 0.0
    channel: U32 = 0
    antenna: U32 = 0
    context: bytes | None = None
    crcStatus: str | int = "NO_CRC"  # noqa: N815
    gatewayID: str = ""  # noqa: N815
    mac: str = ""
    uplinkID: str | None = None  # noqa: N815
    time: str | None = None
    timestamp: int | None = None
    timeSinceGPSEpoch: str | None = None  # noqa: N815
    loRaSNR: Decibel | None = None  # noqa: N815


_CRC: dict[str | int, Crc] = {"CRC_OK": "ok", 1: "ok", "BAD_CRC": "bad", -1: "bad"}


def reception(rx: RxInfo, modulation: Modulation) -> Reception:
    """The radio metadata of one hearing.

    Raises:
        ValueError: it names no gateway.
    """
    return Reception(
        eui_from_either(rx.gatewayId or rx.gatewayID or rx.mac),
        rx.antenna,
        rx.rssi,
        snr_db(rx.snr if rx.loRaSNR is None else rx.loRaSNR, modulation),
        rx.channel,
        _stamp(rx),
    )


def snr_db(snr: float, modulation: Modulation) -> float | None:
    """The SNR, or None for the zero that stands for none where a modulation has no SNR."""
    if not -DECIBEL_MAX <= snr <= DECIBEL_MAX:  # also not a number
        return None
    return snr if snr or modulation == "LORA" else None


def crc(rx: RxInfo) -> Crc:
    """What the gateway says of the CRC."""
    return _CRC.get(rx.crcStatus, "none")


def gateway_ns(rx: RxInfo) -> int | None:
    """The gateway's own wall time, Unix ns."""
    return time_ns(rx.gwTime or rx.time)


def gps_ns(rx: RxInfo) -> int | None:
    """The concentrator's GPS time as Unix ns."""
    return gps_time_ns(rx.timeSinceGpsEpoch or rx.timeSinceGPSEpoch)


def _stamp(rx: RxInfo) -> str:
    if rx.context:
        return rx.context.hex()
    if rx.uplinkId:
        return str(rx.uplinkId)
    if rx.uplinkID:
        return rx.uplinkID
    return "" if rx.timestamp is None else str(rx.timestamp)
