"""PHYPayload: what a LoRaWAN frame says before any key is asked.

    MHDR(1) | MACPayload | MIC(4)              MHDR: 7-5 MType, 4-2 RFU, 1-0 Major (0 is the only one)

    MType  frame                 bytes         MACPayload, all integers little-endian
    0      join-request          23            JoinEUI(8) DevEUI(8) DevNonce(2)
    1      join-accept           17 or 33      encrypted, its MIC included (join.py)
    2, 4   data up               12..255       DevAddr(4) FCtrl(1) FCnt(2) FOpts(0..15) [FPort(1) [FRMPayload]]
    3, 5   data down             12..255       the same; 4 and 5 are confirmed
    6      rejoin-request        19 or 24      type(1) NetID(3) or JoinEUI(8), DevEUI(8) RJcount(2)
    7      proprietary           1..255        anything

    FCtrl up    7 ADR, 6 ADRACKReq, 5 ACK, 4 ClassB,   3-0 FOptsLen
    FCtrl down  7 ADR, 6 RFU,       5 ACK, 4 FPending, 3-0 FOptsLen

Source: TS001-1.0.4 and LoRaWAN 1.1, section 4 (data) and 6.2 (joins).
Refused as `not_lorawan`: another Major. Refused as `malformed`: any other size, FOptsLen beyond the
end, FPort 0 together with FOpts (the specification has such frames discarded), a rejoin type over 2.
RFU bits are not judged: the MIC covers them.
"""

from struct import Struct as Layout
from typing import ClassVar, TypeVar

from msgspec import Struct

from gateway.errors import Refused

PHY_BYTES_MAX = 255
"""The length byte of the LoRa header."""
MIC_BYTES = 4
DATA_BYTES_MIN = 12
JOIN_REQUEST_BYTES = 23
JOIN_ACCEPT_BYTES = (17, 33)
REJOIN_BYTES = {0: 19, 1: 24, 2: 19}
"""Size by rejoin type."""

_MAJOR = 0x03
_F_OPTS_LEN = 0x0F
_FHDR_BYTES = 8
"""MHDR, DevAddr, FCtrl and FCnt: where FOpts begin."""
_FHDR = Layout("<IBH")


class DataFrame(Struct, frozen=True, gc=False):
    """A data frame as it was sent: nothing in it is authentic or readable yet."""

    direction: ClassVar[int] = 0
    """0 up, 1 down; it goes into the MIC and the keystream."""

    confirmed: bool
    dev_addr: int
    f_ctrl: int
    f_cnt16: int
    """The low half of the frame counter; the high half is not sent."""
    f_opts: bytes
    """0..15 bytes of MAC commands, encrypted in LoRaWAN 1.1."""
    f_port: int | None
    """None when the frame ends after FOpts."""
    frm_payload: bytes
    """Encrypted."""
    mic: bytes
    authenticated: bytes
    """What the MIC covers: the PHYPayload without its last four bytes."""

    @property
    def adr(self) -> bool:
        """The device leaves its data rate to the network."""
        return self.f_ctrl & 0x80 != 0

    @property
    def adr_ack_req(self) -> bool:
        """The device asks whether anybody still hears it (uplinks only)."""
        return self.f_ctrl & 0x40 != 0

    @property
    def ack(self) -> bool:
        """It acknowledges the last confirmed frame of the other side."""
        return self.f_ctrl & 0x20 != 0

    @property
    def bit_4(self) -> bool:
        """ClassB in an uplink, FPending in a downlink."""
        return self.f_ctrl & 0x10 != 0


class DataUplink(DataFrame, frozen=True, gc=False):
    """A data frame of a device."""


class DataDownlink(DataFrame, frozen=True, gc=False):
    """A data frame of a network server."""

    direction: ClassVar[int] = 1


class JoinRequest(Struct, frozen=True, gc=False):
    """A device asks for a session."""

    join_eui: str
    """16 lower-case hex digits, most significant first."""
    dev_eui: str
    dev_nonce: int
    mic: bytes
    authenticated: bytes


class RejoinRequest(Struct, frozen=True, gc=False):
    """A LoRaWAN 1.1 device asks for a new session while it has one."""

    kind: int
    """0, 1 or 2."""
    net_id: int | None
    """Types 0 and 2."""
    join_eui: str | None
    """Type 1."""
    dev_eui: str
    rj_count: int
    mic: bytes
    authenticated: bytes


