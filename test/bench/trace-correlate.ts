/** The run of trace.ts: `PROGRAM LINES RECORDS`. The recording is a real one of some seconds, read over and over, each time later. */
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { syscallName } from '../../src/procfs/syscall-names.ts';
import { analyse } from '../../src/trace/analyse.ts';
import type { StraceLog } from '../../src/trace/correlate/strace-cursor.ts';
import { Digest } from '../../src/trace/digest/digest.ts';
import type { PerfSource } from '../../src/trace/perf/batch.ts';
import { openPerfData } from '../../src/trace/perf/data/reader.ts';
import { openFileBytes } from '../../src/trace/record/files/file-bytes.ts';
import { record } from '../../src/trace/record/record.ts';
import { StraceReader } from '../../src/trace/strace/reader.ts';

const [program = '', lines_ = '', records_ = ''] = process.argv.slice(2);
const LINES = Number(lines_);
/** perf's recording is read over and over as long as it has not come to so many. */
const RECORDS = Number(records_);
const place = mkdtempSync(join(tmpdir(), 'procdiag-bench-'));

const recording = await record({
  command: [program, join(place, 'log'), '4', '5000'],
  strace: true,
  perf: true,
  follow: true,
  version: 'bench',
  durationMs: 60_000,
});
try {
  const { meta, directory } = recording;
  const originNs = BigInt(meta.window.fromNs);
  const spanNs = BigInt(meta.window.toNs) - originNs + 1_000_000n;
  const log = join(directory, meta.strace!.file);
  const linesOnce = readFileSync(log, 'latin1').split('\n').length - 1;
  const times = Math.ceil(LINES / linesOnce);
  const tree = meta
    .perf!.files.filter(({ role }) => role !== 'host')
    .map(({ file }) => join(directory, file));

  let rows = 0;
  const perf = repeated(tree[0]!, times, originNs, spanNs, (count) => {
    rows += count;
  });
  const digest = new Digest({ opening: {}, scheduled: true });
  let most = 0;
  const started = process.cpuUsage();
  const began = performance.now();
  const analysed = analyse({
    strace: [repeatedLog(log, times, originNs + BigInt(meta.clock.startOffsetNs), Number(spanNs))],
    perf: [{ source: perf, role: 'tree' }],
    tasks: meta.tasks,
    blind: [],
    filtered: false,
    scheduled: true,
    syscallName: (nr) => syscallName(nr, 'x64'),
    clock: {},
    sinks: [
      digest,
      {
        event: (() => {
          let nth = 0;
          return () => {
            if (++nth % 100_000 === 0) most = Math.max(most, process.memoryUsage.rss());
          };
        })(),
      },
    ],
  });
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(started);
  const cpu = (used.user + used.system) / 1e6;
  const plain = await readlineLoop(log, times);
  const lines = linesOnce * times;
  print(
    `${count(lines)} lines of strace and ${count(rows)} records of perf, ${times} times the same ${linesOnce}:`,
  );
  print(
    `  correlated and digested   ${seconds.toFixed(1)} s, CPU ${cpu.toFixed(1)} s, most memory ${Math.round(most / 1e6)} MB`,
  );
  print(`  matched                   ${analysed.correlation?.matched} of ${analysed.correlation?.eligible}`);
  print(
    `  readline, 3 expressions   CPU ${plain.toFixed(1)} s over the same log: ${(cpu / plain).toFixed(2)} x`,
  );
} finally {
  await recording.remove();
  rmSync(place, { recursive: true });
}

/** The same file, each time later by `spanNs`. */
function repeated(
  file: string,
  times: number,
  originNs: bigint,
  spanNs: bigint,
  counted: (rows: number) => void,
): PerfSource {
  const bytes = openFileBytes(file);
  let nth = 0;
  let seen = 0;
  const open = (): PerfSource => {
    const source = openPerfData(bytes, { originNs: originNs - spanNs * BigInt(nth) });
    if ('refused' in source) throw new Error(source.refused);
    return source;
  };
  let now = open();
  return {
    header: now.header,
    opened: undefined,
    complaints: [],
    stack: (id) => now.stack(id),
    text: (id) => now.text(id),
    next() {
      const batch = now.next();
      if (batch !== undefined) {
        seen += batch.count;
        counted(batch.count);
        return batch;
      }
      if (++nth >= times || seen >= RECORDS) return undefined;
      now = open();
      return this.next();
    },
  };
}

/** The same log, each time later by `spanNs`: a reader each, with its origin moved. */
function repeatedLog(file: string, times: number, originNs: bigint, spanNs: number): StraceLog {
  const bytes = readFileSync(file);
  const size = 1024 * 1024;
  let nth = 0;
  let at = 0;
  let reader: StraceReader | undefined;
  return {
    // Each part has its own sum of differences: the stamps are the clock here.
    elapsedNs: Number.NaN,
    read(visitor) {
      reader ??= new StraceReader(visitor, { originNs: originNs - BigInt(spanNs) * BigInt(nth) });
      reader.feed(bytes.subarray(at, at + size));
      at += size;
      if (at < bytes.length) return true;
      reader.end();
      reader = undefined;
      at = 0;
      return ++nth < times;
    },
  };
}

/** What a script would do: CPU seconds. */
async function readlineLoop(file: string, times: number): Promise<number> {
  const started = process.cpuUsage();
  const calls = new Map<string, number>();
  // Twice is enough to know the pace.
  const rounds = Math.min(2, times);
  for (let nth = 0; nth < rounds; nth++) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const call = /^(\d+)\S* +(\d+\.\d+) .*?(\w+)\(/.exec(line);
      const result = /\) += (-?\w+)/.exec(line);
      const took = /<(\d+\.\d+)>$/.exec(line);
      if (call && result) calls.set(call[3]!, (calls.get(call[3]!) ?? 0) + Number(took?.[1] ?? 0));
    }
  }
  const { user, system } = process.cpuUsage(started);
  return ((user + system) / 1e6 / rounds) * times;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
