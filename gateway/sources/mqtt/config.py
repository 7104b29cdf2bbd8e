"""`[[sources.mqtt]]`: which broker, which topics, and how this gateway is known there."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gateway.settings import Duration, Size, SourceSection
from gateway.sources.mqtt.topics import Format

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_TOPIC_BYTES_MAX = 65_535
_CLIENT_ID_BYTES_MAX = 65_535


class Place(NamedTuple):
    """Where a broker is."""

    host: str
    port: int
    tls: bool


def _none_of_nothing(value: object) -> object:
    return None if value == "" else value


def _beside_the_file(value: Path | None, info: ValidationInfo) -> Path | None:
    """Paths in a file are relative to that file."""
    return Path(info.context["base"]) / value if value and info.context else value


OptionalFile = Annotated[
    Path | None, BeforeValidator(_none_of_nothing), AfterValidator(_beside_the_file)
]


class MqttSection(SourceSection):
    """The keys of one broker."""

    url: str = "mqtt://127.0.0.1:1883"
    """mqtt:// or, for TLS, mqtts://."""
    topics: tuple[str, ...] = ("+/gateway/+/event/up", "gateway/+/event/up")
    """Topic filters to subscribe to."""
    format: Format = "auto"
    """What the messages are."""
    client_id: str = ""
    """How the broker knows this gateway and its session; required."""
    username: str = ""
    password_file: OptionalFile = None
    """Mode 0600; read again at each attempt."""
    ca_file: OptionalFile = None
    """The authority that signed the broker's certificate; the system's when not given."""
    cert_file: OptionalFile = None
    """This gateway's own certificate, for a broker that asks for one."""
    key_file: OptionalFile = None
    """The key of cert_file."""
    qos: Literal[0, 1] = 1
    """1: sent again until it is on disk here. 0: at most once."""
    version: Literal["auto", "5", "3.1.1"] = "auto"
    """Of the protocol; auto takes 3.1.1 where the broker refuses 5."""
    receive_maximum: int = Field(default=1000, ge=1, le=65_535)
    """Messages the broker sends before it waits for acknowledgements."""
    session_expiry: Duration = Field(default="7 days", ge=0)  # type: ignore[assignment]
    """How long the broker keeps messages while this gateway is away, seconds (MQTT 5)."""
    max_packet: Size = Field(default="256 KiB", ge=4096, le=2**28 - 1)  # type: ignore[assignment]
    """Longer messages are refused. A network server's event with ten gateways has 10 KiB."""
    keepalive: Duration = Field(default="30 s", ge=5, le=3600)  # type: ignore[assignment]
    """A broker that is silent for up to twice as long is away, seconds."""

    @property
    def place(self) -> Place:
        """Host, port and whether TLS is spoken."""
        return place(self.url)

    @field_validator("url")
    @classmethod
    def _url_is_a_place(cls, value: str) -> str:
        place(value)
        return value

    @field_validator("client_id")
    @classmethod
    def _client_id_is_given(cls, value: str) -> str:
        if not value or len(value.encode()) > _CLIENT_ID_BYTES_MAX or not value.isprintable():
            raise ValueError(
                'write a name that no other client of this broker has and that never changes, such as "kk-01": '
                "under it the broker keeps what arrives while this gateway is away"
            )
        return value

    @field_validator("topics")
    @classmethod
    def _topics_are_filters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError('write at least one topic, such as "gateway/+/event/up"')
        for text in value:
            _check_filter(text)
        return tuple(dict.fromkeys(value))

    @model_validator(mode="after")
    def _belong_together(self) -> "MqttSection":
        if self.password_file is not None and not self.username:
            raise ValueError("password_file needs a username beside it")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together")
        if not self.place.tls and (self.ca_file or self.cert_file):
            raise ValueError("ca_file and cert_file are for TLS: write mqtts:// in url")
        return self


def place(url: str) -> Place:
    """Where a URL says the broker is.

    Raises:
        ValueError: it says no such place; the message says what to write.
    """
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("leave the user out of the url: write username and password_file")
    if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
        raise ValueError('write it as "mqtt://host:1883", or "mqtts://host:8883" for TLS')
    if parts.path not in ("", "/"):
        raise ValueError("a broker's url has no path; what to receive stands in topics")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise ValueError("the port is a number from 1 to 65535") from None
    return Place(parts.hostname, port, parts.scheme == "mqtts")


def _check_filter(text: str) -> None:
    """Raises: ValueError: a broker would close the connection over this filter (MQTT 5.0, 4.7)."""
    levels = text.split("/")
    if not text or len(text.encode()) > _TOPIC_BYTES_MAX or "\0" in text:
        raise ValueError("a topic has 1 to 65535 bytes and no zero byte")
    if "#" in text and (text.count("#") > 1 or levels[-1] != "#"):
        raise ValueError(f"{text!r}: # stands alone and only at the end, such as gateway/#")
    if any("+" in level and level != "+" for level in levels):
        raise ValueError(f"{text!r}: + stands for a whole level, such as gateway/+/event/up")
    if levels[0] == "$share" and (len(levels) < 3 or not levels[1]):
        raise ValueError(f"{text!r}: a shared subscription is $share/name/topic")