class JoinAccept(Struct, frozen=True, gc=False):
    """A network's answer to a join. Nothing of it is readable without a key."""

    phy: bytes


class Proprietary(Struct, frozen=True, gc=False):
    """MType 7: a frame of somebody's own."""

    body: bytes
    """Everything after MHDR."""


_Data = TypeVar("_Data", DataUplink, DataDownlink)

PhyPayload = DataUplink | DataDownlink | JoinRequest | RejoinRequest | JoinAccept | Proprietary


def parse(phy: bytes) -> PhyPayload:
    """The frame's parts, by its MType.

    Raises:
        Refused: `malformed` or `not_lorawan`, as the head of this page says.
    """
    size = len(phy)
    if not 0 < size <= PHY_BYTES_MAX:
        raise _malformed(f"a PHYPayload has 1 to {PHY_BYTES_MAX} bytes, this one {size}")
    mhdr = phy[0]
    if mhdr & _MAJOR:
        raise Refused("not_lorawan", f"MHDR 0x{mhdr:02x} has Major {mhdr & _MAJOR}, LoRaWAN has 0")
    m_type = mhdr >> 5
    if m_type in (2, 4):
        return _data(DataUplink, phy, size, m_type == 4)
    if m_type in (3, 5):
        return _data(DataDownlink, phy, size, m_type == 5)
    if m_type == 0:
        return _join_request(phy)
    if m_type == 1:
        if size not in JOIN_ACCEPT_BYTES:
            raise _malformed(f"a join-accept has 17 or 33 bytes, this one {size}")
        return JoinAccept(phy)
    if m_type == 6:
        return _rejoin_request(phy)
    return Proprietary(phy[1:])


def _data(kind: type[_Data], phy: bytes, size: int, confirmed: bool) -> _Data:
    if size < DATA_BYTES_MIN:
        raise _malformed(f"a data frame has at least {DATA_BYTES_MIN} bytes, this one {size}")
    dev_addr, f_ctrl, f_cnt16 = _FHDR.unpack_from(phy, 1)
    end = size - MIC_BYTES
    start = _FHDR_BYTES + (f_ctrl & _F_OPTS_LEN)
    if start >= end:
        if start > end:
            raise _malformed(f"FOptsLen {f_ctrl & _F_OPTS_LEN} goes beyond the end of the frame")
        f_port, frm_payload = None, b""
    else:
        f_port, frm_payload = phy[start], phy[start + 1 : end]
        # TS001-1.0.4 4.3.2: FPort 0 means MAC commands in FRMPayload, and then there are no FOpts.
        if not f_port and start > _FHDR_BYTES:
            raise _malformed("MAC commands both in FOpts and on FPort 0")
    return kind(
        confirmed, dev_addr, f_ctrl, f_cnt16,
        phy[_FHDR_BYTES:start], f_port, frm_payload, phy[end:], phy[:end],
    )  # fmt: skip


def _join_request(phy: bytes) -> JoinRequest:
    if len(phy) != JOIN_REQUEST_BYTES:
        raise _malformed(f"a join-request has {JOIN_REQUEST_BYTES} bytes, this one {len(phy)}")
    return JoinRequest(
        join_eui=_eui_from_le(phy, 1),
        dev_eui=_eui_from_le(phy, 9),
        dev_nonce=int.from_bytes(phy[17:19], "little"),
        mic=phy[-MIC_BYTES:],
        authenticated=phy[:-MIC_BYTES],
    )


def _rejoin_request(phy: bytes) -> RejoinRequest:
    kind = phy[1] if len(phy) > 1 else -1
    if REJOIN_BYTES.get(kind) != len(phy):
        raise _malformed(
            f"a rejoin-request has 19 bytes (type 0, 2) or 24 (type 1), this one {len(phy)}"
            f" of type {kind}"
        )
    by_network = kind != 1
    eui_at = 5 if by_network else 10
    return RejoinRequest(
        kind=kind,
        net_id=int.from_bytes(phy[2:5], "little") if by_network else None,
        join_eui=None if by_network else _eui_from_le(phy, 2),
        dev_eui=_eui_from_le(phy, eui_at),
        rj_count=int.from_bytes(phy[eui_at + 8 : eui_at + 10], "little"),
        mic=phy[-MIC_BYTES:],
        authenticated=phy[:-MIC_BYTES],
    )


def _eui_from_le(phy: bytes, at: int) -> str:
    return phy[at : at + 8][::-1].hex()


def _malformed(sentence: str) -> Refused:
    return Refused("malformed", sentence)
