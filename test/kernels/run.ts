/**
 * The lab on the kernels that users run: `npx tsx test/kernels/run.ts [5.10] [6.1] [6.12] [7.2] [--scene NAME]… [--nobody]`
 *
 * Boots Debian's kernels under QEMU on this machine's own root file system (read-only, with changes in memory), plays
 * every scene of the lab that the kernel allows, asks the built program about each process, and holds its answer
 * against the truth. As root on Debian; everything needed is downloaded by apt into a cache and installed nowhere:
 * PROCDIAG_KERNELS (default: `procdiag-kernels` in the directory for temporary files).
 *
 * With --nobody each question is asked as a user without rights too, who must not be told what is not so.
 *
 * What a run leaves in the cache, in `share-KERNEL`: `looks.jsonl` (a line a look), `reports/` (the answers), `captures/`
 * (a bundle a look: replay it with `procdiag inspect --from`), `doctor.json`, `console.log`.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { privateDir } from '../../src/lab/compile.ts';
import { setup as buildProgram } from '../setup/build.ts';
import { fetchKernel, fetchTools, SUITES } from './fetch.ts';
import { buildInitramfs } from './initramfs.ts';
import { type Job, type Line, probe } from './job.ts';
import { type Accelerator, bestAccelerator, runVm } from './vm.ts';

const root = join(import.meta.dirname, '../..');
const cache = process.env.PROCDIAG_KERNELS ?? join(tmpdir(), 'procdiag-kernels');
const MEMORY_MB = 2560;
const SECONDS = 3000;

const asked = process.argv.slice(2);
const scenes = asked.flatMap((word, index) => (asked[index - 1] === '--scene' ? [word] : []));
const kernels = asked.filter((word, index) => !word.startsWith('--') && asked[index - 1] !== '--scene');

buildProgram();
mkdirSync(cache, { recursive: true });
const tools = fetchTools(cache);
const job: Job = {
  scenes,
  asNobody: asked.includes('--nobody'),
  probeMs: probe(() => spawnSync('/bin/true')),
};
let accelerator: Accelerator | undefined;
let wrong = 0;
for (const name of kernels.length > 0 ? kernels : Object.keys(SUITES)) wrong += await runOn(name);
process.exitCode = wrong > 0 ? 1 : 0;

/** @returns how many looks were wrong */
async function runOn(name: string): Promise<number> {
  const kernel = fetchKernel(cache, name, tools.host);
  const share = join(cache, `share-${name}`);
  rmSync(share, { recursive: true, force: true });
  mkdirSync(share);
  const layers = [tools.guest, kernel.tree];
  const initramfs = buildInitramfs(kernel, layers.length, tools.host, share);
  await prepare(share);
  const machine = { image: kernel.image, initramfs, share, layers, tools: tools.host, memoryMb: MEMORY_MB };
  accelerator ??= await bestAccelerator(machine);
  say(`${name}: ${kernel.release}, ${accelerator}`);
  if (!(await runVm({ ...machine, accelerator }, (SECONDS + 120) * 1000))) say(`${name}: the machine hung`);
  return summary(name, share);
}

/** The program as it is built now, the job, and the lab's programs that are compiled already. */
async function prepare(share: string): Promise<void> {
  const project = join(share, 'project');
  for (const part of ['bin', 'dist', 'package.json', 'src/lab/programs'])
    cpSync(join(root, part), join(project, part), { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, 'guest.ts')],
    outfile: join(project, 'dist/guest.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  const programs = join(share, 'programs');
  mkdirSync(programs);
  for (const entry of readdirSync(privateDir(), { withFileTypes: true }))
    if (entry.isFile()) copyFileSync(join(privateDir(), entry.name), join(programs, entry.name));
  copyFileSync(join(import.meta.dirname, 'start.sh'), join(share, 'start.sh'));
  writeFileSync(join(share, 'seconds'), String(SECONDS));
  writeFileSync(join(share, 'job.json'), JSON.stringify(job));
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
