/**
 * Scores the reading of strace logs against a folder of labelled texts:
 *
 *     npx tsx test/evaluate/strace.ts FOLDER [--verbose]
 *
 * FOLDER holds `index.json`, which tells of each file how many lines begin a record, and how many are unfinished, resumed,
 * signals, exits, messages and rows of a summary. A file labelled with neither records nor rows is no strace log and has to
 * be refused. Exit code 1 below 99 % of the records, or with more records than there are by more than 1 %, or when a file
 * was taken for what it is not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from '../../src/trace/strace/arguments/parse.ts';
import { StraceReader } from '../../src/trace/strace/reader.ts';

const PASS = 0.99;

interface Label {
  readonly file: string;
  readonly records: number;
  readonly strace_messages: number;
  readonly summary_rows: number;
  readonly unfinished: number;
  readonly resumed: number;
  readonly signals: number;
  readonly exits: number;
}

const [folder, ...flags] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: npx tsx test/evaluate/strace.ts FOLDER [--verbose]\n');
  process.exit(2);
}
const verbose = flags.includes('--verbose');
const labels = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Label[];
const all = { expected: 0, found: 0, missed: 0, extra: 0, wrongVerdicts: 0, opaque: 0, arguments: 0 };
for (const label of labels) judge(label, readFileSync(join(folder, label.file)));
const score = all.expected === 0 ? 0 : 1 - all.missed / all.expected;
process.stdout.write(
  `${all.found} of ${all.expected} records (${(score * 100).toFixed(2)} %), ${all.extra} too many, ` +
    `${all.wrongVerdicts} files wrongly taken or refused; ` +
    `${all.opaque} of ${all.arguments} arguments opaque\n`,
);
process.exitCode = score >= PASS && all.extra <= all.expected * (1 - PASS) && all.wrongVerdicts === 0 ? 0 : 1;

function judge(label: Label, bytes: Buffer): void {
  const opaque: string[] = [];
  let count = 0;
  const check = (args: string): void => {
    for (const argument of parseArguments(args)) {
      count++;
      if (argument.kind === 'opaque') opaque.push(argument.text);
    }
  };
  const reader = new StraceReader({
    begun: () => {},
    ended: (call) => check(call.args),
    signal: () => {},
    exit: () => {},
    message: () => {},
  });
  reader.feed(bytes);
  reader.end();
  const { tally } = reader;
  const refusal = reader.refusal();
  const strange = label.records === 0 && label.summary_rows === 0;
  if (strange !== (refusal !== undefined)) all.wrongVerdicts++;
  const records = tally.calls + tally.resumed + tally.signals + tally.exits;
  const line = `${label.file}: ${records}/${label.records} records`;
  if (strange) {
    process.stdout.write(`${line}, ${refusal === undefined ? 'NOT REFUSED' : `refused: ${refusal}`}\n`);
    return;
  }
  all.expected += label.records;
  all.found += records;
  all.missed += Math.max(0, label.records - records);
  all.extra += Math.max(0, records - label.records);
  all.opaque += opaque.length;
  all.arguments += count;
  const pairs = [
    ['unfinished', tally.unfinished, label.unfinished],
    ['resumed', tally.resumed, label.resumed],
    ['signals', tally.signals, label.signals],
    ['exits', tally.exits, label.exits],
    ['messages', tally.messages, label.strace_messages],
    ['summary rows', tally.summaryRows, label.summary_rows],
  ] as const;
  const off = pairs.filter(([, found, expected]) => found !== expected);
  const parts = off.map(([what, found, expected]) => `${what} ${found}/${expected}`);
  if (refusal !== undefined) parts.push(`REFUSED: ${refusal}`);
  parts.push(`foreign ${tally.foreign}, joined ${tally.joined}, refused ${tally.refused}`);
  process.stdout.write(`${records === label.records ? 'ok  ' : 'MISS'} ${line}; ${parts.join('; ')}\n`);
  if (!verbose) return;
  for (const example of tally.refusedExamples) process.stdout.write(`     refused: ${example}\n`);
  for (const text of opaque) process.stdout.write(`     opaque: ${text}\n`);
}
