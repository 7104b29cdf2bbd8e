"""Paths in a configuration that led out of its folder lead to the new places; everything else stays as written."""

import tomllib

from gateway.backup.rewiring import rewired, with_store_path

TEXT = """\
# /etc/ssl/ca.pem is named below
[store]
path = "/var/lib/gw/store.db"     # stays
[[sources.mqtt]]
ca_file = '/etc/ssl/ca.pem'
password_file = "../secrets/broker"
cert_file = "/etc/ssl/ca.pem.old"
"""


def test_whole_strings_are_replaced_however_they_are_quoted() -> None:
    moves = {
        "/var/lib/gw/store.db": "/new/store.db",
        "/etc/ssl/ca.pem": '/new/a "b".pem',
        "/etc/secrets/broker": "/new/broker",
    }
    new = rewired(TEXT, moves, "/etc/gw")
    document = tomllib.loads(new)
    assert document["store"]["path"] == "/new/store.db"
    (broker,) = document["sources"]["mqtt"]
    assert broker == {
        "ca_file": '/new/a "b".pem',
        "password_file": "/new/broker",
        "cert_file": "/etc/ssl/ca.pem.old",
    }
    assert new.startswith("# /etc/ssl/ca.pem is named below\n")
    assert "# stays" in new


def test_a_store_path_that_was_left_to_its_default_is_written() -> None:
    for text in (
        '[gateway]\nname = "x"\n',
        '[gateway]\nname = "x"\n\n[store]\nsize_max = "1 GB"\n',
        "",
    ):
        new = tomllib.loads(with_store_path(text, "/new/store.db"))
        old = tomllib.loads(text)
        assert new.pop("store") == {**old.pop("store", {}), "path": "/new/store.db"}
        assert new == old


def test_a_store_path_that_is_given_stays() -> None:
    text = '[store]\npath = "x.db"\n'
    assert with_store_path(text, "/new/store.db") == text


def test_what_is_no_toml_stays() -> None:
    assert with_store_path("[[[", "/new/store.db") == "[[["
