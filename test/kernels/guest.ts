/** The job inside the guest: run.ts bundles it into one file, which node runs there. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { examine } from '../../src/diagnosis/diagnose.ts';
import { writeBundle } from '../../src/evidence/bundle/files.ts';
import { pack } from '../../src/evidence/bundle/pack.ts';
import { replay } from '../../src/evidence/bundle/replay.ts';
import { firstLook } from '../../src/evidence/first-look.ts';
import { openLive } from '../../src/evidence/live/live-source.ts';
import type { Source } from '../../src/evidence/source.ts';
import { openLab } from '../../src/lab/lab.ts';
import { missingNeeds } from '../../src/lab/needs.ts';
import { scenes } from '../../src/lab/registry.ts';
import type { Lab, Look, Scene } from '../../src/lab/scene.ts';
import { diagnosisJson } from '../../src/report/json.ts';
import { differences, liesToNobody, type Report, said } from './compare.ts';
import { type Job, type Line, probe } from './job.ts';

const share = '/kernels';
const program = join(share, 'project/bin/procdiag.cjs');
const job = JSON.parse(readFileSync(join(share, 'job.json'), 'utf8')) as Job;
const measured = probe(() => spawnSync('/bin/true')) / job.probeMs;
/** A whole number that time limits are multiplied with. Starting programs is the slowest of all under emulation: hence a limit. */
const slowness = Math.ceil(Math.min(10, Math.max(1, measured)));
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

process.on('unhandledRejection', (reason) => console.log('unhandled:', reason));
console.log(`slower than the host by ${measured.toFixed(1)}`);
mkdirSync(join(share, 'reports'), { recursive: true });
mkdirSync(join(share, 'captures'), { recursive: true });
writeFileSync(join(share, 'doctor.json'), procdiag(['doctor', '--json']).stdout);

for (const scene of scenes) {
  if (job.scenes.length > 0 && !job.scenes.includes(scene.name)) continue;
  const why = missingNeeds(scene).map((missing) => missing.why);
  if (why.length > 0) tell({ scene: scene.name, skipped: why.join('; ') });
  else await playScene(scene);
}
process.exit(0);

async function playScene(scene: Scene): Promise<void> {
  console.log(scene.name);
  const lab = await openLab({ maxSeconds: job.sceneMs / 1000 });
  try {
    const late = pause(job.sceneMs).then(() => Promise.reject(new Error('took too long')));
    await Promise.race([late, lookAt(scene, slowed(lab))]);
  } catch (error) {
    tell({ scene: scene.name, failed: (error as Error).message.slice(0, 2000) });
  } finally {
    await lab.close();
  }
}

async function lookAt(scene: Scene, lab: Lab): Promise<void> {
  const looks = await scene.setUp(lab);
  for (const look of looks) {
    const name = `${scene.name}-${look.role}`;
    const start = performance.now();
    const { report, exitCode } = inspect(name, look, []);
    const ms = Math.round(performance.now() - start);
    const wrong = [...differences(look, report, exitCode), ...(await capture(name, look))];
    if (job.asNobody) wrong.push(...liesToNobody(look, inspect(`${name}.nobody`, look, AS_NOBODY).report));
    const { role, pid, cause, alsoOk, culprit, culpritKind } = look;
    const truth = {
      cause,
      ...(alsoOk && { alsoOk }),
      ...(culprit && { culprit }),
      ...(culpritKind && { culpritKind }),
    };
    tell({ scene: scene.name, role, pid, wrong, truth, said: said(report), ms });
  }
}

/** Asks the built program as a user would, and keeps its answer. */
function inspect(name: string, { pid }: Look, prefix: string[]): { report: Report; exitCode: number | null } {
  const argv = ['inspect', String(pid), '--json', '--timeout', String(2 * slowness)];
  const { status, stdout, stderr } = procdiag(argv, prefix);
  writeFileSync(join(share, 'reports', `${name}.json`), stdout + stderr);
  return { report: JSON.parse(stdout) as Report, exitCode: status };
}

/** Leaves a bundle of the look in the share; says so when its replay differs from what was seen live. */
async function capture(name: string, { pid }: Look): Promise<string[]> {
  const options = { depth: 16, sampleMs: 300, readMemory: false };
  const look = (source: Source) => examine(firstLook(source, [pid], false), [pid], options);
  const live = await look(openLive({ timeoutMs: 2000 * slowness }));
  const bundle = pack(live.world, { version: '0.1.0', targets: [pid], options });
  await writeBundle(join(share, 'captures', `${name}.tar.gz`), bundle);
  const again = await look(replay(bundle));
  const [before, after] = [live, again].map(({ results }) =>
    JSON.stringify(diagnosisJson(results, { toolVersion: '0' }), null, 1),
  );
  if (before === after) return [];
  writeFileSync(join(share, 'reports', `${name}.live.json`), `${before}`);
  writeFileSync(join(share, 'reports', `${name}.replay.json`), `${after}`);
  return ['its replay differs'];
}

/** The same lab with time limits for a slow machine. */
function slowed(lab: Lab): Lab {
  return {
    ...lab,
    until: (what, test, timeoutMs = 10_000) => lab.until(what, test, timeoutMs * slowness),
    run: (command, args, options = {}) =>
      lab.run(command, args, { ...options, timeoutMs: (options.timeoutMs ?? 10_000) * slowness }),
  };
}

function procdiag(argv: string[], prefix: string[] = []) {
  const [command = '', ...args] = [...prefix, process.execPath, program, ...argv];
  return spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 1 << 27,
    timeout: 20_000 * slowness,
    killSignal: 'SIGKILL',
  });
}

function tell(line: Line): void {
  appendFileSync(join(share, 'looks.jsonl'), `${JSON.stringify(line)}\n`);
}
