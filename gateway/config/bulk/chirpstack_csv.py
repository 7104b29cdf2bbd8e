"""Lists of ChirpStack: its import templates, and its tables `device` and `device_keys` saved from PostgreSQL.

    DevEUI,Device-profile ID,Name,Description,Network-key,Application-key        a template
    dev_eui,application_id,device_profile_id,...,name,...,join_eui,...           psql: \\copy device to ... csv
    \\x70b3d57ed0000001,...                                                       as psql writes bytes

ChirpStack keeps the one root key of a LoRaWAN 1.0 device as its network key: without an application key, or
with one of zeros, it is the AppKey. Keys of zeros are keys that were not set.

Source: ChirpStack v4, api/device.proto, DeviceKeys; its database schema.
"""

from dataclasses import replace

from gateway.config.bulk.proposal import Parsed, Proposal, as_session_1_0, without_session_of_a_join
from gateway.config.bulk.table import ALIASES, Table, proposals, words
from gateway.device import KEY_NAMES

ITS_OWN = frozenset(
    {
        "deviceprofileid", "deviceprofile", "applicationid", "skipfcntcheck", "isdisabled", "genappkey",
        "joinnonce", "devnonces",
    }
)  # fmt: skip
"""A list with one of these columns is of this kind."""


def is_it(table: Table) -> bool:
    """Whether the columns are those of ChirpStack."""
    return any(words(name) in ITS_OWN for name in table.header)


def parse(table: Table) -> Parsed:
    """Every row as a proposal."""
    parsed = proposals(table, ALIASES)
    return parsed._replace(proposals=[_understood(proposal) for proposal in parsed.proposals])


def _understood(proposal: Proposal) -> Proposal:
    values = proposal.values
    for key, value in list(values.items()):
        values[key] = str(value).removeprefix("\\x")
        if key in KEY_NAMES and not str(values[key]).strip("0"):
            del values[key]
    if "app_key" not in values and "nwk_key" in values:
        values["app_key"] = values.pop("nwk_key")
    as_session_1_0(values)
    without_session_of_a_join(values)
    return replace(proposal, called=str(values.pop("name", "")))
