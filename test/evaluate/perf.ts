/**
 * Scores the reading of perf's text against a folder of labelled files:
 *
 *     npx tsx test/evaluate/perf.ts FOLDER [--verbose]
 *
 * FOLDER holds `index.json`: for each file its kind, and how many samples and frames, or events, are in it; where it says
 * none of these, the file is nothing of perf's, and to be refused. Exit code 1 below 99 %.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesIn } from '../../src/trace/perf/byte-source.ts';
import { openPerfText } from '../../src/trace/perf/script/open-text.ts';

const PASS = 0.99;

interface FileLabel {
  readonly file: string;
  readonly kind: string;
  readonly samples?: number;
  readonly frames?: number;
  readonly events?: number;
  readonly comment_lines?: number;
}

const [folder, ...flags] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: npx tsx test/evaluate/perf.ts FOLDER [--verbose]\n');
  process.exit(2);
}

let wanted = 0;
let right = 0;
for (const label of JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as FileLabel[]) {
  const scores = judge(folder, label);
  for (const score of scores) {
    wanted += score.wanted;
    right += score.right;
  }
  process.stdout.write(`${label.file}: ${scores.map(({ words }) => words).join(', ')}\n`);
}
const share = wanted === 0 ? 0 : right / wanted;
process.stdout.write(`${right} of ${wanted} records and frames right (${(share * 100).toFixed(2)} %)\n`);
process.exitCode = share >= PASS ? 0 : 1;

interface Score {
  readonly words: string;
  readonly wanted: number;
  readonly right: number;
}

/** What is too many is as wrong as what is missing; but frames without indentation are no frames to the index. */
function score(what: string, wantedCount: number, got: number, moreIsWrong: boolean): Score {
  const missed = Math.max(0, wantedCount - got);
  const invented = moreIsWrong ? Math.max(0, got - wantedCount) : 0;
  return {
    words: `${got} of ${wantedCount} ${what}`,
    wanted: wantedCount,
    right: Math.max(0, wantedCount - missed - invented),
  };
}

function judge(directory: string, label: FileLabel): Score[] {
  const source = openPerfText(bytesIn(readFileSync(join(directory, label.file))), 0n);
  const records = label.samples ?? label.events;
  if ('refused' in source) {
    const expected = records === undefined;
    return [{ words: `refused: ${source.refused}`, wanted: records ?? 1, right: expected ? 1 : 0 }];
  }
  let rows = 0;
  for (let batch = source.next(); batch; batch = source.next()) rows += batch.count;
  const { tally, complaints } = source;
  if (flags.includes('--verbose')) {
    process.stdout.write(`  ${rows} rows; ${JSON.stringify(tally)}; ${complaints.join('; ')}\n`);
  }
  if (records === undefined) return [{ words: 'read, but should be refused', wanted: 1, right: 0 }];
  const scores = [score('records', records, tally.samples - tally.refused, true)];
  if (label.frames !== undefined) scores.push(score('frames', label.frames, tally.frames, label.frames > 0));
  return scores;
}
