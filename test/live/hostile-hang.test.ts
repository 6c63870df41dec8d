import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mountFuse } from '../../src/lab/fuse.ts';
import { withLab } from '../../src/lab/lab.ts';
import { missingNeeds } from '../../src/lab/needs.ts';
import { scenes } from '../../src/lab/registry.ts';
import type { Lab, Look } from '../../src/lab/scene.ts';
import { blocks } from '../../src/lab/stuck.ts';
import { ask, attack, mishaps } from './attack.ts';

/**
 * The property that no other tool has: on a host where every `ps` hangs, procdiag ends in time, names who is to blame, and
 * tells it from its victims. Set up several times, since each time hangs a little differently.
 */
const SET_UPS = 2;
/** With two set-ups of two scenes, their five and six roles, and the questions to all at once: 100 runs. */
const ROUNDS = 4;
const AT_ONCE = 2;

interface Report {
  verdict: { state: string };
  findings: { cause: string; severity: string; culprit?: { pid?: number } }[];
  host: { hazards: { pid: number }[] };
}

interface Question {
  role: string;
  pid: number;
  /** null: nothing of severity warning or above. */
  causes: (string | null)[];
  culprit?: number;
  hazard?: number;
}

async function hold(lab: Lab, question: Question, argv: readonly string[]): Promise<string[]> {
  const before = fuseMounts();
  const ran = await ask(['inspect', String(question.pid), ...argv]);
  // A process stuck in execve does not tell on which mount: where there are others, each may be meant.
  const isShared = Math.max(before, fuseMounts()) > 1 || namesAnotherLab(lab, ran.stdout);
  const faults = mishaps(ran);
  const codes = question.causes.map((cause) => (cause === null ? 0 : 1));
  if (!codes.some((code) => code === ran.code)) faults.push(`exit code ${ran.code}`);
  if (argv.includes('--json')) {
    const report = parsed(ran.stdout);
    const [first] = report?.findings.filter(({ severity }) => severity !== 'info') ?? [];
    if (!question.causes.includes(first?.cause ?? null)) faults.push(`cause ${first?.cause}`);
    if (question.culprit !== undefined && first?.culprit?.pid !== question.culprit && !isShared)
      faults.push(`culprit ${first?.culprit?.pid}, not ${question.culprit}`);
    if (question.hazard !== undefined && !report?.host.hazards.some(({ pid }) => pid === question.hazard))
      faults.push('the hazard is not named');
  } else if (question.culprit !== undefined && !isShared && !ran.stdout.includes(String(question.culprit))) {
    faults.push(`the culprit is not named: ${ran.stdout}`);
  }
  return faults.map((fault) => `${question.role} ${argv.join(' ')} (${ran.ms} ms): ${fault}`);
}

/** One that came and went while procdiag looked. */
function namesAnotherLab({ dir }: Lab, text: string): boolean {
  return (text.match(/\brun-\w{6}\b/g) ?? []).some((run) => run !== basename(dir));
}

function fuseMounts(): number {
  return readFileSync('/proc/self/mountinfo', 'latin1').match(/ - fuse(?:blk|\.\S+)? /g)?.length ?? 0;
}

function parsed(stdout: string): Report | undefined {
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    return undefined;
  }
}

/** Questions from the truth of a scene, a real hung ps, and somebody who has nothing to do with it. */
async function questions(lab: Lab, looks: readonly Look[], hazard: number | undefined): Promise<Question[]> {
  const bystander = (await lab.start('sleep', ['600'])).pid;
  const list: Question[] = looks.map(({ role, pid, cause, alsoOk, culprit }) => ({
    role,
    pid,
    causes: [cause, ...(alsoOk ?? [])],
    ...(culprit === undefined || cause === null ? {} : { culprit }),
  }));
  const reader = list.find(({ role }) => role === 'reader');
  if (reader !== undefined) {
    const ps = (await lab.start('ps', ['-ef'])).pid;
    await lab.until('ps to hang', () => lab.state(ps) === 'D');
    list.push({ ...reader, role: 'ps', pid: ps });
  }
  list.push({ role: 'bystander', pid: bystander, causes: [null] });
  return hazard === undefined ? list : list.map((question) => ({ ...question, hazard }));
}

