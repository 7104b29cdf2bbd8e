"""What a broker's reason code means for us: wait and try again, or an operator must act first.

paho gives the codes of MQTT 5 for both versions of the protocol.

Source: OASIS MQTT 5.0, 2.4, 3.2.2.2, 3.9.3, 3.14.2.1; MQTT 3.1.1, 3.2.2.3.
"""

from gateway.errors import Blocked, GatewayError, Unavailable

UNSUPPORTED_VERSION = 0x84
TAKEN_OVER = 0x8E
REFUSED_FROM = 0x80
"""This and higher codes are failures."""

_REMEDIES = {
    0x85: "write another client_id",
    0x86: "check username and password_file",
    0x87: "let this user connect, or check username and password_file",
    0x8A: "ask the broker's administrator why this client is banned",
    0x8C: "use a username and password, or a client certificate",
    0x9C: "the broker has moved: change url",
    0x9D: "the broker has moved: change url",
}


class TakenOver(Blocked):
    """Another client uses our client id; each of us would end the other's connection in turn."""


class VersionRefused(Unavailable):
    """The broker does not speak this version of the protocol."""


class SilentlyClosed(Unavailable):
    """The broker closed the connection without a word, as some do that do not know the version."""


def refusal(code: int, name: str) -> GatewayError:
    """The error of a CONNACK with a failure code."""
    if code == UNSUPPORTED_VERSION:
        return VersionRefused(f"the broker refused this version of MQTT ({name})")
    return _fault(code, f"the broker refused the connection ({name})")


def farewell(code: int, name: str) -> GatewayError:
    """The error of a DISCONNECT that the broker sent."""
    if code == TAKEN_OVER:
        return TakenOver(
            "another client has connected with this client_id",
            "give each program a client_id of its own, or stop the other one",
        )
    return _fault(code, f"the broker ended the connection ({name})")


def _fault(code: int, what: str) -> GatewayError:
    remedy = _REMEDIES.get(code)
    return Unavailable(what) if remedy is None else Blocked(what, remedy)
