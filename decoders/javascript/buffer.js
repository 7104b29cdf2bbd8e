// A small Buffer, for codecs that were written for hosts that have Node's: what they use of it.
//
// Also as it once was, without `new` or with it: Buffer("0a0b", "hex").
globalThis.Buffer = (function () {
  const DIGITS = "0123456789abcdef";
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  function fromHex(text) {
    const bytes = [];
    for (let at = 0; at + 1 < text.length; at += 2) {
      const pair = text.slice(at, at + 2);
      if (!/^[0-9a-f]{2}$/i.test(pair)) break; // as Node: up to the first pair that is none
      bytes.push(parseInt(pair, 16));
    }
    return bytes;
  }

  function fromBase64(text) {
    const bytes = [];
    let bits = 0;
    let held = 0;
    for (const letter of text) {
      const value = LETTERS.indexOf(letter === "-" ? "+" : letter === "_" ? "/" : letter);
      if (letter === "=") break;
      if (value < 0) continue;
      held = (held << 6) | value;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes.push((held >> bits) & 0xff);
      }
    }
    return bytes;
  }

  function fromUtf8(text) {
    const bytes = [];
    for (const letter of text) {
      let code = letter.codePointAt(0);
      if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      else
        bytes.push(
          0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63),
        );
    }
    return bytes;
  }

  function fromLatin1(text) {
    return Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);
  }

  function fromUtf16(text) {
    const bytes = [];
    for (let at = 0; at < text.length; at++) bytes.push(text.charCodeAt(at) & 0xff, text.charCodeAt(at) >> 8);
    return bytes;
  }

  // As the Encoding Standard has it: one replacement character for each longest part that could have gone on.
  function toUtf8(bytes) {
    let text = "";
    let code = 0;
    let needed = 0;
    let low = 0x80;
    let high = 0xbf;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (needed === 0) {
        if (byte < 0x80) text += String.fromCharCode(byte);
        else if (byte >= 0xc2 && byte <= 0xdf) [needed, code] = [1, byte & 0x1f];
        else if (byte >= 0xe0 && byte <= 0xef) {
          [needed, code] = [2, byte & 0x0f];
          if (byte === 0xe0) low = 0xa0;
          if (byte === 0xed) high = 0x9f;
        } else if (byte >= 0xf0 && byte <= 0xf4) {
          [needed, code] = [3, byte & 0x07];
          if (byte === 0xf0) low = 0x90;
          if (byte === 0xf4) high = 0x8f;
        } else text += "\ufffd";
        continue;
      }
      const fits = byte >= low && byte <= high;
      [low, high] = [0x80, 0xbf];
      if (!fits) {
        text += "\ufffd";
        needed = 0;
        at--; // it may begin a character of its own
        continue;
      }
      code = (code << 6) | (byte & 0x3f);
      needed--;
      if (needed === 0) text += String.fromCodePoint(code);
    }
    return needed ? text + "\ufffd" : text;
  }

  const READ = {
    hex: fromHex, base64: fromBase64, base64url: fromBase64, utf8: fromUtf8, "utf-8": fromUtf8,
    ascii: fromLatin1, latin1: fromLatin1, binary: fromLatin1, utf16le: fromUtf16, "utf-16le": fromUtf16,
    ucs2: fromUtf16, "ucs-2": fromUtf16,
  };

  function reader(encoding) {
    const read = READ[String(encoding || "utf8").toLowerCase()];
    if (!read) throw new TypeError("Unknown encoding: " + encoding);
    return read;
  }

  class Buffer extends Uint8Array {
    static from(value, second, third) {
      if (typeof value === "string") return new Buffer(reader(second)(value));
      if (value instanceof ArrayBuffer) return new Buffer(value, second || 0, third);
      if (value && value.type === "Buffer" && Array.isArray(value.data)) return new Buffer(value.data);
      if (value === null || typeof value !== "object")
        throw new TypeError("Buffer.from takes a string, an array or a buffer");
      return new Buffer(Array.from(value, (one) => Number(one) & 0xff));
    }

    static alloc(size, fill, encoding) {
      const made = new Buffer(size);
      return fill === undefined ? made : made.fill(fill, 0, size, encoding);
    }

    static allocUnsafe(size) {
      return new Buffer(size);
    }

    static isBuffer(value) {
      return value instanceof Buffer;
    }

    static isEncoding(name) {
      return typeof name === "string" && name.toLowerCase() in READ;
    }

    static byteLength(value, encoding) {
      return typeof value === "string" ? reader(encoding)(value).length : value.byteLength;
    }

    static compare(one, other) {
      for (let at = 0; at < Math.min(one.length, other.length); at++)
        if (one[at] !== other[at]) return one[at] < other[at] ? -1 : 1;
      return Math.sign(one.length - other.length);
    }

    static concat(list, total) {
      const length = total === undefined ? list.reduce((sum, one) => sum + one.length, 0) : total;
      const made = new Buffer(length);
      let at = 0;
      for (const one of list) {
        const part = one.length > length - at ? one.subarray(0, length - at) : one;
        made.set(part, at);
        at += part.length;
      }
      return made;
    }

    toString(encoding, start, end) {
      const bytes = this.subarray(start || 0, end === undefined ? this.length : end);
      const name = String(encoding || "utf8").toLowerCase();
      if (name === "utf8" || name === "utf-8") return toUtf8(bytes);
      let text = "";
      if (name === "hex") {
        for (const byte of bytes) text += DIGITS[byte >> 4] + DIGITS[byte & 15];
      } else if (name === "base64" || name === "base64url") {
        for (const byte of bytes) text += String.fromCharCode(byte);
        text = btoa(text);
        if (name === "base64url") text = text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
      } else if (READ[name] === fromUtf16) {
        for (let at = 0; at + 1 < bytes.length; at += 2)
          text += String.fromCharCode(bytes[at] | (bytes[at + 1] << 8));
      } else {
        const mask = name === "ascii" ? 0x7f : 0xff;
        reader(name);
        for (const byte of bytes) text += String.fromCharCode(byte & mask);
      }
      return text;
    }

    toJSON() {
      return { type: "Buffer", data: Array.from(this) };
    }

    equals(other) {
      return Buffer.compare(this, other) === 0;
    }

    compare(other) {
      return Buffer.compare(this, other);
    }

    slice(start, end) {
      return this.subarray(start, end); // of the same memory, unlike Uint8Array.slice
    }

    copy(target, at, start, end) {
      const part = this.subarray(start || 0, end === undefined ? this.length : end);
      const room = part.subarray(0, Math.max(0, target.length - (at || 0)));
      target.set(room, at || 0);
      return room.length;
    }

    indexOf(value, from) {
      if (typeof value === "number") return super.indexOf(value & 0xff, from);
      const wanted = typeof value === "string" ? fromUtf8(value) : value;
      const first = from < 0 ? Math.max(0, this.length + from) : from | 0;
      for (let at = first; at + wanted.length <= this.length; at++) if (this._has(wanted, at)) return at;
      return -1;
    }

    lastIndexOf(value, from = this.length) {
      if (typeof value === "number") return super.lastIndexOf(value & 0xff, from);
      const wanted = typeof value === "string" ? fromUtf8(value) : value;
      const last = Math.min(from < 0 ? this.length + from : from, this.length - wanted.length);
      for (let at = last; at >= 0; at--) if (this._has(wanted, at)) return at;
      return -1;
    }

    includes(value, from) {
      return this.indexOf(value, from) >= 0;
    }

    toLocaleString(encoding, start, end) {
      return this.toString(encoding, start, end);
    }

    fill(value, start, end, encoding) {
      if (typeof value !== "string") return super.fill(value, start, end);
      const bytes = reader(typeof start === "string" ? start : encoding)(value);
      for (let at = start | 0; bytes.length && at < (end === undefined ? this.length : end); at++)
        this[at] = bytes[(at - (start | 0)) % bytes.length];
      return this;
    }

    write(text, at, length, encoding) {
      const words = [at, length, encoding].filter((one) => typeof one === "string");
      const bytes = Buffer.from(text, words[0]);
      const from = typeof at === "number" ? at : 0;
      const most = typeof length === "number" ? length : this.length - from;
      return bytes.copy(this.subarray(from, from + most));
    }

    readUIntBE(at, size) {
      this._room(at, sized(size));
      let value = 0;
      for (let n = 0; n < size; n++) value = value * 256 + this[at + n];
      return value;
    }

    readUIntLE(at, size) {
      this._room(at, sized(size));
      let value = 0;
      for (let n = size; n--; ) value = value * 256 + this[at + n];
      return value;
    }

    readIntBE(at, size) {
      return signed(this.readUIntBE(at, size), size);
    }

    readIntLE(at, size) {
      return signed(this.readUIntLE(at, size), size);
    }

    writeUIntBE(value, at, size) {
      within(value, 0, 2 ** (8 * sized(size)) - 1);
      this._room(at, size);
      for (let n = size; n--; value = Math.floor(value / 256)) this[at + n] = value & 0xff;
      return at + size;
    }

    writeUIntLE(value, at, size) {
      this.writeUIntBE(value, at, size);
      this.subarray(at, at + size).reverse();
      return at + size;
    }

    writeIntBE(value, at, size) {
      const half = 2 ** (8 * sized(size) - 1);
      within(value, -half, half - 1);
      return this.writeUIntBE(value < 0 ? value + 2 * half : value, at, size);
    }

    writeIntLE(value, at, size) {
      this.writeIntBE(value, at, size);
      this.subarray(at, at + size).reverse();
      return at + size;
    }

    _has(wanted, at) {
      for (let n = 0; n < wanted.length; n++) if (this[at + n] !== wanted[n]) return false;
      return true;
    }

    _room(at, size) {
      if (typeof at !== "number") throw new TypeError('The "offset" argument must be of type number');
      if (!Number.isInteger(at)) throw new RangeError('The value of "offset" must be an integer');
      if (!(at >= 0 && at + size <= this.length))
        throw new RangeError("Attempt to access memory outside buffer bounds");
    }

    _view(at, size) {
      this._room(at, size);
      return new DataView(this.buffer, this.byteOffset, this.byteLength);
    }
  }

  function signed(value, size) {
    const half = 2 ** (8 * size - 1);
    return value >= half ? value - 2 * half : value;
  }

  function sized(size) {
    if (typeof size !== "number") throw new TypeError('The "byteLength" argument must be of type number');
    if (!(size >= 1 && size <= 6)) throw new RangeError('The value of "byteLength" must be 1 to 6');
    return size;
  }

  function within(value, least, most) {
    if (value < least || value > most) throw new RangeError('The value of "value" is out of range');
  }

  // readUInt8, readInt16LE, writeFloatBE, readBigInt64LE ...: as DataView has them, and Uint for UInt.
  const views = { UInt8: 1, Int8: 1, UInt16: 2, Int16: 2, UInt32: 4, Int32: 4, Float: 4, Double: 8 };
  Object.assign(views, { BigInt64: 8, BigUInt64: 8 });
  for (const kind of Object.keys(views)) {
    const size = views[kind];
    const name = { Float: "Float32", Double: "Float64" }[kind] || kind.replace("UInt", "Uint");
    const sign = kind.startsWith("U") ? 0 : 1;
    const whole = kind.match(/^U?Int/) && [-sign * 2 ** (8 * size - 1), 2 ** (8 * size - sign) - 1];
    for (const order of size === 1 ? [""] : ["LE", "BE"]) {
      const little = order === "LE";
      const read = function (at = 0) {
        return this._view(at, size)["get" + name](at, little);
      };
      const write = function (value, at = 0) {
        if (whole) within(value, ...whole);
        this._view(at, size)["set" + name](at, value, little);
        return at + size;
      };
      for (const alias of new Set([kind, kind.replace("UInt", "Uint")])) {
        Buffer.prototype["read" + alias + order] = read;
        Buffer.prototype["write" + alias + order] = write;
      }
    }
  }
  for (const name of ["readUInt", "writeUInt"])
    for (const order of ["LE", "BE"])
      Buffer.prototype[name.replace("UInt", "Uint") + order] = Buffer.prototype[name + order];
  for (const size of [2, 4, 8])
    Buffer.prototype["swap" + 8 * size] = function () {
      if (this.length % size) throw new RangeError("Buffer size must be a multiple of " + 8 * size + "-bits");
      for (let at = 0; at < this.length; at += size) this.subarray(at, at + size).reverse();
      return this;
    };

  // A class cannot be called without `new`, and `new Buffer("ab")` of this one would be a Uint8Array's.
  const callable = function Buffer(value, second, third) {
    return typeof value === "number" ? callable.alloc(value) : callable.from(value, second, third);
  };
  callable.prototype = Buffer.prototype;
  return Object.setPrototypeOf(callable, Buffer);
})();
