"""The decoders by name: what `decoder = "..."` in the devices file can say.

To add one: write its module with a `DECODER`, and put that into the tuple here. docs/adding-a-decoder.md has
the steps.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from decoders import cayenne_lpp
from decoders.city import air_quality, cctv_health, energy
from decoders.contract import Decoder
from decoders.vendors.browan import cd10
from decoders.vendors.decentlab import distance, indoor, inputs, plants, soil, water, weather
from decoders.vendors.dragino import aqs01, laq4, lds02, lt22222
from decoders.vendors.elsys import payload as elsys
from decoders.vendors.milesight import (
    am100,
    am300,
    ct3xx,
    ct10x,
    em300,
    em500_co2,
    uc300,
    ws52x,
    ws301,
)
from decoders.vendors.netvox import r718n, r809a
from decoders.vendors.sensecap import payload as sensecap
from decoders.vendors.watteco import models as watteco
from decoders.vendors.yobiiq import em4301

DECODERS: Mapping[str, Decoder] = {
    decoder.name: decoder
    for decoder in (
        cctv_health.DECODER,
        air_quality.DECODER,
        energy.DECODER,
        cayenne_lpp.DECODER,
        aqs01.DECODER,
        laq4.DECODER,
        *lds02.DECODERS,
        *lt22222.DECODERS,
        *am100.DECODERS,
        *am300.DECODERS,
        *ct10x.DECODERS,
        *ct3xx.DECODERS,
        *em300.DECODERS,
        *em500_co2.DECODERS,
        *uc300.DECODERS,
        *ws301.DECODERS,
        *ws52x.DECODERS,
        *elsys.DECODERS,
        *sensecap.DECODERS,
        *r718n.DECODERS,
        *r809a.DECODERS,
        em4301.DECODER,
        cd10.DECODER,
        *indoor.DECODERS,
        *weather.DECODERS,
        *soil.DECODERS,
        *plants.DECODERS,
        *water.DECODERS,
        *distance.DECODERS,
        *inputs.DECODERS,
        *watteco.DECODERS,
    )
}
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
