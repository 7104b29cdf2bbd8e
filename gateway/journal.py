"""Log lines as an event name and key=value pairs, so that journald and people can both search them."""

import json
import logging


class Journal:
    """A named logger; values are quoted when they contain blanks. Per-frame facts are counters, not lines."""

    def __init__(self, name: str) -> None:
        self._log = logging.getLogger(f"lora_gateway.{name}")

    def info(self, event: str, **pairs: object) -> None:
        """Something an operator may want to find later."""
        self._log.info("%s%s", event, _Pairs(pairs))

    def warning(self, event: str, **pairs: object) -> None:
        """Something that is not as it should be but needs nobody yet."""
        self._log.warning("%s%s", event, _Pairs(pairs))

    def error(self, event: str, **pairs: object) -> None:
        """Something that an operator must see to."""
        self._log.error("%s%s", event, _Pairs(pairs))


class _Pairs:
    """Renders lazily: a line below the level costs nothing but this object."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: dict[str, object]) -> None:
        self._pairs = pairs

    def __str__(self) -> str:
        return "".join(f" {key}={_quoted(value)}" for key, value in self._pairs.items())


def _quoted(value: object) -> str:
    text = str(value)
    if text and all(c.isalnum() or c in "-_.:/+@#%," for c in text):
        return text
    return json.dumps(text, ensure_ascii=False)
