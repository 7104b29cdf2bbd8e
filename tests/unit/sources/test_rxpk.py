"""Guards the reading of packet forwarders' JSON: other projects' messages with what they say of them, then
each form that real software is known to send, then damage of every kind.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Frame, Heard, Malformed, Radio, ReceiverReport, Reception, Stamp
from gateway.sources.rxpk import frames_from_json

DATA = Path(__file__).parents[2] / "data"
FRAMES = [json.loads(line) for line in (DATA / "semtech_udp/frames.jsonl").read_text().splitlines()]
RECEIVED = Stamp(1_700_000_000_000_000_000, 5_000_000_000, True)
EUI = "0016c001ff10a235"
GOOD = (
    b'{"tmst":3512348611,"time":"2021-02-24T21:16:42.906774Z","tmms":1298236621906,"chan":2,"rfch":0,'
    b'"freq":866.349812,"stat":1,"modu":"LORA","datr":"SF7BW125","codr":"4/6","rssi":-35,"lsnr":5.1,'
    b'"size":14,"data":"QDADRQGALC8A/mnv6+c="}'
)
GOOD_PHY = bytes.fromhex("40300345 01802c2f 00fe69ef ebe7")


def read(raw: bytes, **more: Any) -> tuple[list[Heard], ReceiverReport | None]:
    return frames_from_json(raw, source="roof", receiver=EUI, received=RECEIVED, **more)


def read_one(**keys: object) -> Frame:
    """The frame of one rxpk with these keys beside its data."""
    heard, _ = read(json.dumps({"rxpk": [{"data": "AQID", **keys}]}).encode())
    assert len(heard) == 1
    assert isinstance(heard[0], Frame), heard[0]
    return heard[0]


# Messages of other projects


@pytest.mark.parametrize("sample", FRAMES, ids=lambda sample: sample["id"])
def test_a_known_message_gives_what_is_known_of_it(sample: dict[str, Any]) -> None:
    heard, report = read(json.dumps(sample["json"]).encode())
    expected = sample.get("decoded", [])
    given = sample["json"].get("rxpk", [])
    assert len(heard) == len(expected) == len(given)
    for found, known, rxpk in zip(heard, expected, given, strict=True):
        check(found, known, rxpk)
    assert (report is None) == ("stat" not in sample["json"])
    if report:
        assert report.figures == sample["json"]["stat"]


def check(found: Heard, known: dict[str, Any], rxpk: dict[str, Any]) -> None:
    """Compare one hearing with the record's own decoding of it."""
    if "Excess data" in known.get("data_error", ""):
        assert isinstance(found, Malformed)
        return
    assert isinstance(found, Frame)
    # One record has base64 with "-", which its strict decoder refused: there `size` is right.
    assert len(found.phy) == known.get("len", rxpk["size"])
    if mac := known.get("lorawan"):
        if dev_addr := mac.get("dev_addr"):
            assert found.phy[1:5][::-1].hex() == dev_addr
            assert int.from_bytes(found.phy[6:8], "little") == mac["fcnt16"]
        else:
            assert found.phy[1:9][::-1].hex() == mac["join_eui"]
    assert found.crc == {1: "ok", -1: "bad", 0: "none"}[rxpk["stat"]]
    assert found.radio.frequency_hz == int(f"{rxpk['freq']:.6f}".replace(".", ""))
    assert found.receptions[0].stamp == str(rxpk["tmst"])


# What each key becomes


def test_an_rxpk_becomes_a_frame_with_all_it_says() -> None:
    heard, report = read(b'{"rxpk":[' + GOOD + b"]}")
    assert report is None
    assert heard == [
        Frame(
            source="roof",
            phy=GOOD_PHY,
            radio=Radio(866_349_812, "LORA", 7, 125_000, None, "4/6"),
            receptions=(Reception(EUI, 0, -35.0, 5.1, 2, "3512348611"),),
            received=RECEIVED,
            crc="ok",
            gateway_time_ns=1_614_201_402_906_774_000,
            gps_time_ns=1_614_201_403_906_000_000,
            live=True,
            recorded=False,
        )
    ]


