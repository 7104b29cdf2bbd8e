"""What a request shows to be let in, read from its file at each attempt: a new token needs no restart."""

from base64 import b64encode
from pathlib import Path

from msgspec import Struct

from gateway.errors import Blocked
from gateway.settings import Secret
from gateway.sinks.influxdb.config import InfluxdbSection, Version


class Credentials(Struct, frozen=True):
    """The Authorization header of one attempt; never printed."""

    header: str | None
    secrets: tuple[str, ...]
    """What must not appear in anything shown."""

    def hide(self, text: str) -> str:
        """The text without the secrets, which a server or proxy might echo."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text

    def __repr__(self) -> str:
        return "Credentials(***)"


def read_credentials(section: InfluxdbSection, version: Version) -> Credentials:
    """Read what that version takes; no header when nothing is configured for it.

    Raises:
        Blocked: the file cannot be read, is open to others, or holds what no header can carry.
    """
    if version == "1":
        if section.password_file is None:
            return Credentials(None, ())
        password = _read(section.password_file)
        pair = b64encode(f"{section.username}:{password}".encode()).decode("ascii")
        return Credentials(f"Basic {pair}", (password, pair))
    if section.token_file is None:
        return Credentials(None, ())
    token = _read(section.token_file)
    # Checked here because the message of a HTTP library would show the token.
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Blocked(
            f"{section.token_file} holds more than a token",
            "write the token alone into it, on one line",
        )
    return Credentials(f"{'Token' if version == '2' else 'Bearer'} {token}", (token,))


def _read(path: Path) -> str:
    remedy = "put the credential there in a file of mode 0600 that this program may read"
    try:
        return Secret(path).read()
    except UnicodeDecodeError:
        # Its message would quote bytes of the file.
        raise Blocked(f"{path} is not UTF-8 text", remedy) from None
    except ValueError as exc:
        raise Blocked(str(exc), remedy) from exc
    except OSError as exc:
        raise Blocked(f"{path} cannot be read: {exc.strerror}", remedy) from exc
