"""The keys of a session, as what can be done with them: check a frame, read a frame.

    LoRaWAN 1.0.x    nwk_s_key          MIC, FPort 0        app_s_key   FRMPayload
    LoRaWAN 1.1      f_nwk_s_int_key    MIC bytes 2-3 up    app_s_key   FRMPayload
                     s_nwk_s_int_key    MIC bytes 0-1 up, all of it down
                     nwk_s_enc_key      FPort 0, FOpts

Half of a 1.1 uplink's MIC also covers the data rate, the device's channel index and, with ACK set, the
counter of the downlink it acknowledges. The channel index is searched; the downlink's counter is
not known to a receiver, so for a frame with ACK only the other half can be checked.

Source: TS001-1.0.4 section 4.4; LoRaWAN 1.1 section 4.4. The keys themselves cannot be got back.
"""

import hashlib
from abc import ABC, abstractmethod
from typing import Literal

from gateway.lorawan.crypto import (
    DOWN,
    F_OPTS_A_DOWN,
    F_OPTS_UP_OR_N_DOWN,
    Authenticator,
    Key,
    Keystream,
    same,
)
from gateway.lorawan.phy_payload import DataDownlink, DataFrame, DataUplink

Checked = Literal["full", "half"]
"""How much of a MIC could be checked, and was right."""

FINGERPRINT_BYTES = 8


class SessionKeys(ABC):
    """What both generations of LoRaWAN can do with their keys."""

    fingerprint: str
    """16 hex digits that name the keys and tell nothing of them."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(fingerprint={self.fingerprint!r})"

    @abstractmethod
    def check_uplink(
        self, frame: DataUplink, f_cnt: int, data_rate: int | None, channels: tuple[int, ...]
    ) -> Checked | None:
        """How much of the MIC is right at this 32-bit counter; None when it is wrong.

        `data_rate` and `channels` are the region's indexes that the frame may have been sent with;
        without them, half of a 1.1 MIC stays unchecked.
        """

    @abstractmethod
    def check_downlink(self, frame: DataDownlink, f_cnt: int, conf_f_cnt: int = 0) -> bool:
        """Whether the MIC is right; `conf_f_cnt` is the uplink's counter that a 1.1 ACK confirms."""

    @abstractmethod
    def payload(self, frame: DataFrame, f_cnt: int) -> bytes:
        """FRMPayload, decrypted."""

    @abstractmethod
    def f_opts(self, frame: DataFrame, f_cnt: int) -> bytes:
        """FOpts as MAC commands."""

    @abstractmethod
    def lasting(self, mic: bytes) -> bytes:
        """The part of an uplink's MIC that a retransmission on another channel does not change, in 4 bytes."""


class SessionKeys10(SessionKeys):
    """LoRaWAN 1.0.x."""

    def __init__(self, *, nwk_s_key: bytes, app_s_key: bytes) -> None:
        """Raises ValueError when a key is not 16 bytes."""
        self.fingerprint = _fingerprint("1.0", nwk_s_key, app_s_key)
        self._network = Authenticator(nwk_s_key)
        self._commands = Keystream(nwk_s_key)
        self._application = Keystream(app_s_key)

    def check_uplink(
        self,
        frame: DataUplink,
        f_cnt: int,
        data_rate: int | None,  # noqa: ARG002 LoRaWAN 1.1 has it in the MIC
        channels: tuple[int, ...],  # noqa: ARG002 likewise
    ) -> Checked | None:
        """The whole MIC at once."""
        code = self._network.data_code(0, frame.dev_addr, f_cnt, frame.authenticated)
        return "full" if same(code[:4], frame.mic) else None

    def check_downlink(
        self,
        frame: DataDownlink,
        f_cnt: int,
        conf_f_cnt: int = 0,  # noqa: ARG002 LoRaWAN 1.1 has it in the MIC
    ) -> bool:
        """The whole MIC at once."""
        code = self._network.data_code(DOWN, frame.dev_addr, f_cnt, frame.authenticated)
        return same(code[:4], frame.mic)

    def payload(self, frame: DataFrame, f_cnt: int) -> bytes:
        """By app_s_key; FPort 0 by nwk_s_key."""
        stream = self._application if frame.f_port else self._commands
        return stream.apply(frame.direction, frame.dev_addr, f_cnt, frame.frm_payload)

    def f_opts(
        self,
        frame: DataFrame,
        f_cnt: int,  # noqa: ARG002 nothing to decrypt
    ) -> bytes:
        """Not encrypted in LoRaWAN 1.0."""
        return frame.f_opts

    def lasting(self, mic: bytes) -> bytes:
        """All of it."""
        return mic


