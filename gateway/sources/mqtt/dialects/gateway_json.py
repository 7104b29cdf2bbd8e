"""What a gateway bridge publishes as JSON: ChirpStack 4 and 3, and LoRa Server 2.

    gateway/<id>/event/up      {"phyPayload": "gKb+agGABQABOIc6cwQ=", "txInfo": {...}, "rxInfo": {...}}
    gateway/<id>/event/stats   {"gatewayId": "0016c001f153a14c", "rxPacketsReceived": 1, ...}
    gateway/<mac>/rx           version 2: what txInfo holds elsewhere is in rxInfo
    gateway/<mac>/stats        version 2: latitude, longitude and altitude are not in `location`

phyPayload is the frame in base64; see `radios` for txInfo and `rx_info` for rxInfo. ChirpStack 4 here is the hot
path: a message is decoded in one step into two structs, and its txInfo text is only looked up.

Source: as of `rx_info`.
Refused: no phyPayload, one longer than a radio frame, an rxInfo that names no gateway.
"""

from msgspec import Raw, Struct, ValidationError
from msgspec.json import Decoder

from gateway.model import Frame, ReceiverReport, Stamp
from gateway.sources.mqtt.dialects.figures import report_figures
from gateway.sources.mqtt.dialects.lenient import reread
from gateway.sources.mqtt.dialects.radios import radio
from gateway.sources.mqtt.dialects.rx_info import RxInfo, crc, gateway_ns, gps_ns, reception
from gateway.sources.mqtt.dialects.scalars import eui_from_either
from gateway.sources.rxpk_mending import PHY_BYTES_MAX


class _Up(Struct, frozen=True, gc=False):
    phyPayload: bytes  # noqa: N815 - the dialect's own names, here and below
    rxInfo: RxInfo  # noqa: N815
    txInfo: Raw = Raw()  # noqa: N815


class _Version2(Struct, frozen=True, gc=False):
    """The same message once more, for the radio settings that version 2 has in rxInfo."""

    rxInfo: Raw  # noqa: N815


class _Location(Struct, frozen=True, gc=False):
    latitude: float = 0.0
    longitude: float = 0.0
    altitude: float = 0.0


class _Stats(Struct, frozen=True, gc=False):
    gatewayId: str = ""  # noqa: N815
    gatewayID: str = ""  # noqa: N815
    mac: str = ""
    configVersion: str = ""  # noqa: N815
    rxPacketsReceived: int = 0  # noqa: N815
    rxPacketsReceivedOk: int = 0  # noqa: N815
    rxPacketsReceivedOK: int = 0  # noqa: N815
    txPacketsReceived: int = 0  # noqa: N815
    txPacketsEmitted: int = 0  # noqa: N815
    location: _Location | None = None
    latitude: float = 0.0
    longitude: float = 0.0
    altitude: float = 0.0
    metadata: dict[str, str] | None = None


_UP = Decoder(_Up)
_VERSION_2 = Decoder(_Version2)


def up(payload: bytes, source: str, received: Stamp, live: bool) -> Frame:
    """The frame of an `up` message.

    Raises:
        ValueError: it holds no frame; the message is for a person.
    """
    try:
        message = _UP.decode(payload)
    except ValidationError:
        message = reread(payload, _Up)
    rx = message.rxInfo
    settings = radio(message.txInfo if message.txInfo else _VERSION_2.decode(payload).rxInfo)
    phy = message.phyPayload
    if len(phy) > PHY_BYTES_MAX:
        raise ValueError(f"phyPayload has {len(phy)} bytes, a frame has at most {PHY_BYTES_MAX}")
    return Frame(
        source,
        phy,
        settings,
        (reception(rx, settings.modulation),),
        received,
        crc(rx),
        gateway_ns(rx),
        gps_ns(rx),
        None,
        live,
    )


def stats(payload: bytes, source: str, received: Stamp) -> ReceiverReport:
    """What a gateway says of itself.

    Raises:
        ValueError: it is no such report, or names no gateway.
    """
    message = reread(payload, _Stats)
    place = message.location or message
    return ReceiverReport(
        source,
        eui_from_either(message.gatewayId or message.gatewayID or message.mac),
        received,
        report_figures(
            (
                message.rxPacketsReceived,
                message.rxPacketsReceivedOk or message.rxPacketsReceivedOK,
                message.txPacketsReceived,
                message.txPacketsEmitted,
            ),
            (place.latitude, place.longitude, place.altitude),
            [("config_version", message.configVersion), *(message.metadata or {}).items()],
        ),
    )
