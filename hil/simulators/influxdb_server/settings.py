"""What a simulated server is set up as."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(kw_only=True)
class Settings:
    """Every part may be changed while the server runs."""

    version: Literal["2", "3"] = "2"
    token: str = ""
    """What writers must show; "" lets everybody in."""
    read_only_tokens: set[str] = field(default_factory=set)
    """Tokens that are known but may not write."""
    org: str = "city"
    buckets: set[str] = field(default_factory=lambda: {"city"})
    """Version 2: buckets that exist."""
    databases_max: int = 5
    """Version 3: databases come into being on write, up to this many."""
    deleted_databases: set[str] = field(default_factory=set)
    """Version 3: databases that are marked for deletion."""
    retention_s: float | None = None
    """Version 2: older points are dropped; None keeps everything. Version 3 takes them."""
    retention_wording: Literal["new", "old"] = "new"
    """As version 2.7.12 and later say it, or as earlier ones."""
    body_bytes_max: int | None = None
    """Larger bodies get 413, measured after decompression; None is 10 MiB for version 3, no limit for 2."""
    version_header: str | None = "v2.7.12"
    """Version 2: X-Influxdb-Version in answers; None leaves it out."""
