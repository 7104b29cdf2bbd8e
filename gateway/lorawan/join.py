"""Joins: whose request it is, what the answer says, which session keys follow from both.

    request          00 | JoinEUI(8) | DevEUI(8) | DevNonce(2) | MIC          MIC by AppKey (1.0), NwkKey (1.1)
    accept, plain    20 | JoinNonce(3) | NetID(3) | DevAddr(4) | DLSettings(1) | RxDelay(1) | [CFList(16)] | MIC
    DLSettings       7 OptNeg (set: LoRaWAN 1.1), 6-4 RX1DROffset, 3-0 RX2DataRate

    session keys     AES(key, nn | JoinNonce(3) | x | DevNonce(2) | 00..)     x NetID(3) in 1.0, JoinEUI(8) in 1.1
                     1.0, AppKey: 01 NwkSKey, 02 AppSKey
                     1.1, NwkKey: 01 FNwkSIntKey, 03 SNwkSIntKey, 04 NwkSEncKey; AppKey: 02 AppSKey
    join keys, 1.1   AES(NwkKey, nn | DevEUI(8) | 00..)                       05 JSEncKey, 06 JSIntKey

Integers and EUIs are little-endian on the wire. The server encrypts an accept with AES *decryption*,
so that a device gets by with AES encryption alone; so do we.
Source: TS001-1.0.4 section 6.2; LoRaWAN 1.1 section 6.1 and 6.2.
"""

from msgspec import Struct

from gateway.lorawan.crypto import Authenticator, Key, encrypt_blocks, same
from gateway.lorawan.phy_payload import MIC_BYTES, JoinAccept, JoinRequest, RejoinRequest
from gateway.lorawan.session_keys import SessionKeys10, SessionKeys11

JOIN, REJOIN_0, REJOIN_1, REJOIN_2 = 0xFF, 0, 1, 2
"""JoinReqType: which request a 1.1 accept answers."""


class JoinKeys:
    """The root keys of an OTAA device. LoRaWAN 1.1 devices have `nwk_key`, 1.0 devices only `app_key`."""

    def __init__(
        self, *, device: str, dev_eui: str, app_key: bytes, nwk_key: bytes | None = None
    ) -> None:
        """`dev_eui` is 16 lower-case hex digits. Raises ValueError when a key is not 16 bytes."""
        self.device = device
        self.dev_eui = dev_eui
        self.app_key = Key(app_key)
        self.nwk_key = None if nwk_key is None else Key(nwk_key)

    def check_request(self, request: JoinRequest) -> bool:
        """Whether the device itself sent this join-request."""
        return _is_right(self.nwk_key or self.app_key, request)

    def check_rejoin(self, request: RejoinRequest) -> bool | None:
        """Whether it sent this rejoin-request; None where that takes the keys of its session (type 0, 2)."""
        if request.kind != REJOIN_1 or self.nwk_key is None:
            return None
        return _is_right(derive_join_keys(self.nwk_key, self.dev_eui)[0], request)


class Accepted(Struct, frozen=True, gc=False):
    """What a join-accept says, decrypted."""

    join_nonce: int
    net_id: int
    dev_addr: int
    dl_settings: int
    rx_delay_s: int
    cf_list: bytes
    """16 bytes, or none."""
    mic: bytes
    authenticated: bytes
    """MHDR and the rest of the plain frame before the MIC."""

    @property
    def opt_neg(self) -> bool:
        """The session is a LoRaWAN 1.1 one."""
        return self.dl_settings & 0x80 != 0

    @property
    def channels_hz(self) -> tuple[int, ...]:
        """The channels it adds, 0 for none at that place; empty unless CFList is of type 0."""
        if not self.cf_list or self.cf_list[15] != 0:
            return ()
        return tuple(
            int.from_bytes(self.cf_list[at : at + 3], "little") * 100 for at in range(0, 15, 3)
        )


def read_accept(key: bytes, accept: JoinAccept) -> Accepted:
    """The accept under AppKey (1.0), NwkKey (1.1, after a join) or JSEncKey (1.1, after a rejoin).

    A wrong key gives nonsense; `check_accept` tells.
    """
    return read_plain_accept(accept.phy[:1] + encrypt_blocks(key, accept.phy[1:]))


def read_plain_accept(plain: bytes) -> Accepted:
    """The parts of a decrypted accept of 17 or 33 bytes, MHDR and MIC included."""
    return Accepted(
        join_nonce=int.from_bytes(plain[1:4], "little"),
        net_id=int.from_bytes(plain[4:7], "little"),
        dev_addr=int.from_bytes(plain[7:11], "little"),
        dl_settings=plain[11],
        rx_delay_s=max(1, plain[12] & 0x0F),  # TS001-1.0.4 5.7: 0 means one second
        cf_list=plain[13:-MIC_BYTES],
        mic=plain[-MIC_BYTES:],
        authenticated=plain[:-MIC_BYTES],
    )