def test_the_caller_says_whether_a_frame_is_live_or_recorded() -> None:
    (frame,), _ = read(b'{"rxpk":[' + GOOD + b"]}", live=False, recorded=True)
    assert isinstance(frame, Frame)
    assert (frame.live, frame.recorded) == (False, True)


@pytest.mark.parametrize(("stat", "crc"), [(1, "ok"), (-1, "bad"), (0, "none"), (7, "none")])
def test_stat_says_what_the_crc_was(stat: int, crc: str) -> None:
    assert read_one(stat=stat).crc == crc


def test_a_frame_without_any_other_key_is_kept() -> None:
    assert read_one() == Frame(
        source="roof",
        phy=b"\1\2\3",
        radio=Radio(),
        receptions=(Reception(EUI),),
        received=RECEIVED,
        crc="none",
    )


def test_each_antenna_is_a_reception_of_its_own() -> None:
    frame = read_one(
        tmst=445296860,
        rsig=[
            {"ant": 0, "chan": 7, "lsnr": 14.0, "rssic": -95, "rssis": -92, "etime": "AA==", "foff": -8898},
            {"ant": 1, "chan": 23, "lsnr": -3.5, "rssic": -120, "rssis": None},
            {"ant": 2, "rssis": -88},
            {},
        ],
    )  # fmt: skip
    assert frame.receptions == (
        Reception(EUI, 0, -95.0, 14.0, 7, "445296860"),
        Reception(EUI, 1, -120.0, -3.5, 23, "445296860"),
        Reception(EUI, 2, -88.0, None, None, "445296860"),
        Reception(EUI, 0, None, None, None, "445296860"),
    )


def test_antennas_beyond_the_sixteenth_are_left_out() -> None:
    assert len(read_one(rsig=[{"ant": n} for n in range(40)]).receptions) == 16


def test_empty_or_wrong_antennas_leave_the_plain_strength() -> None:
    for rsig in ([], None, "x", [5]):
        assert read_one(rsig=rsig, rssi=-50, lsnr=1).receptions == (Reception(EUI, 0, -50.0, 1.0),)


def test_the_strength_of_the_signal_stands_in_for_that_of_the_channel() -> None:
    assert read_one(rssis=-43).receptions[0].rssi_dbm == -43
    assert read_one(rssis=-43, rssi=-42).receptions[0].rssi_dbm == -42
    assert read_one(rssis=-43, rssi=0).receptions[0].rssi_dbm == 0


def test_zero_is_a_value() -> None:
    frame = read_one(tmst=0, chan=0, lsnr=0, rssi=0)
    assert frame.receptions == (Reception(EUI, 0, 0.0, 0.0, 0, "0"),)


# Forms that differ from the protocol


@pytest.mark.parametrize(
    "keys",
    [
        {"time": ""}, {"time": "no fix"}, {"time": 5}, {"time": "x" * 500}, {"tmms": "x"}, {"tmst": None},
        {"tmst": 1.5}, {"tmst": "x"}, {"lsnr": "?"}, {"lsnr": None}, {"rssi": []}, {"stat": "?"}, {"chan": {}},
        {"freq": "x"}, {"codr": 5}, {"codr": None}, {"datr": None}, {"datr": 1.5}, {"datr": True},
        {"datr": "x" * 17}, {"modu": 1}, {"modu": "x" * 500}, {"size": -1}, {"size": "x"}, {"ant": "x"},
        {"unknown": {"deep": [1]}},
        {"meta": {"a": "b"}}, {"brd": 263, "aesk": 0, "jver": 2, "mid": 8, "hpw": 52, "ftime": -1, "foff": 5},
    ],
    ids=str,
)  # fmt: skip
def test_a_key_that_makes_no_sense_is_as_missing(keys: dict[str, object]) -> None:
    assert read_one(**keys) == read_one()


def test_numbers_may_be_texts() -> None:
    frame = read_one(
        tmst="1234", freq="868.1", rssi="-35", lsnr="5.1", chan="2", stat="1", datr="SF7BW125"
    )
    assert frame.radio == Radio(868_100_000, "LORA", 7, 125_000)
    assert frame.receptions == (Reception(EUI, 0, -35.0, 5.1, 2, "1234"),)
    assert frame.crc == "ok"


