"""What a ChirpStack gateway bridge publishes as protobuf: versions 4 and 3 (`gw.UplinkFrame`, `gw.GatewayStats`).

    field of UplinkFrame    1 phy_payload    4 tx_info, 5 rx_info    2, 3 the same of version 3
    field of GatewayStats   17 gateway_id, text                      1 the same of version 3, 8 bytes

Version 4 kept version 3's fields under the name `..._legacy`, so one set of generated messages reads both:
a message with rx_info_legacy and without rx_info is version 3. The values are those of `gateway_json`;
version 3 has bandwidths in kHz, code rates as text and gateway ids as bytes.

Source: chirpstack/chirpstack api/proto/gw/gw.proto v4, through the messages of chirpstack-api.
Refused: what is no such message; no phyPayload or a too long one; no gateway.
"""

from functools import lru_cache
from typing import Any

from chirpstack_api import gw
from google.protobuf.message import DecodeError

from gateway.model import Crc, Frame, Modulation, Radio, ReceiverReport, Reception, Stamp
from gateway.sources.mqtt.dialects.figures import report_figures
from gateway.sources.mqtt.dialects.radios import RADIOS_MAX, TEXT_BYTES_MAX, from_parts
from gateway.sources.mqtt.dialects.rx_info import snr_db
from gateway.sources.mqtt.dialects.scalars import NS_MAX, eui, gps_ns_as_unix_ns
from gateway.sources.rxpk_mending import PHY_BYTES_MAX

_CODE_RATES = {number: name for name, number in gw.CodeRate.items()}
_CRC: dict[int, Crc] = {0: "none", 1: "bad", 2: "ok"}
_OLD_MODULATIONS: dict[int, Modulation] = {0: "LORA", 1: "FSK", 2: "LR_FHSS"}


def up(payload: bytes, source: str, received: Stamp, live: bool) -> Frame:
    """The frame of an `up` message.

    Raises:
        ValueError: it holds no frame; the message is for a person.
    """
    message = parsed(gw.UplinkFrame, payload)
    phy = message.phy_payload
    if not 0 < len(phy) <= PHY_BYTES_MAX:
        raise ValueError(f"phy_payload has {len(phy)} bytes, a frame has 1 to {PHY_BYTES_MAX}")
    if message.HasField("rx_info") or not message.HasField("rx_info_legacy"):
        rx = message.rx_info
        settings = radio(message.tx_info)
        heard = reception(rx, settings.modulation)
        gateway_ns = timestamp_ns(rx, "gw_time")
    else:
        rx = message.rx_info_legacy
        settings = _old_radio(message.tx_info_legacy)
        heard = _old_reception(rx, settings.modulation)
        gateway_ns = timestamp_ns(rx, "time")
    crc = _CRC.get(rx.crc_status, "none")
    gps = gps_ns(rx)
    return Frame(source, phy, settings, (heard,), received, crc, gateway_ns, gps, None, live)


def stats(payload: bytes, source: str, received: Stamp) -> ReceiverReport:
    """What a gateway says of itself.

    Raises:
        ValueError: it is no such report, or names no gateway.
    """
    message = parsed(gw.GatewayStats, payload)
    location = message.location
    return ReceiverReport(
        source,
        eui(message.gateway_id or message.gateway_id_legacy.hex()),
        received,
        report_figures(
            (
                message.rx_packets_received,
                message.rx_packets_received_ok,
                message.tx_packets_received,
                message.tx_packets_emitted,
            ),
            (location.latitude, location.longitude, location.altitude),
            [("config_version", message.config_version), *message.metadata.items()],
        ),
    )


def parsed(kind: Any, payload: bytes) -> Any:
    """The protobuf message of type `kind`.

    Raises:
        ValueError: the bytes are none.
    """
    try:
        return kind.FromString(payload)
    except DecodeError:
        raise ValueError(f"it is no protobuf {kind.DESCRIPTOR.full_name}") from None


def radio(tx: Any) -> Radio:
    """The radio settings of a `gw.UplinkTxInfo`. Equal ones give the same object."""
    text = tx.SerializeToString()
    return _radio(text) if len(text) <= TEXT_BYTES_MAX else _radio.__wrapped__(text)


@lru_cache(maxsize=RADIOS_MAX)
def _radio(text: bytes) -> Radio:
    tx = gw.UplinkTxInfo.FromString(text)
    modulation = tx.modulation
    kind = modulation.WhichOneof("parameters")
    if kind == "fsk":
        return from_parts(tx.frequency, "FSK", 0, 0, modulation.fsk.datarate, "")
    if kind == "lr_fhss":
        spread = modulation.lr_fhss
        code_rate = _CODE_RATES.get(spread.code_rate, "")
        width_hz = spread.operating_channel_width
        return from_parts(tx.frequency, "LR_FHSS", 0, width_hz, 0, code_rate)
    lora = modulation.lora
    code_rate = _CODE_RATES.get(lora.code_rate, "")
    return from_parts(tx.frequency, "LORA", lora.spreading_factor, lora.bandwidth, 0, code_rate)


def reception(rx: Any, modulation: Modulation) -> Reception:
    """The radio metadata of a `gw.UplinkRxInfo`.

    Raises:
        ValueError: it names no gateway.
    """
    stamp = rx.context.hex() or (str(rx.uplink_id) if rx.uplink_id else "")
    snr = snr_db(round(rx.snr, 2), modulation)  # a 32-bit float: 5.1 dB is 5.099999904632568 in 64
    return Reception(eui(rx.gateway_id), rx.antenna, float(rx.rssi), snr, rx.channel, stamp)


def timestamp_ns(message: Any, name: str) -> int | None:
    """Unix ns of the Timestamp field `name`, None when it is not set."""
    if not message.HasField(name):
        return None
    time = getattr(message, name)
    ns: int = time.seconds * 1_000_000_000 + time.nanos
    return ns if 0 <= ns <= NS_MAX else None


def gps_ns(rx: Any) -> int | None:
    """The concentrator's GPS time as Unix ns, None when it is not set."""
    if not rx.HasField("time_since_gps_epoch"):
        return None
    since = rx.time_since_gps_epoch
    return gps_ns_as_unix_ns(since.seconds * 1_000_000_000 + since.nanos)


def _old_radio(tx: Any) -> Radio:
    modulation = _OLD_MODULATIONS.get(tx.modulation, "LORA")
    if modulation == "FSK":
        return from_parts(tx.frequency, "FSK", 0, 0, tx.fsk_modulation_info.datarate, "")
    if modulation == "LR_FHSS":
        spread = tx.lr_fhss_modulation_info
        width = spread.operating_channel_width
        return from_parts(tx.frequency, "LR_FHSS", 0, width, 0, spread.code_rate_legacy)
    lora = tx.lora_modulation_info
    code_rate = lora.code_rate_legacy
    return from_parts(tx.frequency, "LORA", lora.spreading_factor, lora.bandwidth, 0, code_rate)


def _old_reception(rx: Any, modulation: Modulation) -> Reception:
    stamp = rx.context.hex() or rx.uplink_id.hex()
    snr = snr_db(rx.lora_snr, modulation)
    receiver = eui(rx.gateway_id.hex())
    return Reception(receiver, rx.antenna, float(rx.rssi), snr, rx.channel, stamp)
