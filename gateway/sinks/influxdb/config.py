"""The `[[sinks.influxdb]]` table: where the server is, which version it is, and what each version needs."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, ValidationInfo, field_validator, model_validator

from gateway.settings import Duration, SinkSection

Version = Literal["1", "2", "3"]

TIMEOUT_S_MIN = 1.0
TIMEOUT_S_MAX = 300.0

_BELONGS_TO = {
    "database": "13",
    "retention_policy": "1",
    "org": "2",
    "bucket": "2",
    "token_file": "23",
    "username": "1",
    "password_file": "1",
}
"""Which versions know a key."""


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class InfluxdbSection(SinkSection):
    """One InfluxDB that readings are written to."""

    url: str
    """Scheme, host and port, and a path where a proxy needs one; no user, no query."""
    version: Annotated[Literal["auto", "1", "2", "3"], BeforeValidator(_as_text)] = "auto"
    """The server's major version; "auto" asks it."""
    database: str = ""
    """Versions 1 and 3."""
    retention_policy: str = ""
    """Version 1; "" is the database's default policy."""
    org: str = ""
    """Version 2."""
    bucket: str = ""
    """Version 2."""
    token_file: Path | None = None
    """A file of mode 0600 with the token of version 2 or 3, read again at each attempt."""
    username: str = ""
    """Version 1."""
    password_file: Path | None = None
    """A file of mode 0600 with the password of version 1, read again at each attempt."""
    ca_file: Path | None = None
    """The certificates of a private authority, PEM; None trusts those of the system."""
    timeout: Duration = "30 s"  # type: ignore[assignment]
    """From the start of a request to the end of its answer, in seconds; connecting takes 5 s of it at most."""

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            # Refuses what the resolver would refuse later: empty and overlong labels.
            host = (parts.hostname or "").encode("idna")
            is_address = bool(host) and parts.port != 0
        except ValueError:
            is_address = False
        if not is_address or parts.scheme not in ("http", "https"):
            raise ValueError('write it as "http://host:8086" or "https://host:8086"')
        _refuse_extras(parts)
        if not value.isascii() or any(c.isspace() for c in value):
            raise ValueError(
                "write it in ASCII without blanks; a foreign host name in its xn-- form"
            )
        return value.rstrip("/")

    @field_validator("database", "retention_policy", "org", "bucket", "username")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if not value.isprintable() or value != value.strip():
            raise ValueError("write it without control characters and without blanks at its ends")
        return value

    @field_validator("token_file", "password_file", "ca_file", mode="before")
    @classmethod
    def _resolve(cls, value: object, info: ValidationInfo) -> object:
        if value in (None, ""):
            return None
        base = (info.context or {}).get("base")
        if base is None or not isinstance(value, str | Path):
            return value
        return Path(base) / value

    @field_validator("timeout")
    @classmethod
    def _check_timeout(cls, value: float) -> float:
        if not TIMEOUT_S_MIN <= value <= TIMEOUT_S_MAX:
            raise ValueError('write a time between "1 s" and "5 min"')
        return value

    @model_validator(mode="after")
    def _check_combination(self) -> "InfluxdbSection":
        if self.version != "auto":
            self._refuse_foreign_keys(self.version)
            if missing := self.missing_for(self.version):
                raise ValueError(missing)
        elif self.missing_for("1") and self.missing_for("2"):
            raise ValueError(
                'write database = "..." for version 1 or 3, or org = "..." and bucket = "..." for 2'
            )
        if bool(self.username) != bool(self.password_file):
            raise ValueError('write username = "..." and password_file = "..." together')
        if self.ca_file and not self.url.startswith("https:"):
            raise ValueError(
                "ca_file is for TLS: write the url with https://, or leave ca_file out"
            )
        if ":" in self.username:
            raise ValueError("a username with a colon cannot be sent; give the user another name")
        return self

    def missing_for(self, version: Version) -> str:
        """What to write before this section fits that version of the server; "" when nothing."""
        if version == "2":
            if self.org and self.bucket:
                return ""
            return 'version 2 writes to a bucket: write org = "..." and bucket = "..."'
        if self.database:
            return ""
        return f'version {version} writes to a database: write database = "..."'

    def _refuse_foreign_keys(self, version: Version) -> None:
        for key, versions in _BELONGS_TO.items():
            if getattr(self, key) and version not in versions:
                belongs = " and ".join(versions)
                raise ValueError(
                    f"{key} is of version {belongs}: leave it out, or write another version"
                )


def _refuse_extras(parts: SplitResult) -> None:
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "leave user and password out of the url; write username and password_file, or token_file"
        )
    if parts.query or parts.fragment:
        raise ValueError("leave out what follows ? or #; the names go into keys of their own")
