/*
 * @title@: payloads of the city's own nodes, layout version @version@. A codec after LoRa Alliance TS013.
 *
 * Written by @program@ from its table of the family (`lora-gateway codec export @name@ --as ts013`).
 * Do not edit it: export it again. The format: docs/sensor-payloads.md of that program. Licence: Apache-2.0.
 *
 * ChirpStack: device profile, tab Codec, "JavaScript functions". The Things Stack: payload formatters, uplink,
 * "Custom JavaScript formatter". Paste the whole file.
 *
 * FPort @port@ (reports) gives the values by name. Of FPort @stored_port@ (stored samples) `samples` is a list of these,
 * each with its `time`. A sensor that could not measure is named in `faults`, an impossible value in
 * `out_of_range`; both are left out when they are empty. A payload that is not understood has `errors`,
 * each "reason: sentence".
 *
@table@
 */
var NAME = "@name@";
var F_PORT = @port@;
var STORED_F_PORT = @stored_port@;
var VERSION = @version@;
var REPORT_HEADER_BYTES = @report_header@;
var STORED_HEADER_BYTES = @stored_header@;
var STORED_BYTES_MAX = @stored_most@;
var CLOCK_SET_FROM_MS = @clock_set_from_ms@;
var AHEAD_MAX_MS = @ahead_ms@;

// By bit of the presence bitmap. A value is integer / divisor; from low to high it is a measurement.
var FIELDS = @fields@;

function decodeUplink(input) {
  try {
    if (input.fPort === F_PORT) return { data: readReport(input.bytes) };
    if (input.fPort === STORED_F_PORT) return { data: readStored(input.bytes, input.recvTime) };
    refuse(
      "wrong_port",
      "FPort " + input.fPort + " does not carry " + NAME + ": reports come on " + F_PORT +
        ", stored samples on " + STORED_F_PORT
    );
  } catch (thrown) {
    if (!thrown.refusal) throw thrown;
    return { errors: [thrown.refusal] };
  }
}

function readReport(bytes) {
  checkHeader(bytes, REPORT_HEADER_BYTES);
  var plan = planOf(unsigned(bytes, 1, 2));
  var start = REPORT_HEADER_BYTES;
  if (plan.onlyTag) checkTagsAreFaults(plan, bytes, start, Math.min(start + 1, bytes.length));
  if (bytes.length !== start + plan.bytes) {
    refuse(
      "wrong_length",
      "presence bitmap " + hex(plan.bitmap, 4) + " asks for " + (start + plan.bytes) +
        " bytes, the payload has " + bytes.length
    );
  }
  return readRecord(plan, bytes, start);
}

function readStored(bytes, recvTime) {
  checkHeader(bytes, STORED_HEADER_BYTES);
  var t0 = unsigned(bytes, 1, 4);
  var step = unsigned(bytes, 5, 2);
  var plan = planOf(unsigned(bytes, 7, 2));
  if (plan.onlyTag) checkTagsAreFaults(plan, bytes, STORED_HEADER_BYTES, bytes.length);
  checkStoredLength(plan, bytes.length);
  var samples = [];
  for (var at = STORED_HEADER_BYTES; at < bytes.length; at += plan.bytes) {
    var sample = readRecord(plan, bytes, at);
    sample.time = new Date((t0 + samples.length * step) * 1000).toISOString();
    samples.push(sample);
  }
  checkTimes(t0 * 1000, step * 1000, samples.length, recvTime);
  return { samples: samples };
}

// The version comes before the length, so that a shorter layout of the future is called unknown.
function checkHeader(bytes, headerBytes) {
  if (bytes.length && bytes[0] !== VERSION) {
    refuse("unknown_layout", "byte 0 is " + hex(bytes[0], 2) + ", the only known version is " + hex(VERSION, 2));
  }
  if (bytes.length < headerBytes) {
    refuse("wrong_length", bytes.length + " bytes do not hold the header of " + headerBytes);
  }
}

// What the records of a presence bitmap hold.
function planOf(bitmap) {
  var undefinedBits = (bitmap >> FIELDS.length) << FIELDS.length;
  if (undefinedBits) {
    refuse(
      "unknown_layout",
      "presence bitmap " + hex(bitmap, 4) + " sets " + hex(undefinedBits, 4) + ", which " + NAME + " does not define"
    );
  }
  if (!bitmap) refuse("unknown_layout", "the presence bitmap is empty, a report says something");
  var plan = { bitmap: bitmap, fields: [], bytes: 0, onlyTag: true };
  for (var bit = 0; bit < FIELDS.length; bit++) {
    if ((bitmap >> bit) & 1) {
      plan.fields.push(FIELDS[bit]);
      plan.bytes += FIELDS[bit].bytes;
      plan.onlyTag = plan.onlyTag && FIELDS[bit].absent !== undefined;
    }
  }
  return plan;
}

