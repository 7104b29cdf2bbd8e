"""JavaScript codecs written to do harm, by what they try; and one that works, to stand beside them."""

GOOD = "function decodeUplink(i) { return { data: { counter: i.bytes[0] * 256 + i.bytes[1] } }; }"

TIMEOUT, ERROR = "codec_timeout", "codec_error"

HOSTILE: dict[str, tuple[str, str]] = {
    "loop": (TIMEOUT, "function decodeUplink() { while (true) {} }"),
    "caught_loop": (
        TIMEOUT,
        "function decodeUplink() { for (;;) { try { for (;;) {} } catch (e) {} finally { continue; } } }",
    ),
    "regex": (TIMEOUT, "function decodeUplink() { return /^(a+)+$/.test('a'.repeat(40) + 'b'); }"),
    "native_calls": (
        TIMEOUT,
        "function decodeUplink() { var t = 'a'.repeat(1 << 20); for (var n = 0; n < 1e5; n++) t.indexOf('b'); }",
    ),
    "memory": (ERROR, "function decodeUplink() { for (var a = []; ; ) a.push(new Array(1000).fill(1)); }"),
    "typed_arrays": (ERROR, "function decodeUplink() { for (var a = []; ; ) a.push(new Uint8Array(1 << 20)); }"),
    "kept_memory": (
        ERROR,
        "var kept = []; function decodeUplink() { kept.push('x'.repeat(7 << 20), 'y'.repeat(7 << 20)); }",
    ),
    "huge_output": (ERROR, "function decodeUplink() { return { data: { t: 'x'.repeat(1 << 21) } }; }"),
    "many_fields": (
        ERROR,
        "function decodeUplink() { var d = {}; for (var n = 0; n < 5000; n++) d['f' + n] = n; return d; }",
    ),
    "deep_output": (
        ERROR,
        "function decodeUplink() { var d = {}; for (var n = 0; n < 500; n++) d = { d: d, e: 1 }; return d; }",
    ),
    "recursion": (ERROR, "function decodeUplink() { return decodeUplink(); }"),
    "thrown_trap": (ERROR, "function decodeUplink() { throw new Proxy({}, { get() { throw 1; } }); }"),
    "circle": (ERROR, "function decodeUplink() { var d = {}; d.d = d; return { data: d }; }"),
    "prototypes": (
        ERROR,
        """
        Object.prototype.data = { lie: 1 }; Array.prototype.toJSON = function () { throw 1; };
        JSON.stringify = function () { return '{"lie":1}'; }; JSON.parse = null; Date = null;
        function decodeUplink() { throw 1; }
        """,
    ),
    "way_out": (
        ERROR,
        "function decodeUplink() { return require('fs') || process.exit() || import('os') || std.out.puts('x'); }",
    ),
    "at_once": (ERROR, "while (true) {}\n" + GOOD),
    "no_codec": (ERROR, "\x00\x01\x02 not JavaScript"),
}  # fmt: skip
"""Name -> (how its payloads end, script). Each must be harmless to everything else."""
