"""Everything that can go wrong, by who must act.

    GatewayError
    ├── ConfigError      the operator edits the file         one paragraph, exit 78, nothing was opened
    ├── Refused          the sender is wrong                 raw bytes kept with the reason, counted, go on
    ├── Unavailable      the world comes back by itself      wait with jittered back-off, log once each way
    ├── Blocked          the operator acts on a server       keep everything, say it once, probe, resume
    ├── StoreFull        the operator makes room             never silent
    ├── StoreDamaged     the file is moved aside             alarm, never a crash loop, never a deletion
    ├── StoreForeign     the operator names another path     newer or another program's file: not touched
    └── StoreInUse       another process is the writer       exit, nothing was touched

Anything else that is raised is a bug of this program: traceback, exit, systemd starts it again.
"""

from pathlib import Path


class GatewayError(Exception):
    """Root of the taxonomy above."""


class ConfigError(GatewayError):
    """A fault in a configuration file. `value` is never a secret: secrets are left out by the caller."""

    others: tuple["ConfigError", ...] = ()
    """Further faults of the same files, so that one run shows them all."""

    def __init__(self, file: Path | str, key: str, value: object, remedy: str) -> None:
        self.file = Path(file)
        self.key = key
        self.value = value
        self.remedy = remedy
        shown = "" if value is None else f" = {value!r}"
        super().__init__(f"{file}: {key}{shown}: {remedy}")


class Refused(GatewayError):
    """A frame that becomes no reading, and why. `reason` is a stable code (gateway.model.REFUSALS)."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


class Unavailable(GatewayError):
    """Something outside is away and will be back: a broker, a port, a database, a disk."""

    def __init__(self, what: str, retry_after_s: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.retry_after_s = retry_after_s


class Blocked(GatewayError):
    """A server answered that an operator must act: credentials, rights, a missing database."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


class StoreFull(GatewayError):
    """The store is at its ceiling or the disk is full; nothing was written."""


class StoreDamaged(GatewayError):
    """The store file is not usable as it is."""


class StoreForeign(GatewayError):
    """The file was written by a newer version of this program, or by another program."""


class StoreInUse(GatewayError):
    """Another process holds the store's lock."""
