/**
 * What users of few rights are told: `npx tsx test/kernels/rights.ts [6.12]`
 *
 * Boots a kernel of Debian's, which has Yama and a patched perf_event_paranoid, as run.ts does, and traces under each of their
 * values, as root and as nobody. A line an answer; all of it lies in `rights.jsonl` of the share.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setup as buildProgram } from '../setup/build.ts';
import { boot, cache, machine } from './boot.ts';
import { fetchTools } from './fetch.ts';

interface Answer {
  readonly told?:
    | { readonly error?: { readonly message: string }; readonly notes?: readonly string[] }
    | string;
  readonly stderr?: string;
}

buildProgram();
mkdirSync(cache, { recursive: true });
const [name = '6.12'] = process.argv.slice(2);
const share = await boot({ ...machine(name, fetchTools(cache)), guest: 'rights-guest.ts', job: {} });
for (const line of readFileSync(join(share, 'rights.jsonl'), 'utf8').trimEnd().split('\n')) {
  const { told, stderr: _, ...rest } = JSON.parse(line) as Answer;
  const words = typeof told === 'object' ? (told.error?.message ?? told.notes?.join(' ') ?? '') : '';
  process.stdout.write(`${JSON.stringify(rest)} ${words}\n`);
}
