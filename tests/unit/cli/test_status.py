"""`status`: the two sums of a real store, its code when they do not hold, and what the daemon adds."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.status import _live_lines

Call = Callable[..., Any]
LIVE = {
    "clock": {"trusted": False, "how": "ntp"},
    "sources": {"udp": {"state": "up", "why": "[red]x", "guarantee": "at most once", "counters": {}}},
    "sinks": {"city": {"state": "blocked", "why": "renew it", "version": None, "counters": {}}},
    "gateway_clocks_disbelieved": {"02c17aff00000001": 3600.0},
    "stalled": "disk full", "full": True, "moved_aside": "/x/store.db.damaged", "receivers": {},
}  # fmt: skip


def test_every_frame_is_in_one_place(call: Call, installation: Path) -> None:
    said = call("status", "--config", installation / "gateway.toml", "--json")
    assert (said.code, said.err) == (0, "")
    answer = json.loads(said.out)
    # 3 devices in 4 rounds; every fifth uplink has a second gateway, every sixth a stranger beside it.
    assert answer["frames"]["outcomes"] == {"uplink": 12, "repeated": 2, "unknown_device": 2}
    assert answer["frames"]["heard"] == answer["frames"]["sum"] == 16
    assert answer["frames"]["by_source"] == {"udp": 16}
    assert answer["frames"]["rows_differ"] == {}
    assert answer["readings"] == {"accepted": 12 + 12 + 2, "sinks": {}}
    assert answer["balanced"] is True
    assert answer["daemon"] is None
    assert answer["store"]["path"] == str(installation / "store.db")


def test_the_page_for_people_says_the_same(call: Call, installation: Path) -> None:
    said = call("status", "--store", installation / "store.db")
    assert said.code == 0
    for text in ("uplink", "12", "holds: heard", "the daemon does not"):
        assert text in said.out


def test_sums_that_do_not_hold_are_bad(call: Call, copied_store: Path) -> None:
    with sqlite3.connect(copied_store) as connection:
        connection.execute("UPDATE counter SET value = 99 WHERE name = 'outcome.uplink'")
    connection.close()
    said = call("status", "--store", copied_store, "--json")
    assert said.code == 1
    answer = json.loads(said.out)
    assert answer["balanced"] is False
    assert answer["frames"]["rows_differ"] == {"uplink": [99, 12]}
    assert "DOES NOT HOLD" in call("status", "--store", copied_store).out


def test_an_empty_store_is_balanced(call: Call, empty_store: Path) -> None:
    answer = json.loads(call("status", "--store", empty_store, "--json").out)
    assert answer["frames"]["heard"] == 0
    assert answer["balanced"] is True


def test_a_missing_store_is_said_in_a_sentence(call: Call, tmp_path: Path) -> None:
    said = call("status", "--store", tmp_path / "none.db", "--json")
    assert (said.code, said.out) == (1, "")
    assert "none.db" in said.err


def test_the_daemons_lines_say_what_an_operator_must_see() -> None:
    text = "\n".join(_live_lines(LIVE))
    for part in (
        "NOT trusted", "source udp, at most once", "sink city", "renew it", "02c17aff00000001", "+3600 s",
        "nothing is committed: disk full", "/x/store.db.damaged",
    ):  # fmt: skip
        assert part in text
    assert r"\[red]x" in text, "a server's words are no markup"


@pytest.mark.parametrize("name", ["clock", "sources"])
def test_a_daemon_in_order_is_calm(name: str) -> None:
    calm = LIVE | {
        "gateway_clocks_disbelieved": {},
        "stalled": None,
        "moved_aside": None,
        "full": False,
    }
    text = "\n".join(_live_lines(calm))
    assert "[red]" not in text.replace(r"\[red]", "")
    assert name[:-1] in text
