/** Reads a recording of perf from its beginning to its end, and says what CPU time that took: what perf.ts measures. */
import { readFileSync } from 'node:fs';
import { Kallsyms } from '../../src/trace/perf/kallsyms.ts';
import { openPerf } from '../../src/trace/perf/open.ts';
import { openFileBytes } from '../../src/trace/record/files/file-bytes.ts';

const [file] = process.argv.slice(2);
const symbols = new Kallsyms(readFileSync('/proc/kallsyms'));
const bytes = openFileBytes(file!);
const started = process.cpuUsage();
const source = openPerf(bytes, { originNs: 0n, symbolise: (address) => symbols.nameOf(address) });
if ('refused' in source) throw new Error(source.refused);
let rows = 0;
let sum = 0;
for (let batch = source.next(); batch; batch = source.next()) {
  rows += batch.count;
  for (let row = 0; row < batch.count; row++) sum += batch.a[row]!;
}
const { user, system } = process.cpuUsage(started);
const readMs = (user + system) / 1000;
const { maxRSS } = process.resourceUsage();
process.stdout.write(
  JSON.stringify({ rows, sum, readMs, rssMb: maxRSS / 1024, complaints: source.complaints }),
);
