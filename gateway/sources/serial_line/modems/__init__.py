"""The modems that can be configured: one file each, and one line in this table."""

from gateway.sources.serial_line.modem import Modem
from gateway.sources.serial_line.modems.ebyte_e22 import EbyteE22
from gateway.sources.serial_line.modems.json_lines import JsonLines
from gateway.sources.serial_line.modems.rak811 import Rak811
from gateway.sources.serial_line.modems.rak_rui3 import RakRui3
from gateway.sources.serial_line.modems.reyax import Reyax
from gateway.sources.serial_line.modems.rn2483 import Rn2483
from gateway.sources.serial_line.modems.rnode import Rnode
from gateway.sources.serial_line.modems.wio_e5 import WioE5

MODEMS: dict[str, type[Modem]] = {
    "rak_rui3": RakRui3,
    "rak811": Rak811,
    "wio_e5": WioE5,
    "rn2483": Rn2483,
    "reyax": Reyax,
    "rnode": Rnode,
    "ebyte_e22": EbyteE22,
    "json_lines": JsonLines,
}
