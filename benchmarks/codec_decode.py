"""JavaScript codecs: what a payload costs, with the codecs' process and its pipe, by the size of a batch.

    python -m benchmarks.codec_decode            medians of 5 rounds of 20,000 payloads

Three codecs of our own in the shapes of published ones: a fixed layout, a TLV walk, one that makes many objects.
The budget is 40 us per payload in the median, batched; it is for the first two, which nine of ten are like.
"CPU" is of both processes, batched: what is left of it on a busy machine.
"command" is a line of `decode --batch`, with the command's start and what would be stored of the answer.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gateway.codec_worker.worker import CodecWorker
from gateway.ports import CodecPayload

BUDGET_US = 40.0
PAYLOADS = 20_000
BATCHES = (1, 10, 100, 512)
AT_MS = 1_795_305_600_000.0

CODECS = {
    "fixed": """
function decodeUplink(input) {
  var b = input.bytes;
  return { data: { battery: (b[0] << 8 | b[1]) / 1000, temperature: ((b[2] << 24 >> 16) + b[3]) / 100,
    humidity: (b[4] << 8 | b[5]) / 10, status: b[6] & 1 ? "open" : "closed" } };
}""",
    "tlv": """
function decodeUplink(input) {
  var data = {};
  for (var at = 0, b = input.bytes; at < b.length; ) {
    var channel = b[at++], type = b[at++];
    if (type === 0x67) { data["temperature_" + channel] = (b[at] | b[at + 1] << 24 >> 16) / 10; at += 2; }
    else if (type === 0x68) { data["humidity_" + channel] = b[at++] / 2; }
    else if (type === 0x7d) { data["co2_" + channel] = b[at] | b[at + 1] << 8; at += 2; }
    else return { errors: ["unknown type " + type] };
  }
  return { data: data };
}""",
    "objects": """
function decodeUplink(input) {
  var samples = input.bytes.slice(0, 8).map(function (byte, n) {
    return { variable: "v" + (n % 4), value: byte / 4, date: new Date(input.recvTime.getTime() - n * 1000) };
  });
  var data = { samples: samples };
  samples.forEach(function (one) { data[one.variable] = one.value; });
  return { data: data, warnings: [] };
}""",
}
PAYLOAD = bytes.fromhex("03671001046864077d9a0203671101046863077d9b0203671201")


def per_payload_us(worker: CodecWorker, path: Path, batch: int, payloads: int) -> float:
    """Wall time of one payload in batches of this size."""
    asked = [CodecPayload(path, 85, PAYLOAD, AT_MS)] * batch
    assert worker.decode(asked)[0].reason is None
    rounds = max(payloads // batch, 1)
    began = time.perf_counter()
    for _ in range(rounds):
        worker.decode(asked)
    return (time.perf_counter() - began) / (rounds * batch) * 1e6


def cpu_us(path: Path, payloads: int) -> float:
    """CPU time of one payload in large batches, of both processes and with the start of one of them."""
    began = _cpu_s()
    worker = CodecWorker()
    per_payload_us(worker, path, BATCHES[-1], payloads)
    worker.close()
    return (_cpu_s() - began) / payloads * 1e6


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def command_us(path: Path, folder: Path, payloads: int) -> float:
    """Wall time of a line of `decode --batch`, the whole command from its start."""
    batch = folder / "batch.jsonl"
    line = json.dumps({"codec": str(path), "f_port": 85, "payload": PAYLOAD.hex()}) + "\n"
    batch.write_text(line * payloads)
    program = Path(sys.executable).with_name("lora-gateway")
    began = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        subprocess.run([program, "decode", "--batch", batch, "--json"], stdout=nowhere, check=True)
    return (time.perf_counter() - began) / payloads * 1e6


def main() -> None:
    """Print the medians; code 1 when the budget is missed."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--payloads", type=int, default=PAYLOADS)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        worker = CodecWorker()
        print(f"{'us per payload':16}" + "".join(f"{f'batch {size}':>12}" for size in BATCHES)
              + f"{'CPU':>12}{'command':>12}")  # fmt: skip
        worst = 0.0
        for codec, script in CODECS.items():
            path = folder / f"{codec}.js"
            path.write_text(script)
            medians = [
                statistics.median(
                    per_payload_us(worker, path, size, given.payloads) for _ in range(given.rounds)
                )
                for size in BATCHES
            ]
            cpu = statistics.median(cpu_us(path, given.payloads) for _ in range(given.rounds))
            line = statistics.median(
                command_us(path, folder, given.payloads) for _ in range(given.rounds)
            )
            if codec != "objects":
                worst = max(worst, *medians[-2:])
            print(f"{codec:16}" + "".join(f"{one:12.1f}" for one in (*medians, cpu, line)))
        worker.close()
    print(f"budget {BUDGET_US:g} us batched: {'kept' if worst <= BUDGET_US else 'MISSED'}")
    sys.exit(worst > BUDGET_US)


if __name__ == "__main__":
    main()
