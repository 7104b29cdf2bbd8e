"""The keys of a `decode` request, as what the LoRaWAN room takes: a session's, a join's, or none.

A network key alone is enough to see whether a frame is authentic; its payload then stays sealed.
"""

from typing import NamedTuple

from gateway.cli.dry_run import Request, from_hex
from gateway.device import KEY_NAMES
from gateway.errors import Refused
from gateway.lorawan.join import JoinKeys
from gateway.lorawan.session_keys import SessionKeys, SessionKeys10, SessionKeys11

KEY_BYTES = 16
NETWORK_1_1 = ("f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key")
_UNUSED = bytes(KEY_BYTES)
"""In place of an application key that nobody has: what it would decrypt is not shown."""


class FrameKeys(NamedTuple):
    """What a frame can be checked and read with."""

    session: SessionKeys | None
    joining: JoinKeys | None
    payload_is_sealed: bool

    @classmethod
    def of(cls, request: Request) -> "FrameKeys":
        """The request's keys.

        Raises:
            Refused: malformed: a key is not 16 bytes of hex, or one is missing.
        """
        given = {
            name: _key(name, text)
            for name in KEY_NAMES
            if (text := getattr(request, name)) is not None
        }
        app_s_key = given.get("app_s_key")
        return cls(_session(given), _joining(given, request.dev_eui or ""), app_s_key is None)


def _session(given: dict[str, bytes]) -> SessionKeys | None:
    app_s_key = given.get("app_s_key", _UNUSED)
    newer = [name for name in NETWORK_1_1 if name in given]
    if "nwk_s_key" in given and newer:
        raise Refused(
            "malformed", f"nwk_s_key is of LoRaWAN 1.0 and {newer[0]} of 1.1; leave one out"
        )
    if newer:
        for name in NETWORK_1_1:
            if name not in given:
                raise Refused("malformed", f"{name} is missing, beside {newer[0]} of LoRaWAN 1.1")
        network = {name: given[name] for name in NETWORK_1_1}
        return SessionKeys11(**network, app_s_key=app_s_key)
    if "nwk_s_key" in given:
        return SessionKeys10(nwk_s_key=given["nwk_s_key"], app_s_key=app_s_key)
    if "app_s_key" in given:
        raise Refused(
            "malformed", "nwk_s_key is missing: app_s_key alone cannot tell whether it fits"
        )
    return None


def _joining(given: dict[str, bytes], dev_eui: str) -> JoinKeys | None:
    root = given.get("app_key") or given.get("nwk_key")
    if root is None:
        return None
    return JoinKeys(device="", dev_eui=dev_eui, app_key=root, nwk_key=given.get("nwk_key"))


def _key(name: str, text: str) -> bytes:
    key = from_hex(name, text)
    if len(key) != KEY_BYTES:
        raise Refused("malformed", f"{name} has {len(key)} bytes, a key has {KEY_BYTES}")
    return key
