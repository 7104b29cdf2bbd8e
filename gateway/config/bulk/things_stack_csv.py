"""The Things Stack's CSV of end devices: semicolons, `id` beside `name`, and columns about the network.

    id;dev_eui;join_eui;name;frequency_plan_id;lorawan_version;lorawan_phy_version;...;app_key;nwk_key

Source: The Things Stack, "CSV File Reference": required are dev_eui and join_eui (app_eui in older ones); unknown
columns are allowed. It says nothing of decoders. A device without a name is called by its id.
"""

from dataclasses import replace

from gateway.config.bulk.proposal import Parsed, Proposal, as_session_1_0, without_session_of_a_join
from gateway.config.bulk.table import ALIASES, Table, proposals, words

ITS_OWN = frozenset(
    {"frequencyplanid", "lorawanversion", "lorawanphyversion", "brandid", "modelid", "bandid", "supportsjoin"}
)  # fmt: skip
"""A list with one of these columns is of this kind."""


def is_it(table: Table) -> bool:
    """Whether the columns are those of The Things Stack."""
    return any(words(name) in ITS_OWN for name in table.header)


def parse(table: Table) -> Parsed:
    """Every row as a proposal."""
    parsed = proposals(table, ALIASES | {"id": "id", "deviceid": "id"})
    return parsed._replace(proposals=[_understood(proposal) for proposal in parsed.proposals])


def _understood(proposal: Proposal) -> Proposal:
    values = proposal.values
    called = (values.pop("name", ""), values.pop("id", ""))
    as_session_1_0(values)
    without_session_of_a_join(values)
    return replace(proposal, called=str(called[0] or called[1]))
