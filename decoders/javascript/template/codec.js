// @name@: one line that says which device this is for, and which manual or page describes its payload.
//
//   FPort 2   byte  0        1 2          3         4 5      6      7
//                   version  temperature  humidity  battery  state  openings
//
//   version 1; temperature i16 0.01 °C; humidity u8 0.5 %RH; battery u16 mV; state bit 0: door open; openings u8
//   All integers are big-endian. 0x8000 is a temperature that could not be measured.
//
// Write down here where this comes from, as above: the next reader has nothing else.

// input: { bytes: numbers of 0 to 255, fPort: number, recvTime: Date, variables: {} }
// Returns { data } or { errors: [why not] }, and with either of them warnings: [sentences], if there are any.
//
// The script may use all of JavaScript but modules (import, require), timers, network and Intl. It gets 100 ms, and
// is asked payload after payload: keep nothing from one to the next, for devices share it.
function decodeUplink(input) {
  const bytes = input.bytes;

  // Refuse what you do not know. A payload that is refused is kept, and can be decoded when this file has learned
  // more; a payload that is guessed at is a wrong number in a dashboard.
  if (input.fPort !== 2) return { errors: ["FPort " + input.fPort + " is not known, expected 2"] };
  if (bytes.length !== 8) return { errors: [bytes.length + " bytes, expected 8"] };
  if (bytes[0] !== 1) return { errors: ["version " + bytes[0] + " is not known, expected 1"] };

  // Names of docs/quantities.md say the unit, and need nothing more. Other names are kept as they are, and
  // profile.toml can say what they mean: `openings` is an example of that.
  const data = {
    humidity_pct: bytes[3] / 2,
    battery_v: u16(bytes, 4) / 1000,
    door_open: (bytes[6] & 1) === 1,
    openings: bytes[7],
  };

  // A sensor that could not measure gives null, which is left out; never a 0 or the number that stands for it.
  const temperature = i16(bytes, 1);
  data.temperature_c = temperature === -0x8000 ? null : temperature / 100;

  // A field has one type for ever: a number stays a number, true and false stay that.
  return { data: data };
}

// Samples that the device stored go into an array, each with its time, and become readings of that time:
//   data.history = [{ time: "2026-11-22T00:00:00Z", temperature_c: 21.5 }, ...]

function u16(bytes, at) {
  return (bytes[at] << 8) | bytes[at + 1];
}

function i16(bytes, at) {
  const value = u16(bytes, at);
  return value < 0x8000 ? value : value - 0x10000;
}
