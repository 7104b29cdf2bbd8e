"""What a codec finds and how it is asked, in the engine itself: each dialect, each place, each ending.

The codecs are the test's own, one for each way in which published ones are written.
"""

import json
from typing import Any

import _quickjs
import pytest

from gateway.codec_worker.protocol import ANSWER, HEAP_BYTES_MAX, THREW, TOO_SLOW
from gateway.codec_worker.realm import PAYLOADS_PER_REALM_MAX, Broken, Codec

AT_MS = 1_795_305_600_000.0
SUM = "bytes.reduce(function (a, b) { return a + b; }, 0)"
BODY = f"{{ var bytes = input.bytes; return {{ data: {{ sum: {SUM}, port: input.fPort }} }}; }}"


def codec(script: str) -> Codec:
    """The script, run once."""
    return Codec(_quickjs, script)


def asked(script: str, payload: bytes = b"\x01\x02", f_port: int = 85) -> Any:
    """What the codec returns, as JSON has it."""
    kind, text = codec(script).decode(f_port, payload, AT_MS)
    assert kind == ANSWER, text
    return json.loads(text.partition("\n")[0] or "null")


def threw(script: str, payload: bytes = b"\x01") -> str:
    """What the codec threw."""
    kind, text = codec(script).decode(1, payload, AT_MS)
    assert kind == THREW
    return text


@pytest.mark.parametrize(
    ("script", "places"),
    [
        (f"function decodeUplink(input) {BODY}", "decodeUplink"),
        (f"var decodeUplink = function (input) {BODY}", "decodeUplink"),
        (f"const decodeUplink = (input) => {BODY}", "decodeUplink"),
        (f"let decodeUplink = (input) => {BODY}", "decodeUplink"),
        (f"decodeUplink = function (input) {BODY}", "decodeUplink"),
        (f"var driver = {{ decodeUplink: function (input) {BODY} }};", "driver.decodeUplink"),
        (f"const driver = {{ decodeUplink(input) {BODY} }};", "driver.decodeUplink"),
        (f"driver.decodeUplink = function (input) {BODY}", "driver.decodeUplink"),
        (f"exports.decodeUplink = function (input) {BODY}", "exports.decodeUplink"),
        (f"var exports = {{ decodeUplink: (input) => {BODY} }}", "exports.decodeUplink"),
        (f"module.exports = {{ decodeUplink: (input) => {BODY} }}", "module.exports.decodeUplink"),
        (f"module.exports.decodeUplink = (input) => {BODY}", "exports.decodeUplink"),
        (f"'use strict'; function decodeUplink(input) {BODY}", "decodeUplink"),
        (f"function Decoder() {{}}\nfunction decodeUplink(input) {BODY}", "decodeUplink"),
    ],
)
def test_decode_uplink_is_found_wherever_codecs_put_it(script: str, places: str) -> None:
    assert codec(script).places == places
    assert asked(script) == {"data": {"sum": 3, "port": 85}}


@pytest.mark.parametrize(
    ("script", "places"),
    [
        (f"function Decode(fPort, bytes, variables) {{ return {{ sum: {SUM}, port: fPort }}; }}", "Decode"),
        (f"function Decoder(bytes, port) {{ return {{ sum: {SUM}, port: port }}; }}", "Decoder"),
        (f"exports.Decoder = (bytes, port) => ({{ sum: {SUM}, port }})", "exports.Decoder"),
        (f"const driver = {{ Decode: (port, bytes) => ({{ sum: {SUM}, port }}) }}", "driver.Decode"),
        (
            f"function Decoder() {{}} function Decode(port, bytes) {{ return {{ sum: {SUM}, port: port }}; }}",
            "Decode",
        ),
    ],
)  # fmt: skip
def test_older_dialects_get_their_own_arguments(script: str, places: str) -> None:
    assert codec(script).places == places
    assert asked(script) == {"sum": 3, "port": 85}


