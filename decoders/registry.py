"""The decoders by name: what `decoder = "..."` in the devices file can say.

To add one: write its module, and put its `DECODER` into the `DECODERS` of its maker's package;
docs/adding-a-decoder.md has the steps. What no device has is not imported: all tables of all makers would be an
eighth of the daemon's memory.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module

from decoders.contract import Decoder

BY_THEMSELVES = {
    "cctv_health": "decoders.city.cctv_health",
    "air_quality": "decoders.city.air_quality",
    "energy": "decoders.city.energy",
    "cayenne_lpp": "decoders.cayenne_lpp",
}
"""Names of decoders that belong to no maker, and the modules that have them as `DECODER`."""

MAKERS = (
    "browan",
    "decentlab",
    "dragino",
    "elsys",
    "milesight",
    "netvox",
    "sensecap",
    "watteco",
    "yobiiq",
)
"""Packages in `decoders/vendors/`; each has its decoders as `DECODERS`, and their names begin with its name."""


class Decoders(Mapping[str, Decoder]):
    """Every built-in decoder by its name. To ask for one imports its maker's; to go through them imports all."""

    def __init__(self) -> None:
        self._known: dict[str, Decoder] = {}

    def __getitem__(self, name: str) -> Decoder:
        if name not in self._known:
            self._import(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        for name in (*BY_THEMSELVES, *MAKERS):
            self._import(name)
        return iter(self._known)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _import(self, name: str) -> None:
        maker = name.partition("_")[0]
        if name in BY_THEMSELVES:
            self._known[name] = import_module(BY_THEMSELVES[name]).DECODER
        elif maker in MAKERS:
            of_maker = import_module(f"decoders.vendors.{maker}").DECODERS
            self._known.update({decoder.name: decoder for decoder in of_maker})


DECODERS: Mapping[str, Decoder] = Decoders()
"""Every built-in decoder by its name."""

NEAR_SHOWN = 3
"""Names that are offered for one that is wrong."""


class UnknownDecoder(LookupError):
    """No built-in decoder has this name. The text says which names are near, else where all are listed."""

    def __init__(self, name: str) -> None:
        near = get_close_matches(name, DECODERS, n=NEAR_SHOWN)
        self.name = name
        self.nearest = near[0] if near else None
        guess = f"did you mean {' or '.join(map(repr, near))}?" if near else ""
        super().__init__(
            f"no decoder {name!r}; {guess or f'docs/supported-devices.md lists all {len(DECODERS)}'}"
        )


def decoder_named(name: str) -> Decoder:
    """Find a built-in decoder.

    Raises:
        UnknownDecoder: there is none of that name.
    """
    try:
        return DECODERS[name]
    except KeyError:
        raise UnknownDecoder(name) from None
