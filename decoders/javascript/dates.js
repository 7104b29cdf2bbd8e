// Dates as text as Node writes them, which names the zone: "Sun Nov 22 2026 00:00:00 GMT+0000 (Coordinated
// Universal Time)". The zone is always UTC here.
(function () {
  const write = Object.getOwnPropertyDescriptors(Date.prototype);
  for (const name of ["toString", "toTimeString"]) {
    const bare = write[name].value;
    const named = {
      [name]() {
        const text = bare.call(this);
        return text.endsWith("GMT+0000") ? text + " (Coordinated Universal Time)" : text;
      },
    };
    Object.defineProperty(Date.prototype, name, { value: named[name], writable: true, configurable: true });
  }
})();