def test_what_decode_uplink_is_given() -> None:
    script = """
    function decodeUplink(input) {
      return { data: {
        keys: Object.keys(input), array: Array.isArray(input.bytes), hex: input.bytes.map((b) => b.toString(16)),
        time: input.recvTime instanceof Date && input.recvTime.toISOString(), variables: input.variables,
      } };
    }"""
    assert asked(script, b"\x00\xff")["data"] == {
        "keys": ["bytes", "fPort", "recvTime", "variables"],
        "array": True,
        "hex": ["0", "ff"],
        "time": "2026-11-22T00:00:00.000Z",
        "variables": {},
    }


def test_without_a_time_of_reception_there_is_a_time_of_now() -> None:
    one = codec("function decodeUplink(i) { return { data: { ms: i.recvTime.getTime() } }; }")
    _, text = one.decode(1, b"", None)
    assert json.loads(text)["data"]["ms"] > AT_MS - 86400_000 * 3650


def test_a_payload_is_a_new_array_each_time() -> None:
    one = codec(
        "function decodeUplink(i) { i.bytes.reverse(); i.bytes.pop(); return { data: i.bytes }; }"
    )
    for _ in range(2):
        assert json.loads(one.decode(1, b"\x01\x02\x03", None)[1]) == {"data": [3, 2]}


def test_a_sloppy_script_may_make_globals_as_it_goes() -> None:
    script = "function decodeUplink() { for (i = 0; i < 2; i++) last = 010; return { data: { last: last } }; }"
    assert asked(script) == {"data": {"last": 8}}


def test_console_says_nothing_and_breaks_nothing() -> None:
    script = """
    console.log("at once"); console.warn(1); console.error(); console.table([1]); console.time("x");
    function decodeUplink() { console.debug({}); return { data: { a: 1 } }; }"""
    assert asked(script) == {"data": {"a": 1}}


@pytest.mark.parametrize("name", ["console", "module", "exports", "driver", "Buffer"])
def test_a_codec_may_declare_what_it_would_have_found(name: str) -> None:
    for word in ("const", "let", "var"):
        script = (
            f"{word} {name} = 5; function decodeUplink() {{ return {{ data: {{ it: {name} }} }}; }}"
        )
        assert asked(script) == {"data": {"it": 5}}


def test_a_codec_has_no_way_out() -> None:
    names = [
        "require",
        "process",
        "std",
        "os",
        "print",
        "fetch",
        "setTimeout",
        "Worker",
        "WebAssembly",
    ]
    typeof = ", ".join(f"{name}: typeof {name}" for name in names)
    found = asked(f"function decodeUplink() {{ return {{ data: {{ {typeof} }} }}; }}")
    assert set(found["data"].values()) == {"undefined"}


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(1234567.891).toLocaleString()", "1,234,567.891"),
        ("(-1234.5678).toLocaleString()", "-1,234.568"),
        ("(5).toLocaleString('en-US', { minimumIntegerDigits: 2, useGrouping: false })", "05"),
        ("(1.5).toLocaleString(undefined, { minimumFractionDigits: 2 })", "1.50"),
        ("NaN.toLocaleString()", "NaN"),
        ("new Date(NaN).toLocaleDateString()", "Invalid Date"),
    ],
)
def test_numbers_and_dates_are_written_as_in_node(expression: str, text: str) -> None:
    """The texts are those of Node 20."""
    script = f"function decodeUplink() {{ return {{ data: {{ it: {expression} }} }}; }}"
    assert asked(script) == {"data": {"it": text}}


def test_normalize_uplink_is_asked_with_the_data() -> None:
    script = """
    function decodeUplink() { return { data: { t: 4 } }; }
    function normalizeUplink(input) { return { data: { air: { temperature: input.data.t } } }; }"""
    one = codec(script)
    assert one.places == "decodeUplink normalizeUplink"
    _, text = one.decode(1, b"", None)
    assert [json.loads(part) for part in text.split("\n")] == [
        {"data": {"t": 4}},
        {"data": {"air": {"temperature": 4}}},
    ]


