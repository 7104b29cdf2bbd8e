"""Guards what a broker's reason codes mean: who must act, and what is told."""

import pytest

from gateway.errors import Blocked, Unavailable
from gateway.sources.mqtt.reasons import TakenOver, VersionRefused, farewell, refusal


@pytest.mark.parametrize("code", [0x85, 0x86, 0x87, 0x8A, 0x8C, 0x9D])
def test_what_an_operator_must_see_to_is_blocked_and_says_what_to_do(code: int) -> None:
    fault = refusal(code, "Some reason")
    assert isinstance(fault, Blocked)
    assert "Some reason" in fault.what
    assert fault.remedy


@pytest.mark.parametrize("code", [0x80, 0x88, 0x89, 0x97, 0x9F])
def test_what_passes_by_itself_is_tried_again(code: int) -> None:
    assert type(refusal(code, "Server busy")) is Unavailable


def test_an_unknown_version_is_told_apart() -> None:
    assert isinstance(refusal(0x84, "Unsupported protocol version"), VersionRefused)


def test_a_session_that_was_taken_over_is_blocked() -> None:
    fault = farewell(0x8E, "Session taken over")
    assert isinstance(fault, TakenOver)
    assert "client_id" in str(fault)


def test_a_broker_that_shuts_down_comes_back() -> None:
    assert type(farewell(0x8B, "Server shutting down")) is Unavailable
    assert isinstance(farewell(0x87, "Not authorized"), Blocked)
