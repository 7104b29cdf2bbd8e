"""What The Things Stack 3 publishes of a device's uplink: `v3/<app>@<tenant>/devices/<device>/up`.

    {"end_device_ids": {"dev_eui": "0004A30B001C0530", "dev_addr": "00BCB929"},
     "correlation_ids": ["as:up:01E0...", "gs:uplink:01E0..."], "received_at": "2020-02-12T15:15:46.014773143Z",
     "uplink_message": {"session_key_id": "AXA50...", "f_port": 1, "f_cnt": 1, "frm_payload": "gkHe",
        "decoded_payload": {...}, "received_at": "...",
        "rx_metadata": [{"gateway_ids": {"gateway_id": "gtw1", "eui": "9C5C8E00001A05C4"}, "antenna_index": 1,
                         "time": "...", "timestamp": 2463457000, "rssi": -35, "snr": 5.2, "channel_index": 2}],
        "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7, "coding_rate": "4/5"}},
                     "coding_rate": "4/5", "frequency": "868300000"}}}

Zero is left out: no f_cnt is 0, no f_port is none, no snr beside an rssi is 0 dB. A gateway of another network
(Packet Broker) may give neither rssi nor EUI; then its id is the receiver. Older versions have the coding
rate beside data_rate, newer ones in `lora`.

Source: TheThingsIndustries/lorawan-stack-docs doc/content/integrations/data-formats;
TheThingsNetwork/lorawan-stack api/messages.proto.
Refused: a device EUI that is none; a payload the server did not decrypt (app_s_key beside it).
"""

from msgspec import Raw, Struct, ValidationError
from msgspec.json import Decoder

from gateway.model import ApplicationUplink, Modulation, Radio, Reception, Stamp
from gateway.sources.mqtt.dialects.application_json import STILL_ENCRYPTED, FPort, f_port
from gateway.sources.mqtt.dialects.lenient import reread
from gateway.sources.mqtt.dialects.radios import U32, from_parts
from gateway.sources.mqtt.dialects.rx_info import Decibel
from gateway.sources.mqtt.dialects.scalars import dev_addr, eui, time_ns

AHEAD_MAX_NS = 60_000_000_000
"""A gateway's time after the server's own of the same frame, as clocks differ."""


class _DeviceIds(Struct, frozen=True, gc=False):
    dev_eui: str = ""
    dev_addr: str = ""


class _GatewayIds(Struct, frozen=True, gc=False):
    gateway_id: str = ""
    eui: str = ""


class _RxMetadata(Struct, frozen=True, gc=False):
    gateway_ids: _GatewayIds = _GatewayIds()
    antenna_index: U32 = 0
    time: str | None = None
    timestamp: int | None = None
    """The concentrator's counter in µs."""
    rssi: Decibel | None = None
    snr: Decibel | None = None
    channel_index: U32 = 0


class _Settings(Struct, frozen=True, gc=False):
    """The parameters of one modulation."""

    bandwidth: U32 = 0
    spreading_factor: U32 = 0
    coding_rate: str = ""
    bit_rate: U32 = 0
    operating_channel_width: U32 = 0


class _DataRate(Struct, frozen=True, gc=False):
    lora: _Settings | None = None
    fsk: _Settings | None = None
    lrfhss: _Settings | None = None


class _TxSettings(Struct, frozen=True, gc=False):
    data_rate: _DataRate = _DataRate()
    coding_rate: str = ""
    frequency: str | U32 = 0


class _UplinkMessage(Struct, frozen=True, gc=False):
    session_key_id: str = ""
    f_port: FPort = 0
    f_cnt: U32 = 0
    frm_payload: bytes = b""
    decoded_payload: Raw = Raw()
    rx_metadata: tuple[_RxMetadata, ...] = ()
    settings: _TxSettings = _TxSettings()
    received_at: str | None = None
    app_s_key: Raw = Raw()


class _Up(Struct, frozen=True, gc=False):
    end_device_ids: _DeviceIds
    uplink_message: _UplinkMessage
    correlation_ids: tuple[str, ...] = ()
    received_at: str | None = None


_UP = Decoder(_Up)
_NOTHING = frozenset({b"", b"null"})
_EVENT_IDS = ("gs:uplink:", "as:up:")
"""Correlation ids that belong to one uplink: the gateway server's, else the application server's."""


def up(payload: bytes, source: str, received: Stamp, live: bool) -> ApplicationUplink:
    """The uplink of an `up` message.

    Raises:
        ValueError: it holds no uplink that can be used; the message is for a person.
    """
    try:
        event = _UP.decode(payload)
    except ValidationError:
        event = reread(payload, _Up)
    message = event.uplink_message
    if bytes(message.app_s_key) not in _NOTHING:
        raise ValueError(STILL_ENCRYPTED)
    settings = _radio(message.settings)
    decoded = bytes(message.decoded_payload)
    return ApplicationUplink(
        source,
        "the_things_stack",
        _event_id(event),
        message.session_key_id,
        eui(event.end_device_ids.dev_eui),
        dev_addr(event.end_device_ids.dev_addr),
        message.f_cnt,
        f_port(message.f_port, message.frm_payload),
        message.frm_payload,
        None if decoded in _NOTHING else decoded,
        settings,
        tuple(_reception(rx, settings.modulation) for rx in message.rx_metadata),
        received,
        _gateway_ns(event),
        None,
        live,
    )


def _event_id(event: _Up) -> str:
    for prefix in _EVENT_IDS:
        for text in event.correlation_ids:
            if text.startswith(prefix):
                return text
    message = event.uplink_message
    at = message.received_at or event.received_at or ""
    return f"{message.session_key_id}/{message.f_cnt}/{at}"


def _radio(settings: _TxSettings) -> Radio:
    frequency_hz = _whole(settings.frequency)
    rate = settings.data_rate
    if rate.fsk:
        return from_parts(frequency_hz, "FSK", 0, 0, rate.fsk.bit_rate, "")
    if rate.lrfhss:
        width_hz = rate.lrfhss.operating_channel_width
        code_rate = rate.lrfhss.coding_rate or settings.coding_rate
        return from_parts(frequency_hz, "LR_FHSS", 0, width_hz, 0, code_rate)
    lora = rate.lora or _Settings()
    code_rate = lora.coding_rate or settings.coding_rate
    return from_parts(frequency_hz, "LORA", lora.spreading_factor, lora.bandwidth, 0, code_rate)


def _whole(number: str | int) -> int:
    if isinstance(number, int):
        return number
    return int(number) if number.isdecimal() and len(number) <= 10 else 0


def _reception(rx: _RxMetadata, modulation: Modulation) -> Reception:
    snr = rx.snr
    if snr is None and rx.rssi is not None and modulation == "LORA":
        snr = 0.0
    return Reception(
        _receiver(rx.gateway_ids),
        rx.antenna_index,
        rx.rssi,
        snr,
        rx.channel_index,
        "" if rx.timestamp is None else str(rx.timestamp),
    )


def _receiver(ids: _GatewayIds) -> str:
    try:
        return eui(ids.eui)
    except ValueError:
        return ids.gateway_id or "unknown"


def _gateway_ns(event: _Up) -> int | None:
    """The time of the first gateway that gives one it may have, else the server's.

    The server cannot have had a frame before it was heard; gateways without a GPS fix say so (one by 38 minutes).
    """
    server_ns = time_ns(event.uplink_message.received_at or event.received_at)
    for rx in event.uplink_message.rx_metadata:
        ns = time_ns(rx.time)
        if ns is not None and (server_ns is None or ns - server_ns <= AHEAD_MAX_NS):
            return ns
    return server_ns