def test_a_normalizer_that_throws_leaves_the_answer() -> None:
    script = """
    function decodeUplink() { return { data: { t: 4 } }; }
    function normalizeUplink() {
      throw new Error("no"); }"""
    _, text = codec(script).decode(1, b"", None)
    assert text == '{"data":{"t":4}}\n!"Error: no (line 4)"'


@pytest.mark.parametrize("errors", ['["no"]', '"no"'])
def test_a_normalizer_is_not_asked_about_an_error(errors: str) -> None:
    script = f"""
    function decodeUplink() {{ return {{ data: {{}}, errors: {errors} }}; }}
    function normalizeUplink() {{ throw 1; }}"""
    assert codec(script).decode(1, b"", None)[1].partition("\n")[2] == ""


@pytest.mark.parametrize(
    ("thrown", "said"),
    [
        ("new Error('bad length')", "Error: bad length (line 1)"),
        ("'a text'", "a text"),
        ("{ code: 4 }", "[object Object]"),
        ("undefined", "undefined"),
        ("{ toString() { throw 1; } }", "it threw something that cannot be shown"),
        ("new Proxy({}, { get() { throw 1; } })", "it threw something that cannot be shown"),
        ("Object.defineProperty(new Error('x'), 'stack', { get() { throw 1; } })", "it threw"),
        ("new Error('y'.repeat(100000))", "Error: " + "y" * 493),
        ("new Error('\\ud800')", "Error: \\ud800"),
    ],
)
def test_whatever_is_thrown_is_told_in_a_line(thrown: str, said: str) -> None:
    assert threw(f"function decodeUplink() {{ throw {thrown}; }}").startswith(said)


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("{ data: 1n }", "TypeError: BigInt"),
        ("(function () { var a = {}; a.a = a; return a; })()", "TypeError: circular"),
        ("Promise.resolve({ data: { a: 1 } })", "a Promise"),
        ("{ get data() { throw new Error('late'); } }", "Error: late"),
        ("{ toJSON() { throw new Error('late'); } }", "Error: late"),
    ],
)
def test_what_is_no_json_is_told(returned: str, said: str) -> None:
    assert said in threw(f"function decodeUplink() {{ return {returned}; }}")


def test_what_json_makes_of_odd_values() -> None:
    script = """function decodeUplink() { return { data: {
      nan: NaN, far: 1e400, minus: -0, none: undefined, code: function () {}, time: new Date(0),
      list: [undefined, NaN],
      typed: new Uint8Array([1, 2]), map: new Map([[1, 2]]), half: "\\ud800", ["__proto__"]: { a: 1 }, big: 1e21,
    } }; }"""
    assert asked(script)["data"] == {
        "nan": None, "far": None, "minus": 0, "time": "1970-01-01T00:00:00.000Z", "list": [None, None],
        "typed": {"0": 1, "1": 2}, "map": {}, "half": "\ud800", "__proto__": {"a": 1}, "big": 1e21,
    }  # fmt: skip


@pytest.mark.parametrize("returned", ["undefined", "function () {}", "Symbol('x')"])
def test_what_json_has_no_word_for_is_nothing(returned: str) -> None:
    assert codec(f"function decodeUplink() {{ return {returned}; }}").decode(1, b"", None) == (
        ANSWER,
        "",
    )


@pytest.mark.parametrize(
    "body",
    [
        "while (true) {}",
        "try { while (true) {} } catch (e) { return { data: { a: 1 } }; } finally { return {}; }",
        "/^(a+)+$/.test('a'.repeat(40) + 'b')",
        "throw { toString() { while (true) {} } }",
        "return { get data() { while (true) {} } }",
        "return { toJSON() { for (;;); } }",
    ],
)
def test_what_does_not_end_is_stopped(body: str) -> None:
    one = codec(
        f"function decodeUplink(i) {{ if (i.fPort) {{ {body} }} return {{ data: {{ ok: 1 }} }}; }}"
    )
    assert one.decode(1, b"", None)[0] == TOO_SLOW
    assert one.decode(0, b"", None) == (ANSWER, '{"data":{"ok":1}}')


