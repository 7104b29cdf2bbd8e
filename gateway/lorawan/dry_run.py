"""One frame with given keys, described in full and stored nowhere: what `decode` shows.

Unlike `unwrap` it also reads downlinks, join-requests and, with the root keys, join-accepts.
A description is made whenever the frame can be parsed; `refused` says what a gateway would have said of it.
"""

from collections.abc import Iterator

from msgspec import Struct

from gateway.errors import Refused
from gateway.lorawan.frame_counter import expected, searched
from gateway.lorawan.join import JoinKeys, check_accept, read_accept
from gateway.lorawan.phy_payload import (
    DataDownlink,
    DataUplink,
    JoinAccept,
    JoinRequest,
    Proprietary,
    RejoinRequest,
    parse,
)
from gateway.lorawan.session import Session
from gateway.lorawan.session_keys import SessionKeys

M_TYPES = {
    (DataUplink, False): "UnconfirmedDataUp",
    (DataUplink, True): "ConfirmedDataUp",
    (DataDownlink, False): "UnconfirmedDataDown",
    (DataDownlink, True): "ConfirmedDataDown",
}
_NO_MIC = b"\0\0\0\0"
"""Stands for the bytes of `f_cnt_last`, which nobody has told."""


class Described(Struct, frozen=True):
    """A frame in words and numbers."""

    facts: dict[str, object]
    """For JSON, ready to print: bytes are hex, EUIs and addresses lower-case hex."""
    f_port: int | None = None
    payload: bytes | None = None
    """FRMPayload, decrypted; None unless the MIC is right and it is for the application."""
    refused: Refused | None = None


def describe(
    phy: bytes,
    keys: SessionKeys | None = None,
    join_keys: JoinKeys | None = None,
    *,
    f_cnt_last: int | None = None,
    data_rate: int | None = None,
    channels: tuple[int, ...] = (),
) -> Described:
    """What this frame says under these keys.

    `f_cnt_last` N means that nothing but counter N was heard before: N again is `replayed`, below N is
    `late`. Without it the session was never heard. `data_rate` and `channels` are for LoRaWAN 1.1.

    Raises:
        Refused: malformed or not_lorawan: there is nothing to describe.
    """
    frame = parse(phy)
    if isinstance(frame, DataUplink):
        return _uplink(frame, keys, f_cnt_last, data_rate, channels)
    if isinstance(frame, DataDownlink):
        return _downlink(frame, keys, f_cnt_last)
    if isinstance(frame, JoinRequest):
        return _join_request(frame, join_keys)
    if isinstance(frame, RejoinRequest):
        return _rejoin_request(frame, join_keys)
    if isinstance(frame, JoinAccept):
        return _join_accept(frame, join_keys)
    return _proprietary(frame)


def _uplink(
    frame: DataUplink,
    keys: SessionKeys | None,
    f_cnt_last: int | None,
    data_rate: int | None,
    channels: tuple[int, ...],
) -> Described:
    facts = _seen(frame) | {"adr_ack_req": frame.adr_ack_req, "class_b": frame.bit_4}
    if keys is None:
        return _unchecked(facts, frame)
    for f_cnt in _candidates(f_cnt_last, frame.f_cnt16):
        checked = keys.check_uplink(frame, f_cnt, data_rate, channels)
        if checked is not None:
            outcome, lost, refused = _judged(frame, keys, f_cnt, f_cnt_last)
            facts |= {"mic_checked": checked, "outcome": outcome, "lost": lost}
            return _opened(facts, frame, keys, f_cnt, refused)
    return _wrong_mic(facts, frame)


def _downlink(frame: DataDownlink, keys: SessionKeys | None, f_cnt_last: int | None) -> Described:
    facts = _seen(frame) | {"f_pending": frame.bit_4}
    if keys is None:
        return _unchecked(facts, frame)
    for f_cnt in _candidates(f_cnt_last, frame.f_cnt16):
        if keys.check_downlink(frame, f_cnt):
            return _opened(facts, frame, keys, f_cnt, None)
    return _wrong_mic(facts, frame)


def _candidates(f_cnt_last: int | None, f_cnt16: int) -> Iterator[int]:
    yield expected(f_cnt_last, f_cnt16)
    yield from searched(f_cnt_last, f_cnt16)


