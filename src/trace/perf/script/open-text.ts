import { type ByteSource, bytesAt } from '../byte-source.ts';
import type { Refused } from '../options.ts';
import { parseTimedHead, parseUntimedHead } from './head.ts';
import { ScriptReader } from './script-reader.ts';
import type { PerfTextSource } from './text-base.ts';
import { isTimehistLine, TimehistReader } from './timehist-reader.ts';
import { isTraceLine, TraceReader } from './trace-reader.ts';

/** Where a text tells what it is, or never. */
const SNIFFED_BYTES = 1 << 18;

const QUOTE = /^(?:> ?)+/;

/** Other texts of perf, and what to say of them. */
const OTHERS: readonly (readonly [sign: RegExp, what: string])[] = [
  [/^#\s+(?:Children\s+)?(?:Self\s+)?Overhead\b|^# Samples: |^# Overhead/m, 'a report of perf (perf report)'],
  [/Performance counter stats for/, 'counts of perf (perf stat)'],
  [/^\{\s*"linux-perf-json-version"/, 'JSON of perf data convert, which leaves out the names of the events'],
  [/^# tracer: /m, 'a trace of ftrace'],
  [/Maximum delay|Avg delay ms/, 'a summary of perf sched latency'],
];

/** Opens a text by what its lines look like. */
export function openPerfText(source: ByteSource, originNs: bigint): PerfTextSource | Refused {
  const sample = Buffer.from(bytesAt(source, 0, SNIFFED_BYTES)).toString('latin1');
  const lines = sample.split('\n').map((line) => line.replace(QUOTE, ''));
  const count = (is: (line: string) => boolean): number =>
    lines.reduce((sum, line) => (is(line) ? sum + 1 : sum), 0);
  const trace = count(isTraceLine);
  const timehist = count(isTimehistLine);
  const script = count((line) => parseTimedHead(line) !== undefined);
  if (trace > script) return new TraceReader(source, originNs);
  if (timehist > script) return new TimehistReader(source, originNs);
  if (script > 0) return new ScriptReader(source, originNs);
  const other = OTHERS.find(([sign]) => sign.test(sample));
  if (other) {
    return {
      refused: `This is ${other[1]}: it does not hold the single events. Give perf.data, or the text of \`perf script\`.`,
    };
  }
  if (count((line) => parseUntimedHead(line) !== undefined) > 0) return new ScriptReader(source, originNs);
  return {
    refused: 'This is neither a perf.data nor text of `perf script`: no line of it is a record of perf.',
  };
}
