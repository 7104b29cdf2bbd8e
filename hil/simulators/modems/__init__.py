"""LoRa modems that write their own bytes: firmware, and the pseudo-terminal that it is plugged into."""

from collections.abc import Callable

from hil.simulators.modems.firmware import Firmware
from hil.simulators.modems.rak811 import Rak811Firmware
from hil.simulators.modems.rak_rui3 import RakRui3Firmware
from hil.simulators.modems.reyax import ReyaxFirmware
from hil.simulators.modems.rn2483 import Rn2483Firmware
from hil.simulators.modems.rnode import RnodeFirmware
from hil.simulators.modems.untold import EbyteE22Firmware, JsonLinesFirmware
from hil.simulators.modems.wio_e5 import WioE5Firmware

FIRMWARES: dict[str, Callable[[], Firmware]] = {
    "rak_rui3": RakRui3Firmware,
    "rak811": Rak811Firmware,
    "wio_e5": WioE5Firmware,
    "rn2483": Rn2483Firmware,
    "reyax": ReyaxFirmware,
    "rnode": RnodeFirmware,
    "ebyte_e22": EbyteE22Firmware,
    "json_lines": JsonLinesFirmware,
}
"""By the name that the gateway's configuration gives the modem."""
