"""What a hearing turns out to be: the one place where every outcome is decided. No disk, no socket, no clock.

    frame              -> bad_crc, redelivered, plain LoRa or LoRaWAN
    LoRaWAN            -> refused, undecided, join, repeated, mac_only, or an uplink
    application event  -> redelivered, repeated, or an uplink that the network server has authenticated
    uplink             -> its device's decoder -> readings, or refused with its link readings kept

Its state (sessions, what was heard lately, the milliseconds taken) is advanced by each hearing; the store's
rows are enough to make it again after a restart (`recall`).
"""

import msgspec

from decoders.contract import DecodeRefused
from gateway.device import Device
from gateway.errors import Refused
from gateway.lorawan.unwrap import Join, Lorawan, Opened, Undecided
from gateway.model import ApplicationUplink, Frame, Malformed, Reading, Reception, Record, Stamp
from gateway.pipeline.amended import LATE
from gateway.pipeline.event_sessions import EventSessions
from gateway.pipeline.fleet import Fleet
from gateway.pipeline.held import stamped
from gateway.pipeline.memory import UPLINKS, Generations, Heard, Uplink, hearing_keys, uplink_key
from gateway.pipeline.payloads import Payloads
from gateway.pipeline.readings import LINK, Link, ReadingMaker, lost_of
from gateway.pipeline.times import GatewayClocks, TimeSlots
from gateway.ports import Ledger

LOUD = frozenset({"f_cnt_conflict", "f_cnt_reset"})
"""Authentic frames that are not taken: someone has the keys, or a device lost its counter."""
ALARMS_MAX = 100
"""Told at once; more of them are only counted."""
RECEPTIONS_MAX = 64
"""Receptions of an uplink that give link readings: datagrams may claim any gateway."""
PLAIN_REPEAT_NS = 2_000_000_000
"""Equal bytes of a plain LoRa sender within this time are one transmission."""


