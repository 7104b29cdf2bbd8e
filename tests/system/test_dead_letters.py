"""Dead letters from their refusal to their end, with a real daemon and a real influxd."""

import os
import signal
from pathlib import Path
from threading import Thread

import pytest

from gateway.host.control import control_path
from tests.influx_fixtures import Influxd
from tests.system.daemon import run
from tests.system.refused_city import refused_city
from tests.system.relay import port_of
from tests.system.slow_server import HeldAnswers

pytestmark = pytest.mark.real


def test_what_was_refused_is_delivered_once_the_database_takes_it(
    tmp_path: Path, influxd: Influxd
) -> None:
    with refused_city(tmp_path, influxd) as city:
        before = city.sums()
        listed = city.command("dead-letters", "list")
        assert [(kind["letters"], kind["status"]) for kind in listed["reasons"]] == [
            (city.dead, 400)
        ]
        assert "pm2_5_ug_m3" in listed["reasons"][0]["text"]

        again = city.command("dead-letters", "retry", "--all")["sinks"]["city"]
        assert (again["accepted"], again["refused_again"]) == (0, city.dead)
        assert city.sums() == before, "refused again is dead again"

        city.mend()
        first = str(listed["letters"][0]["id"])
        assert city.command("dead-letters", "retry", first)["sinks"]["city"]["accepted"] == 1
        assert city.stored() == 1
        assert city.command("dead-letters", "retry", first)["sinks"] == {}, (
            "it is no dead letter now"
        )
        rest = city.command("dead-letters", "retry", "--all")["sinks"]["city"]
        assert (rest["accepted"], rest["refused_again"], rest["why"]) == (city.dead - 1, 0, None)
        after = city.sums()
        assert (after["dead"], after["delivered"]) == (0, before["delivered"] + city.dead)
        assert city.stored() == city.dead
        assert city.daemon.stop() == 0
        assert city.sums() == after


def test_letters_are_shown_with_their_frame_and_dropped_with_a_count(
    tmp_path: Path, influxd: Influxd
) -> None:
    with refused_city(tmp_path, influxd) as city:
        letters = city.command("dead-letters", "list")["letters"]
        one = city.command("dead-letters", "show", str(letters[0]["id"]))
        assert one["line"].startswith("air_quality,")
        sent = {heard.hearing.phy.hex() for heard in city.scene.heard}
        assert one["frame"]["raw"] in sent
        name = letters[0]["device"]
        whose = sum(letter["device"] == name for letter in letters)

        asked = ("dead-letters", "drop", "--device", name)
        assert city.command(*asked, "--dry-run") == {"would_drop": whose}
        assert "Delete" in city.refusal(*asked), "nobody said yes"
        assert city.sums()["dead"] == city.dead
        assert city.command(*asked, "--yes")["dropped"] == {"city": whose}
        sums = city.sums()
        assert (sums["dead"], sums["dropped"]) == (city.dead - whose, whose)
        assert "no dead letter" in city.refusal(*asked, "--yes")


def test_a_kill_in_the_middle_of_a_retry_leaves_every_sum_true(
    tmp_path: Path, influxd: Influxd
) -> None:
    with (
        HeldAnswers(port_of(influxd.url), 0.2) as relay,
        refused_city(tmp_path, influxd, port=relay.port, devices=30, rounds=30) as city,
    ):
        city.mend()
        config = str(city.daemon.config)
        asked = Thread(target=run, args=("dead-letters", "retry", "--all", "--config", config))
        asked.start()
        city.daemon.wait(lambda: city.stored() > 0, "some are in the database", timeout_s=30)
        city.daemon.kill()
        asked.join()
        sums = city.sums()
        assert 0 < sums["dead"] <= city.dead, (
            "the last ones are in the database, and still dead here"
        )
        assert city.stored() > city.dead - sums["dead"]
        left = sums["dead"]
        city.daemon.start().wait_running()
        assert city.command("dead-letters", "retry", "--all")["sinks"]["city"]["accepted"] == left
        assert (city.sums()["dead"], city.stored()) == (0, city.dead)


def test_with_the_daemon_down_the_command_is_the_writer(tmp_path: Path, influxd: Influxd) -> None:
    with refused_city(tmp_path, influxd) as city:
        assert city.daemon.stop() == 0
        city.mend()
        letters = city.command("dead-letters", "list")["letters"]
        first, last = (str(letters[place]["id"]) for place in (0, -1))
        assert city.command("dead-letters", "retry", first)["sinks"]["city"]["accepted"] == 1
        assert city.command("dead-letters", "drop", last, "--yes")["dropped"] == {"city": 1}
        sums = city.sums()
        assert (sums["dead"], sums["dropped"]) == (city.dead - 2, 1)
        city.daemon.start().wait_running()
        rest = city.command("dead-letters", "retry", "--all")["sinks"]["city"]
        assert rest["accepted"] == city.dead - 2
        assert city.stored() == city.dead - 1


def test_a_database_that_is_away_costs_no_letter(tmp_path: Path, influxd: Influxd) -> None:
    with refused_city(tmp_path, influxd) as city:
        city.influxd.query(f'DROP DATABASE "{city.database}"')
        before = city.sums()
        answer = city.command("dead-letters", "retry", "--all")["sinks"]["city"]
        assert answer["why"], "it says what stands in the way"
        assert answer["accepted"] == 0
        assert city.sums()["dead"] == before["dead"] == city.dead


def test_a_socket_that_was_taken_away_comes_back(tmp_path: Path, influxd: Influxd) -> None:
    with refused_city(tmp_path, influxd) as city:
        socket = control_path(tmp_path / "store.db")
        os.kill(city.daemon.pid, signal.SIGSTOP)  # or it makes a new one before the command looks
        try:
            socket.unlink()
            assert "control socket is away" in city.refusal("dead-letters", "retry", "--all")
        finally:
            os.kill(city.daemon.pid, signal.SIGCONT)
        city.daemon.wait(socket.exists, "there is a socket again")
        city.daemon.wait(lambda: city.daemon.status()["daemon"], "it answers")
        assert city.command("dead-letters", "retry", "--all")["asked"] == city.dead


def test_a_stop_in_the_middle_of_a_retry_ends_in_order(tmp_path: Path, influxd: Influxd) -> None:
    with (
        HeldAnswers(port_of(influxd.url), 0.2) as relay,
        refused_city(tmp_path, influxd, port=relay.port, devices=30, rounds=30) as city,
    ):
        city.mend()
        said: list[str] = []
        asked = Thread(target=lambda: said.append(city.refusal("dead-letters", "retry", "--all")))
        asked.start()
        city.daemon.wait(lambda: city.stored() > 0, "some are in the database", timeout_s=30)
        assert city.daemon.stop() == 0
        asked.join()
        assert "what it has done stays done" in said[0]
        sums = city.sums()
        assert 0 < sums["dead"] <= city.dead
        assert city.stored() >= city.dead - sums["dead"]
        city.daemon.start().wait_running()
        left = city.command("dead-letters", "retry", "--all")["sinks"]["city"]
        assert left["accepted"] == sums["dead"]
        assert city.stored() == city.dead
