"""What a TLS certificate outside its time means: this machine's clock is not set, or the certificate is old. Pure.

Before the clock of a Raspberry Pi is set, every new certificate is "not yet valid"; with a clock years ahead every
one "has expired". Neither says anything about the certificate, and setting the clock mends it.
"""

from datetime import UTC, datetime, timedelta

from gateway.errors import Blocked, Unavailable
from gateway.model import Stamp

NOT_YET_VALID, EXPIRED = 9, 10
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL (`ssl` has them as verify_code)."""


def time_fault(verify_code: int, now: Stamp | None) -> Unavailable | Blocked | None:
    """Who must act about a certificate that was refused at `now`; None when its time is not the reason.

    The text goes on from the server's address: "https://10.0.0.5 cannot be checked until ...".
    """
    if verify_code not in (NOT_YET_VALID, EXPIRED):
        return None
    says = "" if now is None else f", which says {_text(now.wall_ns)}"
    if now is None or not now.trusted:
        return Unavailable(
            f"cannot be checked until the clock of this machine is set{says}; TLS goes on by itself then"
        )
    if verify_code == NOT_YET_VALID:
        return Unavailable(
            f"shows a certificate that begins later than now by the clock of this machine{says}"
        )
    return Blocked(
        f"shows a certificate that has expired by the clock of this machine{says}",
        "renew the certificate of that server",
    )


def _text(wall_ns: int) -> str:
    try:
        return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=wall_ns // 1000):%Y-%m-%d %H:%M} UTC"
    except OverflowError:
        return f"{wall_ns} ns since 1970"
