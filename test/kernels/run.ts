/**
 * The lab on the kernels that users run: `npx tsx test/kernels/run.ts [5.10] [6.1] [6.12] [7.3] [arm64] [--scene NAME]… [--nobody]`
 *
 * Boots Debian's kernels under QEMU on this machine's own root file system (read-only, with changes in memory), plays
 * every scene of the lab that the kernel allows, asks the built program about each process, and holds its answer
 * against the truth. As root on Debian; everything needed is downloaded by apt into a cache and installed nowhere:
 * PROCDIAG_KERNELS (default: `procdiag-kernels` in the directory for temporary files).
 *
 * `arm64` is a whole arm64 system, emulated, and only played when it is named.
 *
 * With --nobody each question is asked as a user without rights too, who must not be told what is not so.
 *
 * What a run leaves in the cache, in `share-KERNEL`: `looks.jsonl` (a line a look), `reports/` (the answers), `captures/`
 * (a bundle a look: replay it with `procdiag inspect --from`), `doctor.json`, `console.log`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setup as buildProgram } from '../setup/build.ts';
import { boot, cache, machine } from './boot.ts';
import { fetchTools, SUITES } from './fetch.ts';
import { type Job, type Line, probe } from './job.ts';

const asked = process.argv.slice(2);
const scenes = asked.flatMap((word, index) => (asked[index - 1] === '--scene' ? [word] : []));
const kernels = asked.filter((word, index) => !word.startsWith('--') && asked[index - 1] !== '--scene');

buildProgram();
mkdirSync(cache, { recursive: true });
const tools = fetchTools(cache);
const job = {
  scenes,
  asNobody: asked.includes('--nobody'),
  probeMs: probe(() => spawnSync('/bin/true')),
};
/** The guest of another architecture compiles the scenes' programs itself. */
const SCENE_MS = { amd64: 110_000, arm64: 500_000 } as const;
let wrong = 0;
for (const name of kernels.length > 0 ? kernels : Object.keys(SUITES)) wrong += await runOn(name);
process.exitCode = wrong > 0 ? 1 : 0;

/** @returns how many looks were wrong */
async function runOn(name: string): Promise<number> {
  const what = machine(name, tools);
  const ofKernel: Job = { ...job, sceneMs: SCENE_MS[what.kernel.arch] };
  const share = await boot({ ...what, guest: 'guest.ts', job: ofKernel });
  return summary(name, share);
}

function summary(name: string, share: string): number {
  const path = join(share, 'looks.jsonl');
  if (!existsSync(path)) {
    say(`${name}: nothing was played, see ${join(share, 'console.log')}`);
    return 1;
  }
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  let bad = 0;
  for (const line of lines) {
    if ('skipped' in line) say(`${name} skip  ${line.scene}: ${line.skipped}`);
    else if ('failed' in line) say(`${name} FAIL  ${line.scene}: ${line.failed}`);
    else if (line.wrong.length > 0)
      say(`${name} WRONG ${line.scene} ${line.role}: ${line.wrong.join('; ')}: ${line.said.join(', ')}`);
    if ('failed' in line || ('wrong' in line && line.wrong.length > 0)) bad++;
  }
  say(`${name}: ${lines.length} lines, ${bad} wrong`);
  return bad;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
