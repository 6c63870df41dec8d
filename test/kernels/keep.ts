/**
 * Keeps captures of the last run (see run.ts) as fixtures, with their truth:
 * `npx tsx test/kernels/keep.ts 6.1 fs-frozen-writer vfork-wait-parent …`
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Line } from './job.ts';

const LARGEST_BYTES = 60_000;
const cache = process.env.PROCDIAG_KERNELS ?? join(tmpdir(), 'procdiag-kernels');
const captures = join(import.meta.dirname, '../../fixtures/captures');
const [kernel = '', ...names] = process.argv.slice(2);
const share = join(cache, `share-${kernel}`);

mkdirSync(captures, { recursive: true });
const truthFile = join(captures, 'truth.json');
const truths: Record<string, object> = existsSync(truthFile)
  ? JSON.parse(readFileSync(truthFile, 'utf8'))
  : {};
const looks = readFileSync(join(share, 'looks.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)
  .filter((line) => 'pid' in line);

for (const name of names) {
  const look = looks.find(({ scene, role }) => name === `${scene}-${role}`);
  if (look === undefined) throw new Error(`${kernel} has no look ${name}`);
  const from = join(share, 'captures', `${name}.tar.gz`);
  if (statSync(from).size > LARGEST_BYTES) throw new Error(`${name}: more than ${LARGEST_BYTES} bytes`);
  const to = join(captures, `${kernel}-${name}.tar.gz`);
  copyFileSync(from, to);
  chmodSync(to, 0o644);
  truths[`${kernel}-${name}`] = { pid: look.pid, ...look.truth };
}
const sorted = Object.fromEntries(Object.entries(truths).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(truthFile, `${JSON.stringify(sorted, null, 2)}\n`);