@pytest.mark.parametrize(
    "body",
    [
        "var a = []; for (;;) a.push(new Array(1000).fill(1));",
        "var a = []; for (;;) a.push(new Uint8Array(1 << 20));",
        "var s = 'x'; for (;;) s += s;",
        "return decodeUplink(i);",
        "var a = []; for (var n = 0; n < 1e5; n++) a = [a]; return { data: a };",
    ],
)
def test_too_much_memory_and_too_deep_a_recursion_are_errors(body: str) -> None:
    one = codec(
        f"function decodeUplink(i) {{ if (i.fPort) {{ {body} }} return {{ data: {{ ok: 1 }} }}; }}"
    )
    assert one.decode(1, b"", None)[0] == THREW
    assert one.decode(0, b"", None) == (ANSWER, '{"data":{"ok":1}}')


def test_a_thousand_calls_within_calls_are_no_matter() -> None:
    script = """
    function sum(bytes, at) { return at < bytes.length ? bytes[at] + sum(bytes, at + 1) : 0; }
    function decodeUplink(input) { return { data: { sum: sum(new Array(1000).fill(2), 0) } }; }"""
    assert asked(script) == {"data": {"sum": 2000}}


@pytest.mark.parametrize(
    "script",
    [
        "",
        "function encodeDownlink() {}",
        "var decodeUplink = 5;",
        "function f( {",
        "throw new Error('at once')",
        "while (true) {}",
        "var a = []; for (;;) a.push(new Array(1000).fill(1));",
        "(function f() { f(); })()",
        "Object.defineProperty(globalThis, 'decodeUplink', { get() { throw 1; } })",
        "throw '\\ud800'",
    ],
)
def test_a_script_that_is_no_codec_is_broken(script: str) -> None:
    with pytest.raises(Broken):
        codec(script)


@pytest.mark.parametrize("last", ["1n", "'\\ud800'", "Symbol('x')", "new Proxy({}, {})"])
def test_the_last_value_of_a_script_does_not_matter(last: str) -> None:
    assert asked(f"function decodeUplink() {{ return {{ data: {{ a: 1 }} }}; }}\n{last}")


def test_an_exception_makes_the_realm_anew() -> None:
    one = codec("""
    var count = 0;
    function decodeUplink(i) { count++; if (i.fPort === 9) throw 1; return { data: { count: count } }; }""")
    counts = [one.decode(port, b"", None)[1] for port in (1, 1, 9, 1)]
    assert counts == ['{"data":{"count":1}}', '{"data":{"count":2}}', "1", '{"data":{"count":1}}']


def test_a_realm_is_made_anew_after_many_payloads() -> None:
    one = codec("var kept = 0; function decodeUplink() { return { data: { n: ++kept } }; }")
    for _ in range(PAYLOADS_PER_REALM_MAX):
        last = one.decode(1, b"", None)
    assert json.loads(last[1]) == {"data": {"n": PAYLOADS_PER_REALM_MAX}}
    assert json.loads(one.decode(1, b"", None)[1]) == {"data": {"n": 1}}


def test_what_a_codec_piles_up_ends_in_an_error_and_goes() -> None:
    one = codec(
        "var pile = [];"
        "function decodeUplink() { pile.push('x'.repeat(1 << 18)); return { data: { n: pile.length } }; }"
    )
    kinds = [one.decode(1, b"", None)[0] for _ in range(2 * HEAP_BYTES_MAX >> 18)]
    assert kinds.count(THREW) == 2
    assert kinds[0] == ANSWER


def test_nothing_that_a_codec_changes_reaches_the_next_one() -> None:
    rogue = codec("""
    Object.prototype.data = { stolen: 1 }; Array.prototype.map = null; JSON.stringify = () => "{}";
    JSON.parse = null; Date = null; globalThis.Reflect = null; String.prototype.slice = null; Promise = 5;
    function decodeUplink(i) { return { data: { length: i.bytes.length } }; }""")
    assert rogue.decode(1, b"\x01", AT_MS) == (ANSWER, '{"data":{"length":1}}')
    assert asked(f"function decodeUplink(input) {BODY}") == {"data": {"sum": 3, "port": 85}}
