"""The judgement: what was sent against what the database holds, and against what the daemon says of itself."""

# ruff: noqa: S608 - the names in the statements are those of this scenario

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.scenarios.soak.influx_server import DATABASE, InfluxServer
from hil.scenarios.soak.truth import Book, Sent, Value, Way

MEASUREMENTS = ("air_quality", "energy", "cctv_health")
LINK = "lora_link"
TIME_SLACK_NS = 5 * 10**9
"""A frame without a time of its own is dated by its reception, which a machine that stalls may delay."""
NAMED_MAX = 5
"""Findings of one kind that are spelled out."""


@dataclass(slots=True)
class Tally:
    """What became of one way's uplinks."""

    sent: int = 0
    there: int = 0
    missing: int = 0
    excused: int = 0
    """Of the missing: sent while nobody could hear them, by a way that sends once."""
    twice: int = 0
    wrong: int = 0
    """Other values, tags or another time than were sent."""


@dataclass(slots=True)
class Verdict:
    """All of it."""

    tallies: dict[Way, Tally] = field(default_factory=dict)
    points: int = 0
    """In the database."""
    strange: int = 0
    """Points that nobody sent."""
    complaints: list[str] = field(default_factory=list)
    """Why the run has failed; empty when it has not."""

    def complain(self, kind: Counter[str], what: str, sentence: str) -> None:
        """Keep a sentence, unless there are enough of its kind."""
        kind[what] += 1
        if kind[what] <= NAMED_MAX:
            self.complaints.append(sentence)


def compare(book: Book, influx: InfluxServer) -> Verdict:
    """Every uplink that was sent against every point that is there."""
    verdict = Verdict({way: Tally() for way in ("gateways", "roof", "modem")})
    named: Counter[str] = Counter()
    for device, sent in book.sent.items():
        _compare_device(device, sent, book, influx, verdict, named)
    for measurement in (LINK, *MEASUREMENTS):
        for device in _devices(influx, measurement) - book.sent.keys():
            verdict.strange += 1
            verdict.complaints.append(
                f"{measurement} has points of {device}, which is not of this run"
            )
    return verdict


def _compare_device(
    device: str,
    sent: Mapping[int, Sent],
    book: Book,
    influx: InfluxServer,
    verdict: Verdict,
    named: Counter[str],
) -> None:
    links: Counter[tuple[int, str]] = Counter()
    counter_at: dict[int, int] = {}
    for time_ns, tags, fields in _points(influx, LINK, device):
        f_cnt = int(float(fields["f_cnt"]))
        links[f_cnt, tags["gateway"]] += 1
        counter_at[time_ns] = f_cnt
        verdict.points += 1
    data: dict[int, list[tuple[int, str, Mapping[str, str], Mapping[str, Value]]]] = {}
    for measurement in MEASUREMENTS:
        for time_ns, tags, fields in _points(influx, measurement, device):
            found = data.setdefault(counter_at.get(time_ns, -1), [])
            found.append((time_ns, measurement, tags, fields))
            verdict.points += 1
    for f_cnt, one in sent.items():
        tally = verdict.tallies[one.way]
        tally.sent += 1
        found = data.pop(f_cnt, [])
        heard_by = {gateway: count for (of, gateway), count in links.items() if of == f_cnt}
        _judge(f"{device} {f_cnt}", one, found, heard_by, book, tally, verdict, named)
        for gateway in heard_by:
            del links[f_cnt, gateway]
    for f_cnt in {*data, *(of for of, _ in links)}:
        verdict.strange += 1
        verdict.complain(named, "strange", f"{device} {f_cnt} is in the database and was not sent")


def _judge(
    who: str,
    one: Sent,
    found: list[tuple[int, str, Mapping[str, str], Mapping[str, Value]]],
    heard_by: Mapping[str, int],
    book: Book,
    tally: Tally,
    verdict: Verdict,
    named: Counter[str],
) -> None:
    """One uplink: there once, by all who owe it, with its values and its time."""
    owed = one.owed & one.receivers
    if not found or not owed <= heard_by.keys():
        tally.missing += 1
        if book.may_be_missing(one) and not found:
            tally.excused += 1
            return
        lacks = "" if not found else f" of {', '.join(sorted(owed - heard_by.keys()))}"
        at_s = one.at - book.began
        sentence = f"{one.way}: {who}{lacks} is missing, sent at {at_s:.1f} s"
        verdict.complain(named, f"missing {one.way}", sentence)
        return
    tally.there += 1
    if len(found) > 1 or max(heard_by.values()) > 1 or not heard_by.keys() <= one.receivers:
        tally.twice += 1
        verdict.complain(named, "twice", f"{one.way}: {who} is there more than once: {heard_by}")
    time_ns, measurement, tags, fields = found[0]
    at_ns = int(one.at * 1e9)
    in_time = (
        time_ns == one.time_ns
        if one.time_ns is not None
        else at_ns - 10**9 <= time_ns <= at_ns + TIME_SLACK_NS
    )
    same = (measurement, tuple(sorted(tags.items())), tuple(sorted(fields.items())))
    if not in_time or same != (one.measurement, one.tags, one.fields):
        tally.wrong += 1
        verdict.complain(
            named, "wrong", f"{one.way}: {who} has {time_ns} {same}, sent was {one.time_ns} {one}"
        )


def _points(
    influx: InfluxServer, measurement: str, device: str
) -> Iterator[tuple[int, Mapping[str, str], Mapping[str, Value]]]:
    """(time, tags, fields) of a device's points."""
    statement = f'SELECT * FROM "{measurement}" WHERE "device" = \'{device}\' GROUP BY *'
    for series in influx.query(statement, DATABASE):
        tags = {name: text for name, text in series["tags"].items() if text}
        for row in series["values"]:
            fields = dict(zip(series["columns"], row, strict=True))
            time_ns = fields.pop("time")
            yield (
                time_ns,
                tags,
                {
                    # JSON has one kind of number; the gateway writes floats only.
                    name: float(value) if type(value) is int else value
                    for name, value in fields.items()
                    if value is not None
                },
            )


def _devices(influx: InfluxServer, measurement: str) -> set[str]:
    """The devices of a measurement's points."""
    statement = f'SHOW TAG VALUES FROM "{measurement}" WITH KEY = "device"'
    return {row[1] for series in influx.query(statement, DATABASE) for row in series["values"]}


# -- what the daemon says of itself -----------------------------------------------------------------------


def sums(status: Mapping[str, Any], verdict: Verdict) -> list[str]:
    """What is wrong with both sums of `status` after the end, and with their agreement with the database."""
    found = []
    frames, sinks = status["frames"], status["readings"]["sinks"]
    if not frames["balanced"]:
        found.append(f"frames: {frames['heard']} heard, {frames['sum']} by outcome")
    account = sinks["city"]
    if not account["balanced"]:
        found.append(f"readings do not add up: {account}")
    left = {
        name: account[name]
        for name in ("pending", "dead", "expired", "superseded", "dropped")
        if account[name]
    }
    if left:
        found.append(f"not everything was delivered: {left}")
    if account["delivered"] != verdict.points:
        found.append(
            f"{account['delivered']} readings delivered, {verdict.points} points in the database"
        )
    return found


def integrity(store: Path) -> list[str]:
    """What SQLite finds wrong with the file."""
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        answers = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    finally:
        connection.close()
    return [] if answers == ["ok"] else [f"integrity_check: {answer}" for answer in answers[:3]]
