"""The plain list: columns named as the keys of `[[device]]`, tags as `tags.zone`.

    name,dev_eui,decoder,dev_addr,nwk_s_key,app_s_key,tags.zone
    aq-city-hall,70b3d57ed0000001,air_quality,260b1a2c,0011...,ffee...,centre

It is what `devices export` writes. An empty cell says nothing.
"""

from gateway.config.bulk.proposal import Parsed, Proposal
from gateway.config.bulk.table import ALIASES, Table, proposals, words
from gateway.config.device_row import DeviceRow

TAG = "tags."
COLUMNS = tuple(key for key in DeviceRow.model_fields if key != "tags")
"""In the order of an export."""
NUMBERS = ("address", "f_port")


def parse(table: Table) -> Parsed:
    """Every row as a proposal."""
    own = {words(key): key for key in COLUMNS}
    tags = {words(name): name for name in table.header if name.lower().startswith(TAG)}
    parsed = proposals(table, ALIASES | own | tags)
    for proposal in parsed.proposals:
        _gather(proposal, tuple(tags.values()))
    return parsed


def _gather(proposal: Proposal, tags: tuple[str, ...]) -> None:
    """Tags into one table, numbers from their digits."""
    values = proposal.values
    given = {name[len(TAG) :]: values.pop(name) for name in tags if name in values}
    if given:
        values["tags"] = given
    for key in NUMBERS:
        text = str(values.get(key, ""))
        if text.isascii() and text.isdigit():
            values[key] = int(text)
