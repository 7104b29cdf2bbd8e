"""Guards the allow-lists, in both address families."""

import pytest

from gateway.sources.semtech_udp.senders import HOSTS_MAX, Senders

EUI = "0016c001ff10a235"


def test_without_lists_everyone_is_heard() -> None:
    senders = Senders((), ())
    assert not senders.are_limited
    assert senders.hear_host("192.0.2.1")
    assert senders.hear_host("2001:db8::1")
    assert senders.hear_gateway(bytes(8))
    assert senders.hear_gateway(b"")


def test_only_listed_gateways_are_heard() -> None:
    senders = Senders([EUI], ())
    assert senders.are_limited
    assert senders.hear_gateway(bytes.fromhex(EUI))
    assert not senders.hear_gateway(bytes(8))
    assert not senders.hear_gateway(b"")


@pytest.mark.parametrize(
    ("host", "heard"),
    [
        ("192.168.1.7", True),
        ("192.168.2.7", False),
        ("::ffff:192.168.1.7", True),
        ("::ffff:192.168.2.7", False),
        ("fd00::5", True),
        ("fe80::5%eth0", False),
        ("::1", False),
    ],
)
def test_only_listed_networks_are_heard(host: str, heard: bool) -> None:
    senders = Senders((), ["192.168.1.0/24", "fd00::/8"])
    assert senders.are_limited
    assert senders.hear_host(host) is heard
    assert senders.hear_host(host) is heard


def test_a_link_local_sender_is_judged_without_its_interface() -> None:
    assert Senders((), ["fe80::/10"]).hear_host("fe80::5%eth0")


def test_remembered_verdicts_are_bounded() -> None:
    senders = Senders((), ["10.0.0.0/8"])
    for number in range(HOSTS_MAX + 100):
        assert senders.hear_host(f"10.0.{number // 256}.{number % 256}")
    assert senders._in_networks.cache_info().currsize == HOSTS_MAX
