"""The configured devices, by every way in which a frame can name one. Pure."""

from collections.abc import Iterable

from gateway.device import Device
from gateway.errors import Refused
from gateway.lorawan.join import JoinKeys
from gateway.lorawan.phy_payload import DataUplink, parse
from gateway.lorawan.region import Region
from gateway.lorawan.session import Session
from gateway.lorawan.session_keys import SessionKeys, SessionKeys10, SessionKeys11
from gateway.lorawan.unwrap import Lorawan
from gateway.model import ApplicationUplink, Frame, Radio


class Fleet:
    """Devices by name, DevEUI, and plain LoRa address or prefix."""

    def __init__(self, devices: Iterable[Device], region: Region | None) -> None:
        self._region = region
        self.become(devices)

    def become(self, devices: Iterable[Device]) -> None:
        """Know these devices and no others."""
        self.by_name = {device.name: device for device in devices}
        self.by_dev_eui = {d.dev_eui: d for d in self.by_name.values() if d.dev_eui}
        self._plain: dict[str, list[Device]] = {}
        for device in self.by_name.values():
            if device.source:
                self._plain.setdefault(device.source, []).append(device)
        self._any_1_1 = any(device.lorawan_1_1 for device in self.by_name.values())
        self._keys: dict[str, SessionKeys] = {}

    def data_rate(self, radio: Radio) -> int | None:
        """The region's data rate index where a device needs it: it is part of a LoRaWAN 1.1 MIC."""
        if self._region is None or not self._any_1_1:
            return None
        return self._region.data_rate_of(radio)

    def plain_device(self, frame: Frame) -> Device | None:
        """The device that a plain LoRa payload belongs to, by its address or its first bytes."""
        candidates = self._plain.get(frame.source)
        if candidates is None:
            return None
        for device in candidates:
            if device.address is not None and device.address == frame.address:
                return device
            if device.payload_prefix and frame.phy.startswith(device.payload_prefix):
                return device
        return None

    def lorawan(self) -> Lorawan:
        """All sessions and join keys, with nothing heard yet."""
        known = Lorawan(self._region.channels if self._region else ())
        for device in self.by_name.values():
            if device.dev_addr:
                keys = self._session_keys(device)
                known.add_session(
                    Session(
                        device=device.name,
                        dev_addr=device.dev_addr,
                        keys=keys,
                        f_cnt_reset=device.f_cnt_reset,
                    )
                )
            elif device.activation == "otaa":
                known.add_join_keys(_join_keys(device))
        return known

    def reopen(self, phy: bytes, f_cnt: int, device: Device) -> tuple[int | None, bytes] | None:
        """(FPort, decrypted payload) of a frame that was found authentic before; None without its keys."""
        try:
            frame = parse(phy)
        except Refused:  # kept while another device had this name
            return None
        if not device.dev_addr or not isinstance(frame, DataUplink):
            return None
        keys = self._session_keys(device)
        payload = keys.payload(frame, f_cnt) if frame.frm_payload and frame.f_port else b""
        return frame.f_port, payload

    def _session_keys(self, device: Device) -> SessionKeys:
        keys = self._keys.get(device.name)
        if keys is None:
            keys = self._keys[device.name] = _session_keys(device)
        return keys

    def payload_of(
        self, device: Device, heard: Frame | ApplicationUplink, f_cnt: int | None
    ) -> tuple[int | None, bytes] | None:
        """(FPort, payload) of a hearing that was found authentic before; None without its keys."""
        if isinstance(heard, ApplicationUplink):
            return heard.f_port, heard.payload
        if device.source:
            return device.f_port, heard.phy
        return None if f_cnt is None else self.reopen(heard.phy, f_cnt, device)


def _session_keys(device: Device) -> SessionKeys:
    keys = device.keys
    app_s_key = keys.app_s_key or b""
    if keys.f_nwk_s_int_key is not None:
        return SessionKeys11(
            f_nwk_s_int_key=keys.f_nwk_s_int_key,
            s_nwk_s_int_key=keys.s_nwk_s_int_key or b"",
            nwk_s_enc_key=keys.nwk_s_enc_key or b"",
            app_s_key=app_s_key,
        )
    return SessionKeys10(nwk_s_key=keys.nwk_s_key or b"", app_s_key=app_s_key)


def _join_keys(device: Device) -> JoinKeys:
    root = device.keys.app_key or device.keys.nwk_key or b""
    return JoinKeys(
        device=device.name, dev_eui=device.dev_eui, app_key=root, nwk_key=device.keys.nwk_key
    )
