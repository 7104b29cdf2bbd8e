"""What ChirpStack publishes of a device's uplink as JSON: versions 4 and 3, and LoRa Server's.

    application/<id>/device/<devEUI>/event/up       version 4, and 3 from 3.11 on
    application/<id>/device/<devEUI>/rx             version 3 before; .../node/... before 1.0

    v4           {"deduplicationId": "3ac7e3c4-...", "time": "2022-07-18T09:34:15.775023242+00:00",
                  "deviceInfo": {"devEui": "0101010101010101"}, "devAddr": "00189440", "fCnt": 3, "fPort": 1,
                  "data": "qg==", "object": {...}, "rxInfo": [{...}], "txInfo": {...}}
    v3 json      devEUI and devAddr are base64; objectJSON is text; publishedAt
    v3 json_v3   devEUI is hex; no devAddr; rxInfo may be missing

ProtoJSON leaves out what is zero: fCnt 0, fPort 0. Without fPort and data the uplink held MAC commands only.
Only version 4 gives an event an id; before, the uplink id of the first gateway serves, as nothing else has it.

Source: chirpstack/chirpstack api/proto/integration/integration.proto v4; brocaar/chirpstack-application-server
docs v0.21.1, v2.6.1, v3.2.0 sending-receiving.
Refused: no device EUI; data that ChirpStack could not decrypt (joinServerContext): it would be read as noise.
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct, ValidationError
from msgspec.json import Decoder

from gateway.model import ApplicationUplink, Modulation, Reception, Stamp
from gateway.sources.mqtt.dialects.lenient import reread
from gateway.sources.mqtt.dialects.radios import U32, radio
from gateway.sources.mqtt.dialects.rx_info import RxInfo, gateway_ns, gps_ns, reception
from gateway.sources.mqtt.dialects.scalars import dev_addr, eui_from_either, time_ns

STILL_ENCRYPTED = (
    "its payload is still encrypted, because the network server does not have the device's AppSKey; "
    "give it the key, or take the gateway's frames and put the keys into the devices file"
)


_F_PORT_MAX = 255
FPort = Annotated[int, Meta(ge=0, le=_F_PORT_MAX)]


class _DeviceInfo(Struct, frozen=True, gc=False):
    devEui: str = ""  # noqa: N815 - the dialect's own names, here and below


class _Up(Struct, frozen=True, gc=False):
    deduplicationId: str = ""  # noqa: N815
    time: str | None = None
    deviceInfo: _DeviceInfo | None = None  # noqa: N815
    devAddr: str = ""  # noqa: N815
    fCnt: U32 = 0  # noqa: N815
    fPort: FPort = 0  # noqa: N815
    data: bytes = b""
    data_encode: str = ""
    """Some gateways' built-in servers: "hexstring" when data is hex."""
    object: Raw = Raw()
    rxInfo: tuple[RxInfo, ...] = ()  # noqa: N815
    txInfo: Raw = Raw(b"null")  # noqa: N815
    joinServerContext: Raw = Raw()  # noqa: N815
    devEUI: str = ""  # noqa: N815
    objectJSON: str | None = None  # noqa: N815
    publishedAt: str | None = None  # noqa: N815


_UP = Decoder(_Up)
_NOTHING = frozenset({b"", b"null"})


def up(payload: bytes, source: str, received: Stamp, live: bool) -> ApplicationUplink:
    """The uplink of an `up` event.

    Raises:
        ValueError: it holds no uplink that can be used; the message is for a person.
    """
    try:
        event = _UP.decode(payload)
    except ValidationError:
        event = reread(payload, _Up)
    if event.data_encode == "hexstring":
        event = reread(payload, _Up, bytes.fromhex)
    if bytes(event.joinServerContext) not in _NOTHING:
        raise ValueError(STILL_ENCRYPTED)
    settings = radio(event.txInfo)
    return ApplicationUplink(
        source,
        "chirpstack",
        _event_id(event),
        "",
        eui_from_either(event.deviceInfo.devEui if event.deviceInfo else event.devEUI),
        dev_addr(event.devAddr),
        event.fCnt,
        f_port(event.fPort, event.data),
        event.data,
        _object_json(event),
        settings,
        _receptions(event.rxInfo, settings.modulation),
        received,
        _gateway_ns(event),
        next((ns for rx in event.rxInfo if (ns := gps_ns(rx)) is not None), None),
        live,
    )


def f_port(number: int, data: bytes) -> int | None:
    """The FPort, when 0 is written as nothing: None without data, 0 with.

    Raises:
        ValueError: it is more than a byte holds.
    """
    if number > _F_PORT_MAX:
        raise ValueError(f"FPort {number}: it is a byte")
    return number or (0 if data else None)


def _event_id(event: _Up) -> str:
    return event.deduplicationId or next((rx.uplinkID for rx in event.rxInfo if rx.uplinkID), "")


def _object_json(event: _Up) -> bytes | None:
    text = bytes(event.object)
    if text not in _NOTHING:
        return text
    return event.objectJSON.encode() if event.objectJSON else None


def _receptions(hearings: tuple[RxInfo, ...], modulation: Modulation) -> tuple[Reception, ...]:
    """Those hearings that name their gateway; the uplink is worth keeping without the others."""
    receptions = []
    for rx in hearings:
        try:
            receptions.append(reception(rx, modulation))
        except ValueError:
            continue
    return tuple(receptions)


def _gateway_ns(event: _Up) -> int | None:
    """The time of the first gateway that gives one, else the server's."""
    for rx in event.rxInfo:
        if (ns := gateway_ns(rx)) is not None:
            return ns
    for rx in event.rxInfo:
        if (ns := time_ns(rx.nsTime)) is not None:
            return ns
    return time_ns(event.time or event.publishedAt)