def test_what_c_prints_for_a_number_that_was_never_set_loses_no_frame() -> None:
    raw = b'{"rxpk":[{"stat":?,"lsnr":nan,"rssi":-inf,"tmst":1,"data":"AQID"}],"stat":{"temp":nan,"rxnb":1}}\0'
    heard, report = read(raw)
    assert heard == [read_one(tmst=1)]
    assert report is not None
    assert report.figures == {"rxnb": 1}


def test_a_text_that_is_not_utf_8_loses_no_frame() -> None:
    heard, _ = read(b'{"rxpk":[{"codr":"\xe9","data":"AQID"}],"stat":{"desc":"caf\xe9"}}')
    assert heard == [read_one()]


def test_one_object_is_taken_where_a_list_is_due() -> None:
    assert read(b'{"rxpk":' + GOOD + b"}")[0] == read(b'{"rxpk":[' + GOOD + b"]}")[0]


def test_a_bare_rxpk_is_read() -> None:
    heard, report = read(GOOD)
    assert heard == read(b'{"rxpk":[' + GOOD + b"]}")[0]
    assert report is None
    assert read(GOOD.replace(b'"stat":1', b'"stat":?'))[0] == [read_with(heard[0], crc="none")]


def read_with(frame: Heard, **changes: Any) -> Frame:
    assert isinstance(frame, Frame)
    return Frame(**{name: getattr(frame, name) for name in frame.__struct_fields__} | changes)


@pytest.mark.parametrize(
    "raw", [b"{}", b'{"rxpk":[]}', b'{"rxpk":null}', b'{"txpk":{"size":1}}', b' {"rxpk" : [ ] } \n']
)
def test_a_message_without_frames_holds_nothing(raw: bytes) -> None:
    assert read(raw) == ([], None)


# Bad neighbours


def test_a_bad_rxpk_does_not_lose_its_neighbours() -> None:
    bad = [
        (b'{"tmst":1}', "rxpk 2 of 7: it has no data"),
        (b'{"data":"A"}', "rxpk 3 of 7: its data is not base64"),
        (b'{"data":5}', "rxpk 4 of 7: it has no data"),
        (b"null", "rxpk 5 of 7: it is no object"),
        (b"[[[[5]]]]", "rxpk 6 of 7: it is no object"),
    ]
    heard, report = read(
        b'{"rxpk":[' + b",".join([GOOD, *(raw for raw, _ in bad), GOOD]) + b'],"stat":{"rxnb":7}}'
    )
    good = read(GOOD)[0][0]
    assert heard[0] == heard[-1] == good
    for found, (raw, sentence) in zip(heard[1:-1], bad, strict=True):
        assert isinstance(found, Malformed)
        assert found.raw == raw
        assert found.source == "roof"
        assert found.received == RECEIVED
        assert found.sentence.startswith(f"{EUI}: {sentence}")
    assert report is not None
    assert report.figures == {"rxnb": 7}


def test_a_frame_longer_than_the_air_allows_is_malformed() -> None:
    text = base64.b64encode(bytes(256)).decode()
    (found,), _ = read(json.dumps({"rxpk": [{"data": text}]}).encode())
    assert isinstance(found, Malformed)
    assert "256 bytes of data" in found.sentence


def test_what_comes_after_64_rxpk_is_kept_as_one_malformed_message() -> None:
    pieces = [b'{"data":"AQID","tmst":%d}' % n for n in range(100)]
    heard, _ = read(b'{"rxpk":[' + b",".join(pieces) + b"]}")
    assert [h.receptions[0].stamp for h in heard[:-1] if isinstance(h, Frame)] == [
        str(n) for n in range(64)
    ]
    rest = heard[-1]
    assert isinstance(rest, Malformed)
    assert [rxpk["tmst"] for rxpk in json.loads(rest.raw)["rxpk"]] == list(range(64, 100))
    assert "100 rxpk in one message" in rest.sentence


