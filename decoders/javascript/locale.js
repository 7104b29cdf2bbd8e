// toLocaleString and its like as a host with Intl has them, in UTC: the engine has no Intl.
//
// Only what codecs use: numbers grouped by thousands and rounded, dates as digits. en-US is the default; a locale
// that is not in the table, and options that name months or other zones, give what the engine itself gives.
(function () {
  const own = {
    number: Number.prototype.toLocaleString,
    date: Date.prototype.toLocaleDateString,
    time: Date.prototype.toLocaleTimeString,
    both: Date.prototype.toLocaleString,
  };
  // [date, what stands between, time, thousands, decimals]; a doubled letter has two digits, a h counts to twelve.
  const PLACES = {
    "en-US": ["M/D/Y", ", ", "h:m:s", ",", "."],
    "en-GB": ["DD/MM/Y", ", ", "HH:m:s", ",", "."],
    "fr-FR": ["DD/MM/Y", " ", "HH:m:s", "\u202f", ","],
    "de-DE": ["D.M.Y", ", ", "HH:m:s", ".", ","],
    "it-IT": ["DD/MM/Y", ", ", "HH:m:s", ".", ","],
    "es-ES": ["D/M/Y", ", ", "H:m:s", ".", ","],
    "nl-NL": ["D-M-Y", ", ", "HH:m:s", ".", ","],
    "pt-BR": ["DD/MM/Y", ", ", "HH:m:s", ".", ","],
    "sv-SE": ["Y-MM-DD", " ", "HH:m:s", "\u00a0", ","],
    "zh-CN": ["Y/M/D", " ", "HH:m:s", ",", "."],
    "ja-JP": ["Y/M/D", " ", "H:m:s", ",", "."],
  };
  const GROUPED_FROM = { "it-IT": 5, "es-ES": 5 }; // digits: 1234 is not grouped there
  for (const name of Object.keys(PLACES)) PLACES[name.slice(0, 2)] ||= PLACES[name];

  function placed(locale) {
    if (Array.isArray(locale)) locale = locale[0];
    return PLACES[locale === undefined || locale === "default" ? "en-US" : locale];
  }

  // Half away from zero, of the digits that the number is written with: 1.005 is 1.01.
  function rounded(value, most) {
    const [, whole, decimals = ""] = /^(\d+)(?:\.(\d+))?$/.exec(String(value)) || [];
    if (whole === undefined || most > 15) return value.toFixed(most);
    const units = BigInt(whole + decimals.slice(0, most).padEnd(most, "0")) + (decimals[most] >= "5" ? 1n : 0n);
    const digits = String(units).padStart(most + 1, "0");
    return most ? digits.slice(0, -most) + "." + digits.slice(-most) : digits;
  }

  function number(locale, options) {
    const value = Number(this);
    const given = options || {};
    const place = placed(locale);
    if (!place || given.style || given.notation || given.maximumSignificantDigits)
      return own.number.call(this, locale, options);
    if (!isFinite(value)) return value > 0 ? "∞" : value < 0 ? "-∞" : "NaN";
    if (Math.abs(value) >= 1e21) return String(value);
    const least = given.minimumFractionDigits || 0;
    const most = given.maximumFractionDigits === undefined ? Math.max(least, 3) : given.maximumFractionDigits;
    let [whole, decimals = ""] = rounded(Math.abs(value), most).split(".");
    while (decimals.length > least && decimals.endsWith("0")) decimals = decimals.slice(0, -1);
    whole = whole.padStart(given.minimumIntegerDigits || 1, "0");
    const from = GROUPED_FROM[Object.keys(PLACES).find((name) => PLACES[name] === place)] || 4;
    if (given.useGrouping !== false && whole.length >= from) whole = whole.replace(/\B(?=(\d{3})+$)/g, place[3]);
    const minus = place === PLACES["sv-SE"] ? "\u2212" : "-";
    const sign = value < 0 || Object.is(value, -0) ? minus : "";
    return sign + whole + (decimals ? place[4] + decimals : "");
  }

  const DAY = ["year", "month", "day"];
  const CLOCK = ["hour", "minute", "second"];
  const PARTS = { Y: "year", M: "month", D: "day", h: "hour", H: "hour", m: "minute", s: "second" };
  const UTC = ["UTC", "GMT", "Etc/UTC", "Etc/GMT", undefined];

  // The options as a set of parts to write, or null where they ask for what is not here.
  function wanted(options, instead) {
    const given = options || {};
    const parts = {};
    for (const name of Object.keys(given)) {
      if (given[name] === undefined || name === "hour12") continue;
      if (name === "timeZone" ? !UTC.includes(given[name]) : !/^(numeric|2-digit)$/.test(given[name])) return null;
      if (name !== "timeZone") parts[name] = given[name];
    }
    const asked = Object.keys(parts);
    if (!asked.every((name) => DAY.includes(name) || CLOCK.includes(name))) return null;
    const missing = instead.some((name) => asked.includes(name)) ? [] : instead;
    for (const name of asked.length && instead.length === 6 ? [] : missing) parts[name] = "numeric";
    for (const group of [DAY, CLOCK]) // "11/2026" and "3 PM" are other patterns
      if (group.some((name) => parts[name]) && !(parts[group[0]] && parts[group[1]])) return null;
    if (DAY.some((name) => parts[name]) && !parts.day) return null;
    return { parts, twelve: given.hour12 };
  }

  function written(date, place, { parts, twelve }) {
    const half = twelve === undefined ? place[2].startsWith("h") : twelve;
    if (parts.hour && half !== place[2].startsWith("h") && place !== PLACES["en-US"]) return null;
    const hour = date.getHours();
    const values = {
      year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate(),
      hour: half ? hour % 12 || 12 : place === PLACES["en-US"] ? hour || 24 : hour,
      minute: date.getMinutes(), second: date.getSeconds(),
    };
    const two = (value) => String(value % 100).padStart(2, "0");
    const write = (pattern) => {
      const marks = pattern.match(/[A-Za-z]+/g).filter((mark) => parts[PARTS[mark[0]]]);
      const texts = marks.map((mark) => {
        const name = PARTS[mark[0]];
        const doubled = mark.length > 1 || "ms".includes(mark) || (name === "hour" && !half && mark === "h");
        return doubled || parts[name] === "2-digit" ? two(values[name]) : String(values[name]);
      });
      return texts.join(pattern.match(/[^A-Za-z]/)[0]);
    };
    const time = parts.hour ? write(place[2]) + (half ? (hour < 12 ? " AM" : " PM") : "") : "";
    return [parts.day ? write(place[0]) : "", time].filter(Boolean).join(place[1]);
  }

  function dated(instead, bare) {
    return function (locale, options) {
      const place = placed(locale);
      const asked = place && wanted(options, instead);
      if (asked && isNaN(this)) return "Invalid Date";
      return (asked && written(this, place, asked)) || bare.call(this, locale, options);
    };
  }

  const define = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, configurable: true });
  define(Number.prototype, "toLocaleString", number);
  define(Date.prototype, "toLocaleDateString", dated(DAY, own.date));
  define(Date.prototype, "toLocaleTimeString", dated(CLOCK, own.time));
  define(Date.prototype, "toLocaleString", dated([...DAY, ...CLOCK], own.both));
})();