// A record of nothing but a tag says nothing, unless the tag is a fault.
function checkTagsAreFaults(plan, bytes, start, end) {
  var good = end > start;
  for (var at = start; at < end; at++) good = good && bytes[at] === plan.fields[0].fault;
  if (!good) {
    refuse("unknown_layout", "presence bitmap " + hex(plan.bitmap, 4) + " announces a tag and no measurement");
  }
}

function checkStoredLength(plan, length) {
  if (length > STORED_BYTES_MAX) {
    refuse("wrong_length", length + " bytes are more than the " + STORED_BYTES_MAX + " that are read");
  }
  var recordsBytes = length - STORED_HEADER_BYTES;
  if (!recordsBytes || recordsBytes % plan.bytes) {
    refuse(
      "wrong_length",
      "presence bitmap " + hex(plan.bitmap, 4) + " asks for one or more records of " + plan.bytes +
        " bytes, " + recordsBytes + " bytes follow the header"
    );
  }
}

function checkTimes(firstMs, stepMs, count, recvTime) {
  var lastMs = firstMs + (count - 1) * stepMs;
  if (!stepMs && count > 1) refuse("malformed", count + " samples with a step of 0 s have one time");
  if (firstMs < CLOCK_SET_FROM_MS) {
    refuse("clock_not_set", "the first sample is of " + timeText(firstMs) + ", before 2020");
  }
  if (!recvTime) return; // a host that does not say it
  var receivedMs = new Date(recvTime).getTime();
  if (lastMs - receivedMs > AHEAD_MAX_MS) {
    refuse(
      "clock_not_set",
      "the last sample is of " + timeText(lastMs) + ", more than 5 minutes after its reception at " +
        timeText(receivedMs)
    );
  }
}

function readRecord(plan, bytes, start) {
  var record = {};
  var faults = [];
  var outOfRange = [];
  var at = start;
  for (var tag = 0; tag < FIELDS.length; tag++) {
    if (FIELDS[tag].absent !== undefined) record[FIELDS[tag].name] = FIELDS[tag].absent;
  }
  for (var n = 0; n < plan.fields.length; n++) {
    var field = plan.fields[n];
    var raw = field.signed ? signed(bytes, at, field.bytes) : unsigned(bytes, at, field.bytes);
    at += field.bytes;
    if (field.flags) {
      readFlags(field, raw, record);
    } else if (raw === field.fault) {
      faults.push(field.name);
      delete record[field.name];
    } else if (field.absent !== undefined) {
      record[field.name] = String(raw);
    } else if (raw >= field.low && raw <= field.high) {
      record[field.name] = raw / field.divisor;
    } else {
      outOfRange.push(field.name);
    }
  }
  if (faults.length) record.faults = faults;
  if (outOfRange.length) record.out_of_range = outOfRange;
  return record;
}

function readFlags(field, raw, record) {
  var undefinedBits = (raw >> field.flags.length) << field.flags.length;
  if (undefinedBits) {
    refuse(
      "unknown_layout",
      field.name + " " + hex(raw, 1) + " sets " + hex(undefinedBits, 1) + ", which " + NAME + " does not define"
    );
  }
  for (var bit = 0; bit < field.flags.length; bit++) record[field.flags[bit]] = ((raw >> bit) & 1) === 1;
}

// Big-endian. Not with shifts: they end at 32 bits, and counters have 48.
function unsigned(bytes, at, size) {
  var value = 0;
  for (var n = 0; n < size; n++) value = value * 256 + bytes[at + n];
  return value;
}

function signed(bytes, at, size) {
  var value = unsigned(bytes, at, size);
  return bytes[at] & 0x80 ? value - Math.pow(2, 8 * size) : value;
}

function hex(value, digits) {
  var text = value.toString(16);
  while (text.length < digits) text = "0" + text;
  return "0x" + text;
}

function timeText(ms) {
  return new Date(ms).toISOString().slice(0, 19) + "Z";
}

function refuse(reason, sentence) {
  throw { refusal: reason + ": " + sentence };
}