describe.each(['exec-fuse-flush', 'mmap-lock'])('a host where ps hangs: %s', (name) => {
  const scene = scenes.find((each) => each.name === name)!;
  test.for(Array.from({ length: SET_UPS }, (_, index) => index))(
    'set up for the %ith time',
    async (_nth, context) => {
      const missing = missingNeeds(scene);
      if (missing.length > 0) context.skip(missing.map(({ why }) => why).join('; '));
      await withLab(
        async (lab) => {
          const looks = await scene.setUp(lab);
          const stuck = looks.find(({ role }) => role === 'stuck')?.pid;
          const isHazard = looks.some(({ role }) => role === 'reader') && stuck !== undefined;
          const asked = await questions(lab, looks, isHazard ? stuck : undefined);
          const faults: string[] = [];
          const runs = Array.from({ length: ROUNDS }, (_, round) =>
            asked.map((question) => () => hold(lab, question, round % 2 === 0 ? ['--json'] : ['--threads'])),
          ).flat();
          const worker = async () => {
            for (let run = runs.shift(); run !== undefined; run = runs.shift()) faults.push(...(await run()));
          };
          await Promise.all(Array.from({ length: AT_ONCE }, worker));
          const all = await ask(['inspect', ...asked.map(({ pid }) => String(pid)), '--json']);
          faults.push(...mishaps(all).map((fault) => `all at once (${all.ms} ms): ${fault}`));
          if (all.code !== 1) faults.push(`all at once: exit code ${all.code}`);
          const archive = join(lab.dir, 'capture.tar.gz');
          for (const argv of [
            ['capture', String(asked[0]!.pid), '-o', archive],
            ['doctor', '--json'],
          ]) {
            const ran = await attack(argv);
            faults.push(...mishaps(ran).map((fault) => `${argv[0]} (${ran.ms} ms): ${fault}`));
          }
          rmSync(archive, { force: true });
          expect(faults).toEqual([]);
        },
        { maxSeconds: 120 },
      );
    },
  );
});

test('a host with a dozen processes that hang in execve: each is named, in time', async (context) => {
  const missing = missingNeeds(scenes.find(({ name }) => name === 'exec-fuse-flush')!);
  if (missing.length > 0) context.skip(missing.map(({ why }) => why).join('; '));
  await withLab(
    async (lab) => {
      const { file, daemon } = await mountFuse(lab, { stall: ['flush'] });
      const script = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do "$0" flush "$1" & done; wait';
      const binary = await lab.program('execs', { threads: true });
      const all = await lab.start('sh', ['-c', script, binary, file], { stdio: 'lines' });
      const stuck: number[] = [];
      while (stuck.length < 12) stuck.push(Number((await all.line()).split(' ')[1]));
      await lab.until('them to hang', () => stuck.every((pid) => lab.state(pid) === 'S'));
      if (!blocks(`/proc/${stuck[0]}/stat`)) context.skip('on this kernel their stat answers');
      const bystander = (await lab.start('sleep', ['600'])).pid;
      const faults: string[] = [];
      for (const question of [
        { role: 'first', pid: stuck[0]!, causes: ['fuse-wait'], culprit: daemon },
        { role: 'last', pid: stuck.at(-1)!, causes: ['fuse-wait'], culprit: daemon },
        { role: 'bystander', pid: bystander, causes: [null] },
      ])
        for (const hazard of [stuck[0]!, stuck[6]!, stuck[11]!])
          faults.push(...(await hold(lab, { ...question, hazard }, ['--json'])));
      expect(faults).toEqual([]);
    },
    { maxSeconds: 120 },
  );
});
