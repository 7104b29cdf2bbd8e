"""What can go wrong between a writer and its database, each as a value to hand to `fail_next`."""

from dataclasses import dataclass

from hil.simulators.influxdb_server.exchange import Reply, json_reply, text_reply


@dataclass(frozen=True, kw_only=True)
class Fault:
    """How one request goes wrong."""

    reply: Reply | None = None
    """Answered instead; None answers as usual, or not at all with `hangs_up`."""
    writes: bool = False
    """Whether the request is carried out all the same."""
    hangs_up: bool = False
    """Whether the connection is closed without an answer."""
    delay_s: float = 0.0
    """How long the answer is held back; a server that stops does not wait for it."""
    drip_s: float = 0.0
    """Pause before each byte of the answer."""


def answer_lost() -> Fault:
    """The lines are written, the answer never arrives."""
    return Fault(writes=True, hangs_up=True)


def hang_up() -> Fault:
    """The connection ends before anything was written."""
    return Fault(hangs_up=True)


def slow(delay_s: float) -> Fault:
    """The answer takes its time."""
    return Fault(writes=True, delay_s=delay_s)


def dripping(drip_s: float) -> Fault:
    """The answer comes one byte at a time."""
    return Fault(writes=True, drip_s=drip_s)


def overloaded(status: int = 503, retry_after: str | None = None) -> Fault:
    """429 or 503 as a server or proxy says it, with or without Retry-After."""
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return Fault(reply=Reply(status, b"request throttled, queue full", headers))


def internal_error(text: str = "engine: cache-max-memory-size exceeded: (1/1)") -> Fault:
    """500 with a text of the storage engine."""
    return Fault(reply=json_reply(500, {"code": "internal error", "message": text}))


def proxy_page(status: int = 502, title: str = "502 Bad Gateway") -> Fault:
    """A proxy's page: the server behind it is away."""
    page = f"<html>\r\n<head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Fault(reply=Reply(status, page.encode(), {"Content-Type": "text/html"}))


def captive_portal() -> Fault:
    """A network that answers everything with its log-in page and 200."""
    return proxy_page(200, "Welcome to our Wi-Fi")


def moved(location: str, status: int = 308) -> Fault:
    """A redirect."""
    return Fault(reply=Reply(status, b"", {"Location": location}))


def empty(status: int) -> Fault:
    """A status and nothing else."""
    return Fault(reply=Reply(status))


def plain_http_on_tls() -> Fault:
    """What a TLS port answers to plain HTTP."""
    return Fault(reply=text_reply(400, "Client sent an HTTP request to an HTTPS server."))


def unreadable_gzip(status: int = 400, text: str = "unexpected EOF") -> Fault:
    """The body's compression was not understood."""
    return Fault(reply=json_reply(status, {"code": "invalid", "message": text}))
