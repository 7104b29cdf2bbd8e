// What a codec finds when its script begins, and the caller that asks it afterwards.
//
// Properties of the global object are assigned, not declared: a codec may declare its own `const driver`,
// `let console` or `var module` over them. What the caller needs is taken here, before the codec's script
// runs, so that nothing a codec changes later (JSON, Array.prototype, ...) changes how it is called.
(function () {
  const nothing = function () {};
  const console = {};
  for (const name of [
    "assert", "clear", "count", "debug", "dir", "error", "group", "groupCollapsed", "groupEnd", "info",
    "log", "table", "time", "timeEnd", "timeLog", "trace", "warn",
  ]) {
    console[name] = nothing;
  }
  globalThis.console = console;
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;
  globalThis.driver = {};

  const { parse, stringify } = JSON;
  const apply = Reflect.apply;
  const Time = Date;
  const Text = String;
  const Failure = Error;
  const Later = Promise;

  // JSON text of what went wrong: "TypeError: ... (line 12)". It must not throw, whatever was thrown.
  function complaint(thrown, inCodec) {
    try {
      let text = Text(thrown);
      if (inCodec && thrown instanceof Failure) {
        const place = /<input>:(\d+)/.exec(Text(thrown.stack));
        if (place) text += " (line " + place[1] + ")";
      }
      return stringify(text.slice(0, 500));
    } catch (_) {
      return '"it threw something that cannot be shown"';
    }
  }

  // `found` is what find.js gives; the answer is a function of FPort, bytes as JSON and time as Unix ms.
  // Called without them it says where the codec's functions are.
  // It returns JSON text of what the codec returned, "" for undefined, "!" and a JSON string when it threw;
  // after a line break, in the same form, what normalizeUplink made of the data. JSON text of
  // JSON.stringify has neither a "!" at its start nor a line break.
  return function (found) {
    const { decode, normalize } = found;
    const call = decode.call;

    function normalized(result) {
      if (result === null || typeof result !== "object" || result.data === undefined) return "";
      if (result.errors && result.errors.length) return "";
      try {
        return "\n" + (stringify(apply(normalize.code, normalize.home, [{ data: result.data }])) || "");
      } catch (thrown) {
        return "\n!" + complaint(thrown, true);
      }
    }

    return function (fPort, bytesJson, receivedMs) {
      if (fPort === undefined) return decode.place + (normalize ? " " + normalize.place : "");
      let result;
      try {
        const bytes = parse(bytesJson);
        if (call === "decodeUplink") {
          const recvTime = receivedMs === null ? new Time() : new Time(receivedMs);
          result = apply(decode.code, decode.home, [{ bytes, fPort, recvTime, variables: {} }]);
        } else if (call === "Decode") {
          result = apply(decode.code, decode.home, [fPort, bytes, {}]);
        } else {
          result = apply(decode.code, decode.home, [bytes, fPort]);
        }
        if (result instanceof Later) return '!"it returned a Promise; a codec must return its answer"';
      } catch (thrown) {
        return "!" + complaint(thrown, true);
      }
      try {
        const text = stringify(result) || "";
        return normalize ? text + normalized(result) : text;
      } catch (thrown) {
        return "!" + complaint(thrown, false); // a circle, a BigInt: of no line
      }
    };
  };
})();