def _judged(
    frame: DataUplink, keys: SessionKeys, f_cnt: int, f_cnt_last: int | None
) -> tuple[str | None, int | None, Refused | None]:
    """Outcome, lost, refusal: those that a session gives which heard `f_cnt_last` and nothing else."""
    if f_cnt == f_cnt_last:
        return None, None, Refused("replayed", f"counter {f_cnt} is f_cnt_last: heard before")
    session = Session(device="this device", dev_addr=f"{frame.dev_addr:08x}", keys=keys)
    if f_cnt_last is not None:
        session.learn(f_cnt_last, _NO_MIC)
    try:
        admission = session.admit(f_cnt, frame.mic)
    except Refused as refused:
        return None, None, refused
    outcome = admission.outcome if frame.f_port and frame.frm_payload else "mac_only"
    return outcome, admission.lost, None


def _seen(frame: DataUplink | DataDownlink) -> dict[str, object]:
    """What can be read without a key."""
    return {
        "m_type": M_TYPES[type(frame), frame.confirmed],
        "dev_addr": f"{frame.dev_addr:08x}",
        "f_cnt": frame.f_cnt16,
        "f_port": frame.f_port,
        "payload": None,
        "mic_ok": None,
        "mic": frame.mic.hex(),
        "confirmed": frame.confirmed,
        "adr": frame.adr,
        "ack": frame.ack,
        "f_opts": frame.f_opts.hex(),
    }


def _opened(
    facts: dict[str, object],
    frame: DataUplink | DataDownlink,
    keys: SessionKeys,
    f_cnt: int,
    refused: Refused | None,
) -> Described:
    plain = keys.payload(frame, f_cnt)
    commands = keys.f_opts(frame, f_cnt) if frame.f_port != 0 else plain
    facts |= {
        "f_cnt": f_cnt,
        "payload": plain.hex(),
        "mic_ok": True,
        "mac_commands": commands.hex(),
    }
    payload = plain if frame.f_port and plain else None
    return Described(facts, frame.f_port, payload, refused)


def _unchecked(facts: dict[str, object], frame: DataUplink | DataDownlink) -> Described:
    return Described(
        facts, frame.f_port, None, Refused("unknown_device", "no session keys were given")
    )


def _wrong_mic(facts: dict[str, object], frame: DataUplink | DataDownlink) -> Described:
    refused = Refused("bad_mic", "the MIC is not by these keys, at any counter that was tried")
    return Described(facts | {"mic_ok": False}, frame.f_port, None, refused)


def _join_request(frame: JoinRequest, keys: JoinKeys | None) -> Described:
    facts = {
        "m_type": "JoinRequest",
        "dev_eui": frame.dev_eui,
        "join_eui": frame.join_eui,
        "dev_nonce": frame.dev_nonce,
        "mic": frame.mic.hex(),
    }
    return _joined(facts, None if keys is None else keys.check_request(frame))


def _rejoin_request(frame: RejoinRequest, keys: JoinKeys | None) -> Described:
    facts = {
        "m_type": "RejoinRequest",
        "rejoin_type": frame.kind,
        "dev_eui": frame.dev_eui,
        "join_eui": frame.join_eui,
        "net_id": None if frame.net_id is None else f"{frame.net_id:06x}",
        "rj_count": frame.rj_count,
        "mic": frame.mic.hex(),
    }
    return _joined(facts, None if keys is None else keys.check_rejoin(frame))


def _join_accept(frame: JoinAccept, keys: JoinKeys | None) -> Described:
    if keys is None:
        return _joined({"m_type": "JoinAccept"}, None)
    root = keys.nwk_key or keys.app_key
    accepted = read_accept(root, frame)
    # The MIC of a 1.1 accept also covers the request, which is not at hand.
    is_1_1 = accepted.opt_neg and keys.nwk_key is not None
    mic_ok = None if is_1_1 else check_accept(root, accepted)
    facts = {
        "m_type": "JoinAccept",
        "join_nonce": accepted.join_nonce,
        "net_id": f"{accepted.net_id:06x}",
        "dev_addr": f"{accepted.dev_addr:08x}",
        "dl_settings": accepted.dl_settings,
        "rx_delay_s": accepted.rx_delay_s,
        "cf_list": accepted.cf_list.hex(),
        "mic": accepted.mic.hex(),
    }
    return _joined(facts, mic_ok)


def _joined(facts: dict[str, object], mic_ok: bool | None) -> Described:
    refused = Refused("bad_mic", "the MIC is not by these keys") if mic_ok is False else None
    return Described(facts | {"mic_ok": mic_ok}, refused=refused)


def _proprietary(frame: Proprietary) -> Described:
    return Described(
        {"m_type": "Proprietary", "body": frame.body.hex(), "mic_ok": None},
        refused=Refused("not_lorawan", "MType 7: a proprietary frame"),
    )
