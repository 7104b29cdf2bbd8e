"""What a certificate outside its time means, by whether this machine's clock is trusted: row 17 of the matrix."""

import pytest

from gateway.certificate_time import EXPIRED, NOT_YET_VALID, time_fault
from gateway.errors import Blocked, Unavailable
from gateway.model import Stamp

NOW_NS = 1_795_305_600_000_000_000
TRUSTED = Stamp(NOW_NS, 1, trusted=True)
UNTRUSTED = Stamp(NOW_NS, 1, trusted=False)


@pytest.mark.parametrize("code", [NOT_YET_VALID, EXPIRED])
@pytest.mark.parametrize("now", [UNTRUSTED, None])
def test_while_nobody_vouches_for_the_clock_it_is_the_clock(code: int, now: Stamp | None) -> None:
    fault = time_fault(code, now)
    assert isinstance(fault, Unavailable)
    assert "until the clock of this machine is set" in str(fault)
    assert "certificate" not in str(fault)
    assert ("2026-11-22 00:00 UTC" in str(fault)) is (now is not None)


def test_a_certificate_that_has_expired_is_for_its_owner_to_renew() -> None:
    fault = time_fault(EXPIRED, TRUSTED)
    assert isinstance(fault, Blocked)
    assert "has expired" in fault.what
    assert "renew" in fault.remedy


def test_a_certificate_that_begins_later_is_waited_for() -> None:
    fault = time_fault(NOT_YET_VALID, TRUSTED)
    assert isinstance(fault, Unavailable)
    assert "begins later than now" in str(fault)


def test_other_reasons_are_not_about_time() -> None:
    assert time_fault(19, UNTRUSTED) is None


@pytest.mark.parametrize("wall_ns", [0, -(2**63), 2**63 - 1, 2**70])
def test_any_clock_can_be_told(wall_ns: int) -> None:
    assert time_fault(EXPIRED, Stamp(wall_ns, 1, trusted=False)) is not None