def test_64_rxpk_are_read() -> None:
    heard, _ = read(b'{"rxpk":[' + b",".join([GOOD] * 64) + b"]}")
    assert len(heard) == 64
    assert all(isinstance(h, Frame) for h in heard)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\0", b"{", b"[]", b"5", b'"x"', b"null", b'{"rxpk":5}', b'{"rxpk":"x"}', b'{"rxpk":[}',
     b'{"rxpk":[{"data":"AQID"}]} trailing', b"\xff\xfe{}", b"<xml/>", b'{"a":' + b"[" * 100_000,
     b'{"rxpk":[{"data":"AQID"}],"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"],
    ids=lambda raw: repr(raw[:20]),
)  # fmt: skip
def test_what_is_no_message_is_one_malformed_with_its_bytes(raw: bytes) -> None:
    heard, report = read(raw)
    assert report is None
    (found,) = heard
    assert isinstance(found, Malformed)
    assert found.raw == raw
    assert found.sentence.startswith(f"{EUI}: no JSON that can be read: ")


def test_every_truncation_of_a_good_message_keeps_its_bytes() -> None:
    good = b'{"rxpk":[' + GOOD + b'],"stat":{"rxnb":1}}'
    for length in range(len(good)):
        heard, _ = read(good[:length])
        assert heard == [
            Malformed("roof", good[:length], getattr(heard[0], "sentence", ""), RECEIVED)
        ]


def test_every_flipped_bit_of_a_good_message_gives_one_frame_or_keeps_the_bytes() -> None:
    good = b'{"rxpk":[' + GOOD + b"]}"
    for place in range(len(good)):
        for bit in range(8):
            raw = good[:place] + bytes([good[place] ^ (1 << bit)]) + good[place + 1 :]
            heard, _ = read(raw)
            # A flipped key "rxpk" is an unknown key: then there is nothing in the message.
            assert len(heard) == 1 or 1 <= place <= 6


# What a receiver says of itself


def test_the_figures_of_a_receiver_are_numbers_and_short_texts() -> None:
    stat = {
        "time": "2021-02-25 01:01:43 GMT", "lati": 62.02774, "alti": 348, "ackr": 100.0, "hal": "5.1.0",
        "desc": "x" * 200, "n" * 200: 1, "meta": {"a": "b"}, "list": [1], "none": None, "huge": 10**30,
    }  # fmt: skip
    heard, report = read(json.dumps({"stat": stat}).encode())
    assert heard == []
    assert report == ReceiverReport(
        "roof",
        EUI,
        RECEIVED,
        {
            "time": "2021-02-25 01:01:43 GMT", "lati": 62.02774, "alti": 348, "ackr": 100.0, "hal": "5.1.0",
            "desc": "x" * 64, "n" * 64: 1,
        },
    )  # fmt: skip


def test_a_receiver_may_say_at_most_64_figures() -> None:
    _, report = read(json.dumps({"stat": {f"k{n}": n for n in range(1000)}}).encode())
    assert report is not None
    assert len(report.figures) == 64


@pytest.mark.parametrize("stat", [b"5", b"[]", b'"x"', b"null", b"[[[5]]]", b"1e999"])
def test_a_report_that_is_none_loses_no_frame(stat: bytes) -> None:
    heard, report = read(b'{"stat":' + stat + b',"rxpk":[' + GOOD + b"]}")
    assert report is None
    assert heard == read(GOOD)[0]


def test_a_text_data_in_a_report_does_not_make_it_an_rxpk() -> None:
    heard, report = read(b'{"stat":{"desc":"x","data":5}}')
    assert heard == []
    assert report is not None


# Anything


@given(st.binary(max_size=400))
def test_random_bytes_are_never_an_error(raw: bytes) -> None:
    heard, _ = read(raw)
    assert all(isinstance(found, Malformed) for found in heard)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)
_keys = st.sampled_from(
    ["data", "time", "tmst", "tmms", "freq", "chan", "stat", "modu", "datr", "codr", "rssi", "lsnr", "ant", "rsig"]
)  # fmt: skip


@given(st.lists(st.dictionaries(_keys, _json, max_size=6), max_size=4), _json)
def test_any_json_in_an_rxpk_gives_one_hearing_each(rxpk: list[dict[str, Any]], stat: Any) -> None:
    heard, _ = read(json.dumps({"rxpk": rxpk, "stat": stat}).encode())
    assert len(heard) == len(rxpk)
    for found, given_rxpk in zip(heard, rxpk, strict=True):
        assert isinstance(found, Frame | Malformed)
        if not isinstance(given_rxpk.get("data"), str):
            assert isinstance(found, Malformed)