def check_accept(app_key: bytes, accepted: Accepted) -> bool:
    """Whether the MIC is right, LoRaWAN 1.0."""
    return same(Authenticator(app_key).code(accepted.authenticated)[:MIC_BYTES], accepted.mic)


def check_accept_1_1(
    js_int_key: bytes, accepted: Accepted, *, join_eui: str, dev_nonce: int, answers: int = JOIN
) -> bool:
    """Whether the MIC is right, LoRaWAN 1.1: it also covers the request that is answered."""
    code = accept_code_1_1(js_int_key, accepted.authenticated, join_eui, dev_nonce, answers)
    return same(code[:MIC_BYTES], accepted.mic)


def accept_code_1_1(
    js_int_key: bytes, authenticated: bytes, join_eui: str, dev_nonce: int, answers: int = JOIN
) -> bytes:
    """The CMAC of a 1.1 accept, 16 bytes. `dev_nonce` is RJcount after a rejoin."""
    request = bytes([answers]) + _eui_to_le(join_eui) + dev_nonce.to_bytes(2, "little")
    return Authenticator(js_int_key).code(request + authenticated)


def derive_1_0(app_key: bytes, join_nonce: int, net_id: int, dev_nonce: int) -> tuple[Key, Key]:
    """(NwkSKey, AppSKey) of the session that a 1.0 join opens."""
    rest = _nonces(join_nonce, net_id.to_bytes(3, "little"), dev_nonce)
    return _derive(app_key, 0x01, rest), _derive(app_key, 0x02, rest)


def derive_1_1(
    app_key: bytes, nwk_key: bytes, join_nonce: int, join_eui: str, dev_nonce: int
) -> tuple[Key, Key, Key, Key]:
    """(FNwkSIntKey, SNwkSIntKey, NwkSEncKey, AppSKey) of the session that a 1.1 join opens."""
    rest = _nonces(join_nonce, _eui_to_le(join_eui), dev_nonce)
    f_nwk, s_nwk, enc = (_derive(nwk_key, kind, rest) for kind in (0x01, 0x03, 0x04))
    return f_nwk, s_nwk, enc, _derive(app_key, 0x02, rest)


def derive_join_keys(nwk_key: bytes, dev_eui: str) -> tuple[Key, Key]:
    """(JSIntKey, JSEncKey) of a 1.1 device."""
    rest = _eui_to_le(dev_eui)
    return _derive(nwk_key, 0x06, rest), _derive(nwk_key, 0x05, rest)


def session_keys(
    keys: JoinKeys, request: JoinRequest, accepted: Accepted
) -> SessionKeys10 | SessionKeys11:
    """The keys of the session that this request and this answer open. The MICs are the caller's to check.

    Raises:
        ValueError: a 1.1 answer for a device without `nwk_key`.
    """
    if not accepted.opt_neg:
        # LoRaWAN 1.1 6.1.1.3: a 1.1 device under a 1.0 server uses NwkKey as AppKey.
        root = keys.nwk_key or keys.app_key
        nwk, app = derive_1_0(root, accepted.join_nonce, accepted.net_id, request.dev_nonce)
        return SessionKeys10(nwk_s_key=nwk, app_s_key=app)
    if keys.nwk_key is None:
        raise ValueError(f"{keys.device} got a LoRaWAN 1.1 answer and has no nwk_key")
    f_nwk, s_nwk, enc, app = derive_1_1(
        keys.app_key, keys.nwk_key, accepted.join_nonce, request.join_eui, request.dev_nonce
    )
    return SessionKeys11(
        f_nwk_s_int_key=f_nwk, s_nwk_s_int_key=s_nwk, nwk_s_enc_key=enc, app_s_key=app
    )


def _is_right(key: bytes, request: JoinRequest | RejoinRequest) -> bool:
    return same(Authenticator(key).code(request.authenticated)[:MIC_BYTES], request.mic)


def _nonces(join_nonce: int, middle: bytes, dev_nonce: int) -> bytes:
    return join_nonce.to_bytes(3, "little") + middle + dev_nonce.to_bytes(2, "little")


def _derive(key: bytes, kind: int, rest: bytes) -> Key:
    return Key(encrypt_blocks(key, (bytes([kind]) + rest).ljust(16, b"\0")))


def _eui_to_le(eui: str) -> bytes:
    return bytes.fromhex(eui)[::-1]
