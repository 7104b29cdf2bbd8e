"""The gateway's file: what a small one means, and for each kind of mistake the key and what to write instead."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import BYTES_MAX, Config, load
from gateway.errors import ConfigError

Loaded = Callable[..., Config]
Faults = Callable[..., list[ConfigError]]

UDP = "[[sources.semtech_udp]]\n"
INFLUX = '[[sinks.influxdb]]\nurl = "http://127.0.0.1:8086"\ndatabase = "city"\n'


def test_an_empty_file_is_a_gateway_with_defaults(loaded: Loaded, tmp_path: Path) -> None:
    config = loaded("")
    assert config.gateway.name
    assert config.gateway.timezone == "UTC"
    assert config.gateway.backfill_max == 7 * 86_400
    assert config.gateway.clock_wait == 3600
    assert config.gateway.clock_trust == "auto"
    assert config.gateway.clock_never == "send_flagged"
    assert config.store.path == Path("/var/lib/lora-gateway/store.db")
    assert config.store.size_max == 2**30
    assert config.store.age_max == 90 * 86_400
    assert config.store.when_full == "refuse"
    assert config.store.commit_interval == 0.2
    assert (config.sources, config.sinks, config.devices, config.web) == ((), (), (), None)
    assert config.base == tmp_path


def test_every_key_of_the_own_sections_is_read(loaded: Loaded, tmp_path: Path) -> None:
    config = loaded(
        """
        [gateway]
        name = "kk-01"
        region = "AS923-1"
        devices = "devices.toml"
        tags = { site = "city-hall", area = "north" }
        timezone = "Asia/Bangkok"
        backfill_max = "2 days"
        clock_trust = "rtc"
        clock_wait = "10 min"
        clock_never = "dead_letter"
        [store]
        path = "store.db"
        size_max = "64 MB"
        age_max = "1 week"
        when_full = "drop_oldest"
        commit_interval = "1 s"
        [web]
        listen = "[::1]:8480"
        """,
        devices="",
    )
    gateway, store = config.gateway, config.store
    assert (gateway.name, gateway.region, gateway.timezone) == ("kk-01", "AS923-1", "Asia/Bangkok")
    assert gateway.devices == tmp_path / "devices.toml"
    assert gateway.tags == (("area", "north"), ("site", "city-hall"))
    assert (gateway.backfill_max, gateway.clock_trust) == (172_800, "rtc")
    assert (gateway.clock_wait, gateway.clock_never) == (600, "dead_letter")
    assert store.path == tmp_path / "store.db"
    assert (store.size_max, store.age_max) == (64_000_000, 604_800)
    assert (store.when_full, store.commit_interval) == ("drop_oldest", 1)
    assert config.web is not None
    assert config.web.listen == "[::1]:8480"


def test_names_come_from_kind_and_place_when_they_are_not_given(loaded: Loaded) -> None:
    config = loaded(
        UDP + 'listen = "127.0.0.1:1700"\n'
        "[[sources.semtech_udp]]\n"
        'listen = "127.0.0.1:1701"\n'
        '[[sources.semtech_udp]]\nname = "roof"\nlisten = "127.0.0.1:1702"\n' + INFLUX
    )
    assert [source.name for source in config.sources] == ["semtech_udp", "semtech_udp-2", "roof"]
    assert [source.section.name for source in config.sources] == [
        "semtech_udp",
        "semtech_udp-2",
        "roof",
    ]
    assert [source.key for source in config.sources] == [
        f"sources.semtech_udp[{i}]" for i in range(3)
    ]
    assert [sink.name for sink in config.sinks] == ["influxdb"]


FAULTS = [
    ('[gatway]\nname = "a"', "gatway", None, 'did you mean "gateway"?'),
    ('")" = 1', '")"', None, "known here"),
    ('[gateway]\n")" = 1', 'gateway.")"', None, "known here"),
    ("name = 1", "name", None, "known here: gateway, sinks, sources, store, web"),
    ("gateway = 1", "gateway", None, "write [gateway] in single brackets"),
    ("[[gateway]]", "gateway", None, "write [gateway] in single brackets"),
    ('[gateway]\nregoin = "x"', "gateway.regoin", None, 'did you mean "region"?'),
    ('[gateway]\nregion = "EU686"', "gateway.region", "EU686", 'did you mean "EU868"?'),
    ('[gateway]\nname = "a b"', "gateway.name", "a b", "letters, digits"),
    ("[gateway]\nname = 7", "gateway.name", 7, "write it as text in quotes"),
    ('[gateway]\ntimezone = "Asia/Bankok"', "gateway.timezone", "Asia/Bankok", '"Asia/Bangkok"'),
    ('[gateway]\ndevices = "a\\u0000"', "gateway.devices", "a\0", "no zero byte"),
    ('[store]\npath = "a\\u0000"', "store.path", "a\0", "no zero byte"),
    ('[gateway]\ntimezone = "../etc"', "gateway.timezone", "../etc", "Area/City"),
    ("[gateway]\nbackfill_max = 7", "gateway.backfill_max", 7, "text with a unit"),
    ('[gateway]\nclock_wait = "1 hr"', "gateway.clock_wait", "1 hr", "text with a unit"),
    ('[gateway]\nclock_trust = "npt"', "gateway.clock_trust", "npt", '"auto", "ntp", "rtc"'),
    ('[gateway]\ntags = "a"', "gateway.tags", "a", "write a table"),
    ('[gateway]\ntags = { time = "a" }', "gateway.tags", None, "time is every point's own"),
    ('[gateway]\ntags = { device = "a" }', "gateway.tags", None, "sets that tag itself"),
    ('[gateway]\ntags = { co2_ppm = "a" }', "gateway.tags", None, "is a field's name"),
    ('[gateway]\ntags = { "a-b" = "a" }', "gateway.tags", None, "letters, digits and _"),
    ("[gateway]\ntags = { a = 1 }", "gateway.tags", None, "write it as text in quotes"),
    ('[store]\nsize_max = "1 kB"', "store.size_max", "1 kB", 'from "1 MB"'),
    ('[store]\nsize_max = "1 gib"', "store.size_max", "1 gib", '"1 GiB"'),
    ('[store]\ncommit_interval = "20 s"', "store.commit_interval", "20 s", '"1 ms" to "10 s"'),
    ('[store]\nwhen_full = "drop"', "store.when_full", "drop", 'write "refuse" or "drop_oldest"'),
    ('[web]\nlisten = "8480"', "web.listen", "8480", '"127.0.0.1:8480"'),
    ("[sources]\nsemtech_udp = 1", "sources.semtech_udp", None, "[[sources.semtech_udp]]"),
    ("[sources.semtech_udp]", "sources.semtech_udp", None, "in double brackets"),
    ("sources = 1", "sources", None, "write [[sources."),
    ("[[sources.semtech]]", "sources.semtech", None, 'did you mean "semtech_udp"?'),
    ("[[sinks.influx]]", "sinks.influx", None, 'did you mean "influxdb"?'),
    (UDP + "listne = 1", "sources.semtech_udp[0].listne", None, 'did you mean "listen"?'),
    (UDP + "listen = 1700", "sources.semtech_udp[0].listen", 1700, "write it as text in quotes"),
    (UDP + 'name = "a/b"', "sources.semtech_udp[0].name", "a/b", "letters, digits"),
    (UDP + "name = 1", "sources.semtech_udp[0].name", 1, "write it as text in quotes"),
    (
        UDP + 'name = "a"\n[[sources.semtech_udp]]\nname = "a"',
        "sources.semtech_udp[1].name",
        "a",
        "is also the name of sources.semtech_udp[0]",
    ),
    (INFLUX + INFLUX, "sinks.influxdb[1].name", None, "from the second sink on a name is needed"),
    ("[[sinks.influxdb]]\ndatabase = 'a'", "sinks.influxdb[0].url", None, "is missing"),
    (UDP * 65, "sources.semtech_udp", None, "at most 64 of a kind"),
    (INFLUX + 'start = "then"', "sinks.influxdb[0].start", "then", '"all" or "now"'),
]


@pytest.mark.parametrize(
    ("text", "key", "value", "remedy"), FAULTS, ids=[fault[0][:40] for fault in FAULTS]
)
def test_a_mistake_is_told_with_its_key_and_what_to_write(
    faults: Faults, tmp_path: Path, text: str, key: str, value: object, remedy: str
) -> None:
    (fault,) = faults(text)
    assert fault.file == tmp_path / "gateway.toml"
    assert fault.key == key
    assert fault.value == value
    assert remedy in fault.remedy


def test_all_mistakes_of_both_files_are_told_at_once(faults: Faults) -> None:
    found = faults(
        '[gateway]\ndevices = "devices.toml"\n[store]\nsize_max = 1\n' + UDP + "a = 1",
        devices='[[device]]\nname = "a"\n[[device]]\nname = "b"\nx = 1',
    )
    assert [fault.key for fault in found] == [
        "store.size_max",
        "sources.semtech_udp[0].a",
        "device[0].dev_eui",
        "device[1].x",
    ]


def test_a_url_is_shown_without_its_login(faults: Faults) -> None:
    found = faults('[[sinks.influxdb]]\nurl = "ftp://root:hunter2@127.0.0.1"\ndatabase = "a"\n')
    assert [fault.key for fault in found] == ["sinks.influxdb[0].url"]
    assert found[0].value == "ftp://***@127.0.0.1"


@pytest.mark.parametrize("line", ['password = "hunter2-hunter2"', 'token = "hunter2-hunter2"'])
def test_a_secret_under_a_key_that_does_not_exist_is_not_shown(faults: Faults, line: str) -> None:
    found = faults(INFLUX + line)
    assert "_file" in found[0].remedy
    assert "hunter2" not in " ".join(str(fault) for fault in found)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file") as raised:
        load(tmp_path / "none.toml")
    assert raised.value.file == tmp_path / "none.toml"


def test_a_devices_file_that_is_not_there_is_named(faults: Faults, tmp_path: Path) -> None:
    (fault,) = faults('[gateway]\ndevices = "none.toml"')
    assert fault.file == tmp_path / "none.toml"
    assert fault.remedy.startswith("there is no such file; ")
    assert "[gateway] devices" in fault.remedy


def test_a_huge_file_is_refused_unread(faults: Faults) -> None:
    (fault,) = faults("#" * (BYTES_MAX + 1))
    assert fault.remedy == "is larger than 1,048,576 bytes"


def test_a_relative_path_on_the_command_line_is_relative_to_where_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gateway.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert load(Path("gateway.toml")).base == tmp_path
