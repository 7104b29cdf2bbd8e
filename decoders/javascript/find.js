// Which function decodes uplinks, in the order in which hosts of codecs look for it; run after the codec.
//
//   decodeUplink(input)                 global, then of `driver`, `exports`, `module.exports`   (TS013)
//   Decode(fPort, bytes, variables)     the same                                               (ChirpStack 3)
//   Decoder(bytes, port)                the same                                               (TTN 2)
//
// Functions that a script declares with const, let or class are no properties of the global object, so
// each is asked for by its name. The value is null when there is none of them.
(function () {
  const homes = [
    ["driver", typeof driver !== "undefined" ? driver : null],
    ["exports", typeof exports !== "undefined" ? exports : null],
    ["module.exports", typeof module !== "undefined" && module ? module.exports : null],
  ];

  function place(name, bare) {
    if (typeof bare === "function") return { place: name, call: name, home: undefined, code: bare };
    for (let n = 0; n < homes.length; n++) {
      const home = homes[n][1];
      const code = home ? home[name] : undefined;
      if (typeof code === "function") return { place: homes[n][0] + "." + name, call: name, home, code };
    }
    return null;
  }

  const decode =
    place("decodeUplink", typeof decodeUplink !== "undefined" ? decodeUplink : null) ||
    place("Decode", typeof Decode !== "undefined" ? Decode : null) ||
    place("Decoder", typeof Decoder !== "undefined" ? Decoder : null);
  if (!decode) return null;
  const normalize = place(
    "normalizeUplink", typeof normalizeUplink !== "undefined" ? normalizeUplink : null,
  );
  return { decode, normalize };
})();
