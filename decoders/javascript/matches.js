// RegExp.$1 to $9 and their like, which hold what the last match found: the engine has none, and functions that
// format dates, copied from page to page for twenty years, use them.
(function () {
  const exec = RegExp.prototype.exec;
  let last = [""];
  let before = "";
  let after = "";
  const value = function (text) {
    const found = exec.call(this, text);
    if (found) {
      last = found;
      before = found.input.slice(0, found.index);
      after = found.input.slice(found.index + found[0].length);
    }
    return found;
  };
  Object.defineProperty(RegExp.prototype, "exec", { value, writable: true, configurable: true });

  const define = (names, get) => {
    for (const name of names) Object.defineProperty(RegExp, name, { get, configurable: true });
  };
  for (let n = 1; n <= 9; n++) define(["$" + n], () => last[n] || "");
  define(["lastMatch", "$&"], () => last[0]);
  define(["lastParen", "$+"], () => (last.length > 1 && last[last.length - 1]) || "");
  define(["leftContext", "$`"], () => before);
  define(["rightContext", "$'"], () => after);
  define(["input", "$_"], () => last.input || "");
})();
