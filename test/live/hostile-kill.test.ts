import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { withLab } from '../../src/lab/lab.ts';
import { missingNeeds } from '../../src/lab/needs.ts';
import { scenes } from '../../src/lab/registry.ts';
import { bin } from '../cli/procdiag.ts';
import { leftInSession } from './attack.ts';

const TIMES = 60;
const AT_ONCE = 3;
/** Longer than an answer takes there: some are hit after it. */
const LATEST_MS = 900;

/** How a run may end that was killed: by its own hand with the code that shells give, or by the signal, before it is up. */
const ENDS: Readonly<Record<string, readonly (number | string | undefined)[]>> = {
  SIGINT: [130, 'SIGINT'],
  SIGTERM: [143, 'SIGTERM'],
  SIGHUP: ['SIGHUP'],
  SIGKILL: ['SIGKILL'],
};

/** Waits until a process has had `count` children, one of which has only just begun. */
async function hasChildren(pid: number, count: number): Promise<void> {
  const seen = new Set<string>();
  for (const deadline = performance.now() + LATEST_MS; performance.now() < deadline; await pause(1)) {
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
      for (const child of children.split(' ')) if (child !== '') seen.add(child);
    } catch {
      return;
    }
    if (seen.size >= count) return;
  }
}

/** What a look must not change: who traces it, its state, its signals, and that it has not run. */
function standing(pid: number): string[] {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return (
    status.match(/^(?:State|TracerPid|Sig(?:Pnd|Blk|Ign|Cgt)|ShdPnd|(?:non)?voluntary_ctxt_switches):.*/gm) ??
    []
  );
}

test('killed at any moment, procdiag leaves nothing behind and the target as it was', {
  timeout: 150_000,
}, async (context) => {
  const scene = scenes.find(({ name }) => name === 'exec-fuse-flush')!;
  const missing = missingNeeds(scene);
  if (missing.length > 0) context.skip(missing.map(({ why }) => why).join('; '));
  await withLab(
    async (lab) => {
      const [stuck] = await scene.setUp(lab);
      const before = standing(stuck!.pid);
      const signals = Object.keys(ENDS);
      const faults: string[] = [];
      const one = async (nth: number) => {
        const signal = signals[nth % signals.length]!;
        const after = Math.round((LATEST_MS * ((nth * 37) % TIMES)) / TIMES);
        const child = execa(process.execPath, [bin, 'inspect', String(stuck!.pid)], {
          stdin: 'ignore',
          reject: false,
          detached: true,
          timeout: 30_000,
          killSignal: 'SIGKILL',
        });
        // Most of those that cannot clean up are hit where a reader begins, which has to find out that it is alone.
        const children = signal === 'SIGKILL' && nth % 12 > 3 ? 1 + (nth % 3) : 0;
        await Promise.race([children > 0 ? hasChildren(child.pid!, children) : pause(after), child]);
        child.kill(signal as NodeJS.Signals);
        const { exitCode, signal: by, timedOut } = await child;
        const where = `${signal} ${children > 0 ? `at child ${children}` : `after ${after} ms`}`;
        if (timedOut) faults.push(`${where}: does not end`);
        // 1: it had answered before.
        else if (![...ENDS[signal]!, 1].includes(by ?? exitCode)) faults.push(`${where}: ${by ?? exitCode}`);
        faults.push(...(await leftInSession(child.pid!)).map((left) => `${where}: left behind: ${left}`));
      };
      const queue = Array.from({ length: TIMES }, (_, nth) => nth);
      const worker = async () => {
        for (let nth = queue.shift(); nth !== undefined; nth = queue.shift()) await one(nth);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      expect(faults).toEqual([]);
      expect(standing(stuck!.pid)).toEqual(before);
    },
    { maxSeconds: 120 },
  );
});
