/**
 * Makes what the README shows of real runs: `npx tsx test/readme/record.ts [scene] [trace] [bench]` (default: all).
 *
 * - `scene`: sets a scene of the lab up, asks `ps` and the built procdiag about its process, and writes what they say as
 *   a picture of the terminal and as text. Needs root, gcc, FUSE and loop devices; writes nothing if procdiag did not
 *   find what the scene is about, or if what it advises does not help.
 * - `trace`: a command under strace and perf. Needs root.
 * - `bench`: the figures of `npm run bench` and of the benchmarks of trace, with date and machine. For a machine that does nothing else meanwhile.
 *
 * All go to `fixtures/readme/`, and the text between the marks in the README that name it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { withLab } from '../../src/lab/lab.ts';
import { missingNeeds } from '../../src/lab/needs.ts';
import { scenes } from '../../src/lab/registry.ts';
import type { Lab, Look } from '../../src/lab/scene.ts';
import { setup as buildIfOlder } from '../setup/build.ts';
import { withRecording } from './recordings.ts';
import { terminalSvg } from './svg.ts';

const SCENE = 'block-io-loop-fuse';
/** Who in it somebody would ask about. */
const ROLE = 'reader';
const COLUMNS = 80;
/** A hang that is shown has lasted a moment; this is told ("for at least"), and not pretended. */
const STANDS_MS = 5000;

const root = join(import.meta.dirname, '../..');
const target = join(root, 'fixtures/readme');
const readme = join(root, 'README.md');

const recordings: Readonly<Record<string, () => Promise<void>>> = {
  scene: recordScene,
  trace: recordTrace,
  bench: recordBench,
};
const asked = process.argv.slice(2);
mkdirSync(target, { recursive: true });
buildIfOlder();
for (const name of asked.length > 0 ? asked : Object.keys(recordings)) {
  const recording = recordings[name];
  if (recording === undefined) throw new Error(`not a recording: ${name}`);
  await recording();
}

async function recordScene(): Promise<void> {
  const shown = await terminalOf(SCENE);
  const picture = terminalSvg(shown, { title: 'procdiag inspect', columns: COLUMNS });
  writeFileSync(join(target, `${SCENE}.svg`), picture);
  keep(SCENE, stripVTControlCharacters(shown));
}

function recordTrace(): Promise<void> {
  const script = 'echo $(sh -c "sleep 2 & echo started")';
  const args = ['trace', '--strace', '--perf', '--top', '4', '--', 'sh', '-c', script];
  const told = stripVTControlCharacters(answer(process.execPath, [join(root, 'bin/procdiag.cjs'), ...args]));
  if (!/read\(3<pipe.*took 2\.\d+ s: of it 2\.\d+ s \d+ sleep/.test(told.replace(/\s+/g, ' ')))
    throw new Error(`the pipe that sleep holds was to be found, not:\n${told}`);
  keep('trace', `$ procdiag trace --strace --perf --top 4 -- sh -c '${script}'\n${told}`);
  return Promise.resolve();
}

function recordBench(): Promise<void> {
  const told = ['run', 'trace-cost', 'trace'].map((name) => {
    const { stdout, status } = spawnSync('npx', ['tsx', `test/bench/${name}.ts`], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`the benchmark ${name} failed`);
    return stdout;
  });
  const date = new Date().toISOString().slice(0, 10);
  const kernel = release().split('.').slice(0, 2).join('.');
  keep('bench', `${date}, Linux ${kernel}, ${cpus().length} CPUs\n${told.join('')}`);
  return Promise.resolve();
}

/** As a file, and at its place in the README. */
function keep(name: string, text: string): void {
  writeFileSync(join(target, `${name}.txt`), text);
  writeFileSync(readme, withRecording(readFileSync(readme, 'utf8'), name, text));
  process.stdout.write(text);
}

/** What a terminal of 80 columns shows, with its colours. */
async function terminalOf(name: string): Promise<string> {
  const scene = scenes.find((candidate) => candidate.name === name);
  if (scene === undefined) throw new Error(`no scene is called ${name}`);
  const missing = missingNeeds(scene);
  if (missing.length > 0) throw new Error(`${name}: ${missing.map(({ why }) => why).join('; ')}`);
  return withLab(
    async (lab) => {
      const looks = await scene.setUp(lab);
      const look = looks.find(({ role }) => role === ROLE);
      if (look === undefined) throw new Error(`${name} has no ${ROLE}`);
      await pause(STANDS_MS);
      const pid = String(look.pid);
      const ps = ['-o', 'pid,ppid,stat,wchan:24,comm', '-p', pid];
      const listed = answer('ps', ps);
      const told = diagnosis(look);
      await follow(told, lab, look.pid);
      const prompt = (command: string) => `\u001b[1m$ ${command}\u001b[0m\n`;
      return prompt(`ps ${ps.join(' ')}`) + listed + prompt(`procdiag inspect ${pid}`) + told;
    },
    { maxSeconds: scene.maxSeconds ?? 60 },
  );
}

function diagnosis({ pid, cause, alsoOk = [] }: Look): string {
  const text = answer(process.execPath, [join(root, 'bin/procdiag.cjs'), 'inspect', String(pid)]);
  const [verdict = ''] = stripVTControlCharacters(text).split('\n');
  const right = [cause ?? 'HEALTHY', ...alsoOk].some((word) => verdict.includes(word));
  if (!right) throw new Error(`${cause} was to be found, not:\n${text}`);
  return text;
}

/** Does what is advised first; the process has to leave its wait by that. */
async function follow(told: string, lab: Lab, pid: number): Promise<void> {
  const stopped = /^ +1 +kill -CONT (\d+)$/m.exec(stripVTControlCharacters(told))?.[1];
  if (stopped === undefined) throw new Error(`kill -CONT was to be advised first, not:\n${told}`);
  process.kill(Number(stopped), 'SIGCONT');
  await lab.until(`${pid} to go on`, () => lab.state(pid) !== 'D');
}

/** stdout; the exit code of procdiag is 1 here, as it finds something. */
function answer(command: string, args: readonly string[]): string {
  const env = {
    ...process.env,
    COLUMNS: String(COLUMNS),
    FORCE_COLOR: '1',
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
  };
  const { stdout, stderr, error } = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined || stdout === '') throw error ?? new Error(`${command}: ${stderr}`);
  return stdout;
}
