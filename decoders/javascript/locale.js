// toLocaleString and its like as a host with Intl has them in its default locale, en-US: the engine has no Intl.
//
// Only what codecs use: numbers grouped by thousands with at most three decimals, dates as 1/31/2026, 1:02:03 PM
// in UTC. Other locales and options are the engine's own, which knows none of them either.
(function () {
  const own = {
    date: Date.prototype.toLocaleDateString,
    time: Date.prototype.toLocaleTimeString,
    both: Date.prototype.toLocaleString,
  };
  const known = (locale) => locale === undefined || locale === "en" || locale === "en-US";
  const plain = (options) =>
    options === undefined || Object.keys(options).every((name) => name === "timeZone" && options[name] === "UTC");

  function number(locale, options) {
    const value = Number(this);
    const given = options || {};
    if (!known(locale) || given.style || given.notation || given.maximumSignificantDigits) return String(value);
    if (!isFinite(value)) return value > 0 ? "∞" : value < 0 ? "-∞" : "NaN";
    if (Math.abs(value) >= 1e21) return String(value);
    const least = given.minimumFractionDigits || 0;
    const most = given.maximumFractionDigits === undefined ? Math.max(least, 3) : given.maximumFractionDigits;
    let [whole, decimals = ""] = Math.abs(value).toFixed(most).split(".");
    while (decimals.length > least && decimals.endsWith("0")) decimals = decimals.slice(0, -1);
    whole = whole.padStart(given.minimumIntegerDigits || 1, "0");
    if (given.useGrouping !== false) whole = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    const sign = value < 0 || Object.is(value, -0) ? "-" : "";
    return sign + whole + (decimals ? "." + decimals : "");
  }

  function day(date) {
    return date.getMonth() + 1 + "/" + date.getDate() + "/" + date.getFullYear();
  }

  function clock(date) {
    const two = (one) => String(one).padStart(2, "0");
    const hour = date.getHours();
    return (hour % 12 || 12) + ":" + two(date.getMinutes()) + ":" + two(date.getSeconds()) + (hour < 12 ? " AM" : " PM");
  }

  function dated(write, instead) {
    return function (locale, options) {
      if (!known(locale) || !plain(options)) return instead.call(this, locale, options);
      return isNaN(this) ? "Invalid Date" : write(this);
    };
  }

  const define = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, configurable: true });
  define(Number.prototype, "toLocaleString", number);
  define(Date.prototype, "toLocaleDateString", dated(day, own.date));
  define(Date.prototype, "toLocaleTimeString", dated(clock, own.time));
  define(Date.prototype, "toLocaleString", dated((date) => day(date) + ", " + clock(date), own.both));
})();
