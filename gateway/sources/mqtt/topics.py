"""What a message is, as far as its topic tells.

    [prefix/]gateway/<id>/event/<kind>              ChirpStack 3 and 4; state/conn too
    [prefix/]gateway/<id>/<kind>                    LoRa Server 2: rx, stats, ...
    .../command/<kind>                              what a server tells a gateway or device, in both
    application/<id>/device/<devEUI>/event/<kind>   ChirpStack's application server; /<kind> or node/ before 3.11
    v3/<app>@<tenant>/devices/<device>/<kind>       The Things Stack

Other topics are as good, where someone bridges or renames them: then the message itself has to tell.

Source: chirpstack-docs mqtt, chirpstack-gateway-bridge docs v2.7.1 and v3.2.1, lorawan-stack-docs mqtt.
"""

import re
from typing import Literal

Format = Literal["auto", "chirpstack_gateway", "chirpstack_application", "the_things_stack", "rxpk"]
"""What a source's messages are; "auto" finds out for each topic and, where that says nothing, message."""

Kind = Literal[
    "gateway_up",
    "gateway_stats",
    "application_up",
    "the_things_stack_up",
    "rxpk",
    "other",
    "unknown",
]
"""What is done with a message: "other" is nothing, "unknown" is to look into it."""

_GATEWAY = re.compile(r"(?:.+/)?gateway/[^/]+/(?:event/)?((?:state/|command/)?[^/]+)")
_APPLICATION = re.compile(
    r"(?:.+/)?application/[^/]+/(?:device|node)/[^/]+/(?:event/)?((?:command/)?[^/]+)"
)
_THE_THINGS_STACK = re.compile(r"(?:.+/)?v3/[^/]+/devices/[^/]+/(.+)")
_EUI_LEVEL = re.compile(r"(?:^|/)([0-9a-fA-F]{2}(?:[-:]?[0-9a-fA-F]{2}){7})(?=/|$)", re.ASCII)


def kind_of(topic: str, format: Format) -> Kind:  # noqa: A002 - the name it has in the file
    """What a message on this topic is in this format."""
    if format == "rxpk":
        return "rxpk"
    if format in ("auto", "chirpstack_gateway") and (found := _GATEWAY.fullmatch(topic)):
        if found[1] == "stats":
            return "gateway_stats"
        return "gateway_up" if found[1] in ("up", "rx") else "other"
    if format in ("auto", "chirpstack_application") and (found := _APPLICATION.fullmatch(topic)):
        return "application_up" if found[1] in ("up", "rx") else "other"
    if format in ("auto", "the_things_stack") and (found := _THE_THINGS_STACK.fullmatch(topic)):
        return "the_things_stack_up" if found[1] == "up" else "other"
    return "unknown"


def receiver_of(topic: str) -> str | None:
    """The first level of the topic that is an EUI, as 16 lower-case hex digits; None without one."""
    found = _EUI_LEVEL.search(topic)
    return found[1].replace("-", "").replace(":", "").lower() if found else None