class SessionKeys11(SessionKeys):
    """LoRaWAN 1.1."""

    def __init__(
        self,
        *,
        f_nwk_s_int_key: bytes,
        s_nwk_s_int_key: bytes,
        nwk_s_enc_key: bytes,
        app_s_key: bytes,
    ) -> None:
        """Raises ValueError when a key is not 16 bytes."""
        self.fingerprint = _fingerprint(
            "1.1", f_nwk_s_int_key, s_nwk_s_int_key, nwk_s_enc_key, app_s_key
        )
        self._forwarding = Authenticator(f_nwk_s_int_key)
        self._serving = Authenticator(s_nwk_s_int_key)
        self._commands = Keystream(nwk_s_enc_key)
        self._application = Keystream(app_s_key)

    def check_uplink(
        self, frame: DataUplink, f_cnt: int, data_rate: int | None, channels: tuple[int, ...]
    ) -> Checked | None:
        """The half that needs no channel first; the other one only where that is right."""
        dev_addr, message, mic = frame.dev_addr, frame.authenticated, frame.mic
        if not same(self._forwarding.data_code(0, dev_addr, f_cnt, message)[:2], mic[2:]):
            return None
        if frame.ack or data_rate is None or not channels:
            return "half"
        for channel in channels:
            code = self._serving.data_code(0, dev_addr, f_cnt, message, 0, data_rate, channel)
            if same(code[:2], mic[:2]):
                return "full"
        return None

    def check_downlink(self, frame: DataDownlink, f_cnt: int, conf_f_cnt: int = 0) -> bool:
        """By s_nwk_s_int_key alone."""
        confirmed = conf_f_cnt & 0xFFFF if frame.ack else 0
        code = self._serving.data_code(
            DOWN, frame.dev_addr, f_cnt, frame.authenticated, conf_f_cnt=confirmed
        )
        return same(code[:4], frame.mic)

    def payload(self, frame: DataFrame, f_cnt: int) -> bytes:
        """By app_s_key; FPort 0 by nwk_s_enc_key."""
        stream = self._application if frame.f_port else self._commands
        return stream.apply(frame.direction, frame.dev_addr, f_cnt, frame.frm_payload)

    def f_opts(self, frame: DataFrame, f_cnt: int) -> bytes:
        """Decrypted by nwk_s_enc_key."""
        if not frame.f_opts:
            return b""
        # The application's downlinks have a counter of their own: those with an FPort above 0.
        by_application = frame.direction == DOWN and bool(frame.f_port)
        byte_4 = F_OPTS_A_DOWN if by_application else F_OPTS_UP_OR_N_DOWN
        return self._commands.apply(frame.direction, frame.dev_addr, f_cnt, frame.f_opts, byte_4)

    def lasting(self, mic: bytes) -> bytes:
        """The half that covers neither channel nor data rate, after two zero bytes."""
        return b"\0\0" + mic[2:]


def _fingerprint(version: str, *keys: bytes) -> str:
    """The first bytes of a SHA-256 that is used for nothing else; keys are random, so it tells nothing."""
    digest = hashlib.sha256(b"lora-gateway session keys " + version.encode() + b"\0")
    for key in keys:
        digest.update(Key(key))
    return digest.digest()[:FINGERPRINT_BYTES].hex()
