"""Watteco's models: what their endpoints are called, where it is not the plain name.

Every model reads every cluster. On endpoint 0 a cluster has its plain name, such as `temperature_c`; what a model
has several of, or calls otherwise, stands in its table by endpoint. Voltages of analog inputs come in V, but for
the 0-10 V of Lev'O and Press'O, and both inputs of Monit'O, which come in mV. Source: devices/ in
Watteco/Codec-API-LoRaWAN (ISC).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from decoders.contract import About, Decoder, Quantity
from decoders.record import Record
from decoders.vendors.watteco.attributes import ATTRIBUTES, PHASES, Attribute, Kind, Name
from decoders.vendors.watteco.zcl import COMMON, F_PORT, Reading

Names = Mapping[Kind, tuple[Name, ...]]
"""What the endpoints from 0 on are called."""

PLAIN: Names = {
    Kind.OUTPUT: ("relay_on",),
    Kind.ANALOG: ("analog_in",),
    Kind.CONTACT: ("di",),
    Kind.CONTACTS: ("10",),
    Kind.COUNTER: ("counter",),
    Kind.STATE: ("value",),
    Kind.LIGHT: ("illuminance_lx",),
    Kind.TEMPERATURE: ("temperature_c",),
    Kind.PRESSURE: ("pressure_hpa",),
    Kind.HUMIDITY: ("humidity_pct",),
    Kind.OCCUPIED: ("occupied",),
    Kind.DIFFERENCE: ("pressure_difference_pa",),
    Kind.CONCENTRATION: ("iaq_index", "co2_ppm"),
    Kind.ENERGY: ("",),
    Kind.VOLTAGE: ("",),
}
MILLI = "0.001"
CASE: Names = {Kind.CONTACT: ("tamper",)}
"""The only contact is that of the case."""


def _several(count: int) -> Names:
    numbers = range(1, count + 1)
    return {
        Kind.CONTACT: tuple(f"di{number}" for number in numbers),
        Kind.CONTACTS: (str(count),),
        Kind.COUNTER: tuple(f"counter{number}" for number in numbers),
    }


LOOP: Names = {Kind.ANALOG: ("ai_ma", ("ai_v", MILLI))}
"""4-20 mA and 0-10 V."""
TWO_PLACES: Names = {
    Kind.TEMPERATURE: ("temperature_1_c", "temperature_2_c"),
    Kind.HUMIDITY: ("humidity_1_pct", "humidity_2_pct"),
}
TILT: Names = {Kind.ANALOG: ("tilt_deg",)}


@dataclass(frozen=True, slots=True)
class Model:
    """One model; `watteco_<slug>` is the decoder's name."""

    slug: str
    title: str
    """As Watteco calls it."""
    measurement: str
    names: Names = field(default_factory=dict)


MODELS = (
    Model("alto", "Alt'O", "climate", TILT),
    Model("atmo", "Atm'O", "climate", _several(2)),
    Model("climo", "Clim'O", "climate", CASE),
    Model("closo", "Clos'O", "cabinet", {Kind.CONTACT: ("tamper", "door_open")}),
    Model("flasho", "Flash'O", "io"),
    Model("hygrotempo", "Hygrotemp'O", "climate", CASE),
    Model("hygrotempo_remote", "Hygrotemp'O Remote", "climate", CASE),
    Model("inclino", "Inclin'O", "climate", TILT),
    Model("indoor_temperature", "Indoor temperature", "climate"),
    Model(
        "ino", "In'O", "io", {**_several(10), Kind.OUTPUT: ("relay1", "relay2", "relay3", "relay4")}
    ),
    Model("intenso", "Intens'O", "energy", {Kind.ANALOG: ("current_a",)}),
    Model("levo", "Lev'O", "io", LOOP),
    Model("modbus", "Modbus Sens'O", "io"),
    Model("monito", "Monit'O", "io", {Kind.ANALOG: ("ai_mv", ("ai_v", MILLI))}),
    Model("moveo", "Move'O", "climate", CASE),
    Model("presso", "Press'O", "io", LOOP),
    Model("pt1000", "PT1000", "climate"),
    Model("pt1000_400c", "PT1000 400 °C", "climate"),
    Model("pulse_senso", "Pulse Sens'O", "io", _several(3)),
    Model("smartpilot_wire", "Smart pilot wire", "io"),
    Model("smartplug", "Smart Plug", "energy"),
    Model("tempo", "Temp'O", "climate", CASE),
    Model("tempo_remote_2_probes", "Temp'O Remote, 2 probes", "climate", TWO_PLACES),
    Model("th", "TH", "climate"),
    Model("ticso", "TICs'O", "energy"),
    Model(
        "torano_atex",
        "Toran'O ATEX",
        "io",
        {**_several(3), Kind.ANALOG: ("ai_ma", "ai1_v", "ai2_v")},
    ),
    Model(
        "triphaso",
        "Triphas'O",
        "energy",
        {Kind.ENERGY: (*PHASES, ""), Kind.VOLTAGE: PHASES},
    ),
    Model("vaqao", "Vaqa'O", "air_quality", {**CASE, **TWO_PLACES}),
    Model("ventilo", "Ventil'O", "climate"),
)


def _measured(model: Model) -> dict[bytes, tuple[Attribute, dict[int | None, Record]]]:
    """What a model measures, by the bytes of cluster and attribute."""
    names = {**PLAIN, **model.names}
    measured: dict[bytes, tuple[Attribute, dict[int | None, Record]]] = {}
    for (cluster, number), attribute in ATTRIBUTES.items():
        by_endpoint: dict[int | None, Record]
        if attribute.kind is None:
            by_endpoint = {None: attribute.record("")}
        else:
            called = names[attribute.kind]
            by_endpoint = {at: attribute.record(name) for at, name in enumerate(called)}
        measured[cluster.to_bytes(2, "big") + number.to_bytes(2, "big")] = attribute, by_endpoint
    return measured


def decoder_of(model: Model) -> Decoder:
    """The decoder of one model."""
    name = f"watteco_{model.slug}"
    measured = _measured(model)
    quantities: dict[str, Quantity] = {
        quantity.name: quantity
        for _, by_endpoint in measured.values()
        for record in by_endpoint.values()
        for quantity in record.quantities
    }
    return Decoder(
        name=name,
        f_ports=frozenset((F_PORT,)),
        quantities=(*quantities.values(), *(q for q in COMMON if q.name not in quantities)),
        decode=Reading(name, model.measurement, measured),
        about=About(
            vendor="Watteco",
            models=(model.title,),
            measurements=(model.measurement, "device"),
            source="Watteco application layer; Watteco/Codec-API-LoRaWAN (ISC)",
        ),
    )


DECODERS = tuple(decoder_of(model) for model in MODELS)