class Interpreter:
    """Decides about hearings, one after the other, in the order in which they came."""

    def __init__(
        self,
        fleet: Fleet,
        lorawan: Lorawan,
        ledger: Ledger,
        maker: ReadingMaker,
        clocks: GatewayClocks,
        payloads: Payloads,
    ) -> None:
        self.fleet = fleet
        self.lorawan = lorawan
        self.clocks = clocks
        self._ledger = ledger
        self._maker = maker
        self._payloads = payloads
        self._heard = Heard()
        self._uplinks: Generations[Uplink] = Generations(UPLINKS)
        self._plain: dict[tuple[str, bytes], tuple[int, Uplink]] = {}
        self.slots = TimeSlots()
        """The milliseconds that uplinks have taken."""
        self._alarms: list[tuple[str, str, str]] = []
        self._lost_unsaid: dict[int, int] = {}
        """Lost frames by session that a MAC-only frame showed: the next link reading says them."""
        self._provisional: Generations[Uplink] = Generations(UPLINKS)
        """Uplinks whose times wait, or waited, for the clock, by their row."""
        self.events = EventSessions()

    def interpret(
        self, heard: Frame | ApplicationUplink | Malformed, *, idle: bool = False
    ) -> tuple[str, int]:
        """Decide about a hearing and put what is kept of it into the ledger.

        Gives the outcome and the row's seq, 0 when no row is kept (`bad_crc`, `redelivered`).
        """
        if isinstance(heard, Malformed):
            return self._keep(Record(heard, "malformed", sentence=heard.sentence))
        if isinstance(heard, Frame) and heard.crc == "bad":
            return "bad_crc", 0
        keys = hearing_keys(heard)
        if self._heard.all_known(keys) and not idle:
            return "redelivered", 0
        try:
            outcome = (
                self._frame(heard, idle=idle) if isinstance(heard, Frame) else self._event(heard)
            )
        except Refused as refused:
            outcome = self._refused(heard, refused)
        self._heard.add(keys)
        return outcome

    def _refused(self, heard: Frame | ApplicationUplink, refused: Refused) -> tuple[str, int]:
        if refused.reason in LOUD and len(self._alarms) < ALARMS_MAX:
            whose = refused.sentence.partition(":")[0]
            self._alarms.append((whose, refused.reason, refused.sentence))
        return self._keep(Record(heard, refused.reason, sentence=refused.sentence))

    def take_alarms(self) -> list[tuple[str, str, str]]:
        """(device, reason, sentence) of what an operator must see to, since the last call."""
        taken, self._alarms = self._alarms, []
        return taken

    def recall(self, seq: int, record: Record, epoch: int) -> None:
        """Remember a kept row, at start, as if it had just been interpreted; `epoch` is its session's."""
        heard = record.heard
        device = self.fleet.by_name.get(record.device or "")
        if isinstance(heard, Malformed):
            if record.outcome == "stamped" and device is not None and record.readings:
                self._recall_time(device, record)
            return
        self._heard.add(hearing_keys(heard))
        if record.session is not None:
            self.events.recall(record, epoch)
        if device is None:
            return
        if record.outcome == "repeated":
            self._recall_repeat(device, record)
        elif record.readings:
            self._recall_uplink(seq, device, record)

    def _recall_uplink(self, seq: int, device: Device, record: Record) -> None:
        heard = record.heard
        if isinstance(heard, Malformed):
            return
        time_ns = self.slots.claim(device.name, record.readings[-1].time_ns)
        uplink = Uplink(
            seq, time_ns, record.session, record.f_cnt, lost_of(record.readings),
            from_server=isinstance(heard, ApplicationUplink),
        )  # fmt: skip
        for reception in heard.receptions:
            uplink.improves(reception)
        if record.held:
            uplink.provisional = True
            self._provisional.put(seq, uplink)
        key = self._key_of(device, record)
        if key is not None:
            self._uplinks.put(key, uplink)

    def _recall_repeat(self, device: Device, record: Record) -> None:
        heard = record.heard
        known = self._uplinks.get(self._key_of(device, record) or 0)
        if known is None or isinstance(heard, Malformed):
            return
        if isinstance(heard, Frame):
            known.raw = True
        else:
            known.from_server = True
        for reception in heard.receptions:
            known.improves(reception)

    def _recall_time(self, device: Device, record: Record) -> None:
        uplink = self._provisional.get(record.about or 0)
        if uplink is not None:
            time_ns = record.readings[-1].time_ns
            uplink.time_ns = self.slots.claim(device.name, time_ns)
            uplink.provisional = False

    def restamped(self, seq: int, record: Record, received: Stamp) -> Record | None:
        """A held record with the times it should have had; None when its bytes cannot be read again."""
        device = self.fleet.by_name.get(record.device or "")
        heard = record.heard
        if device is None or isinstance(heard, Malformed):
            return None
        heard = msgspec.structs.replace(heard, received=received)
        opened = self.fleet.payload_of(device, heard, record.f_cnt)
        if opened is None:
            return None
        uplink = self._provisional.get(record.about or seq)
        if uplink is not None and not uplink.provisional:
            time_ns = uplink.time_ns
        else:
            time_ns = self.slots.claim(device.name, self.clocks.uplink_time(heard)[0])
        if uplink is not None:
            uplink.time_ns, uplink.provisional = time_ns, False
        readings = [
            Reading(reading.series, time_ns, reading.values)
            for reading in record.readings
            if reading.series.measurement == LINK
        ]
        sentence = record.sentence
        if record.outcome in ("uplink", "late"):
            try:
                decoded = self._payloads.decoded(device, *opened, heard, time_ns) or ()
            except DecodeRefused as refused:
                decoded, sentence = (), refused.sentence
            made = [self._maker.data(device, one, time_ns) for one in decoded]
            readings = [*(reading for reading in made if reading is not None), *readings]
        return stamped(record, seq, tuple(readings), sentence, received)

    def _key_of(self, device: Device, record: Record) -> int | None:
        heard = record.heard
        if isinstance(heard, Malformed) or record.f_cnt is None:
            return None
        opened = self.fleet.payload_of(device, heard, record.f_cnt)
        if opened is None:
            return None
        dev_addr = heard.dev_addr if isinstance(heard, ApplicationUplink) else ""
        return uplink_key(device.name, dev_addr or device.dev_addr, record.f_cnt, *opened)

    # -- frames ---------------------------------------------------------------------------------------

    def _frame(self, frame: Frame, *, idle: bool) -> tuple[str, int]:
        device = self.fleet.plain_device(frame)
        if device is not None:
            return self._plain_uplink(device, frame)
        data_rate = self.fleet.data_rate(frame.radio)
        opened = self.lorawan.unwrap(frame.phy, frame.received.boot_ns / 1e9, data_rate, idle=idle)
        if isinstance(opened, Opened):
            return self._opened(opened, frame)
        if isinstance(opened, Undecided):
            return self._keep(
                Record(frame, "undecided", sentence="too many frames of this DevAddr to search for")
            )
        return self._join(opened, frame)

    def _join(self, join: Join, frame: Frame) -> tuple[str, int]:
        if join.mic_ok is False:
            raise Refused(
                "bad_mic",
                f"a join-request of {join.dev_eui}: the MIC is not by the key of {join.device}",
            )
        return self._keep(Record(frame, "join", device=join.device))

    def _opened(self, opened: Opened, frame: Frame) -> tuple[str, int]:
        session = opened.session
        if session.row is None:
            session.row = self._ledger.session_id(
                session.dev_addr, session.fingerprint, session.epoch, session.device
            )
        device = self.fleet.by_name[opened.device]
        key = uplink_key(device.name, opened.dev_addr, opened.f_cnt, opened.f_port, opened.payload)
        if opened.opened_epoch:
            sentence = f"{device.name}: counts from {opened.f_cnt} again; accepted, once"
            self._alarms.append((device.name, "f_cnt_reset_accepted", sentence))
        if opened.outcome == "mac_only":
            self._note_lost(session.row, opened.lost)
            return self._keep(
                Record(frame, "mac_only", device.name, session=session.row, f_cnt=opened.f_cnt)
            )
        known = self._uplinks.get(key)
        if opened.outcome == "repeated" or (known is not None and not known.raw):
            return self._repeated(frame, device, known, session.row, opened.f_cnt, len(frame.phy))
        lost = opened.lost + self._lost_unsaid.pop(session.row, 0)
        uplink = Uplink(0, 0, session.row, opened.f_cnt, lost, from_server=False)
        return self._uplink(
            frame,
            device,
            opened.outcome,
            opened.f_port,
            opened.payload,
            uplink,
            key,
            len(frame.phy),
        )

    def _plain_uplink(self, device: Device, frame: Frame) -> tuple[str, int]:
        place = (frame.source, frame.phy)
        now_ns = frame.received.boot_ns
        if frame.recorded:  # read faster than it was heard
            now_ns = frame.gps_time_ns or frame.gateway_time_ns or now_ns
        last = self._plain.get(place)
        if last is not None and abs(now_ns - last[0]) < PLAIN_REPEAT_NS:
            return self._repeated(frame, device, last[1], None, None, len(frame.phy))
        if len(self._plain) > 256:
            self._plain = {
                key: kept for key, kept in self._plain.items() if now_ns - kept[0] < PLAIN_REPEAT_NS
            }
        uplink = Uplink(0, 0, None, None, 0, from_server=False)
        self._plain[place] = (now_ns, uplink)
        return self._uplink(
            frame, device, "uplink", device.f_port, frame.phy, uplink, None, len(frame.phy)
        )

    # -- application events -----------------------------------------------------------------------------

    def _event(self, event: ApplicationUplink) -> tuple[str, int]:
        device = self.fleet.by_dev_eui.get(event.dev_eui)
        if device is None:
            raise Refused("unknown_device", f"no configured device has DevEUI {event.dev_eui}")
        if event.dev_addr and event.dev_addr != device.dev_addr:
            self.lorawan.add_elsewhere(event.dev_addr, device.name)
        dev_addr = event.dev_addr or device.dev_addr
        key = uplink_key(device.name, dev_addr, event.f_cnt, event.f_port, event.payload)
        known = self._uplinks.get(key)
        judged = self.events.judge(event, again=known is not None and known.from_server)
        row = self._ledger.session_id(
            dev_addr or event.dev_eui,
            f"{event.server}:{event.session_id}",
            judged.epoch,
            device.name,
        )
        if known is not None and (not known.from_server or judged.repeated):
            known.from_server = True
            return self._repeated(event, device, known, row, event.f_cnt, None)
        if event.f_port is None or event.f_port == 0 or not event.payload:
            self._note_lost(row, judged.lost)
            return self._keep(
                Record(event, "mac_only", device.name, session=row, f_cnt=event.f_cnt)
            )
        lost = judged.lost + self._lost_unsaid.pop(row, 0)
        uplink = Uplink(0, 0, row, event.f_cnt, lost, from_server=True)
        return self._uplink(event, device, "uplink", event.f_port, event.payload, uplink, key, None)

    def _note_lost(self, session: int, lost: int) -> None:
        if lost:
            self._lost_unsaid[session] = self._lost_unsaid.get(session, 0) + lost

    # -- what becomes of an uplink ----------------------------------------------------------------------

    def _uplink(
        self, heard: Frame | ApplicationUplink, device: Device, outcome: str, f_port: int | None,
        payload: bytes, uplink: Uplink, key: int | None, phy_bytes: int | None,
    ) -> tuple[str, int]:  # fmt: skip
        time_ns, held = self.clocks.uplink_time(heard)
        time_ns = self.slots.claim(device.name, time_ns)
        sentence = None
        readings: list[Reading] = []
        try:
            decoded = self._payloads.decoded(
                device, f_port, payload, heard, None if held else time_ns
            )
            if decoded is None:
                sentence, outcome = (LATE if outcome == "late" else None), "undecoded"
            else:
                for one in decoded:
                    reading = self._maker.data(device, one, time_ns)
                    if reading is not None:
                        readings.append(reading)
        except DecodeRefused as refused:
            outcome, sentence = refused.reason, refused.sentence
        uplink.time_ns, uplink.provisional = time_ns, held
        readings += self._links(device, heard.receptions, heard, uplink, phy_bytes)
        kept = self._keep(
            Record(
                heard,
                outcome,
                device.name,
                tuple(readings),
                sentence,
                uplink.session,
                uplink.f_cnt,
                None,
                held,
            )
        )
        uplink.seq = kept[1]
        if held:
            self._provisional.put(uplink.seq, uplink)
        if key is not None:
            self._uplinks.put(key, uplink)
        return kept

    def _repeated(
        self, heard: Frame | ApplicationUplink, device: Device, known: Uplink | None,
        session: int | None, f_cnt: int | None, phy_bytes: int | None,
    ) -> tuple[str, int]:  # fmt: skip
        """Another reception. Of an uplink too old to be remembered it is kept without link readings."""
        if known is None:
            return self._keep(Record(heard, "repeated", device.name, session=session, f_cnt=f_cnt))
        if isinstance(heard, Frame):
            known.raw = True
        links = self._links(device, heard.receptions, heard, known, phy_bytes)
        held = bool(links) and known.provisional
        return self._keep(
            Record(
                heard, "repeated", device.name, tuple(links), None, session, f_cnt, known.seq, held
            )
        )

    def _links(
        self, device: Device, receptions: tuple[Reception, ...], heard: Frame | ApplicationUplink,
        uplink: Uplink, phy_bytes: int | None,
    ) -> list[Reading]:  # fmt: skip
        best: dict[str, Reception] = {}
        for reception in receptions:
            if uplink.receptions < RECEPTIONS_MAX and uplink.improves(reception):
                best[reception.receiver] = reception
        link = Link(heard.radio, uplink.f_cnt, uplink.lost, phy_bytes)
        made = (self._maker.link(device, link, one, uplink.time_ns) for one in best.values())
        return [reading for reading in made if reading is not None]

    def _keep(self, record: Record) -> tuple[str, int]:
        return record.outcome, self._ledger.add(record)
