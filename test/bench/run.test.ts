import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { missingNeeds } from '../../src/lab/needs.ts';
import { childrenOf, stateOf } from '../../src/lab/peek.ts';

const GONE_MS = 40_000;
/** As good as for ever: none of these ends by itself while the test looks. */
const MANY_ROUNDS = 100_000;

const lacks = missingNeeds({ needs: ['gcc'] });

/** A benchmark that has begun to measure, with its temporary files in a directory of its own. */
async function begun(rounds: number): Promise<{ bench: ChildProcess; temporary: string; pids: number[] }> {
  const temporary = mkdtempSync(join(tmpdir(), 'bench-test-'));
  const bench = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'run.ts'), String(rounds), '3'],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, TMPDIR: temporary } },
  );
  await once(createInterface({ input: bench.stdout! }), 'line');
  return { bench, temporary, pids: familyOf(bench.pid!) };
}

/** All processes below this one. */
function familyOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...familyOf(child)]);
}

/** What is left of it; a zombie waits for the host's init alone. */
function leftOf({ pids, temporary }: { pids: number[]; temporary: string }): (number | string)[] {
  const files = existsSync(temporary)
    ? readdirSync(temporary).filter((name) => name.startsWith('procdiag-bench-'))
    : [];
  return [...pids.filter((pid) => !['', 'Z'].includes(stateOf(pid))), ...files];
}

describe.skipIf(lacks.length > 0)('npm run bench leaves nothing behind', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    it(`when it is ended by ${signal}`, async () => {
      const run = await begun(MANY_ROUNDS);
      try {
        // The shell of the sleepers with them, two programs, the keeper: all of them are there to be left behind.
        expect(run.pids.length).toBeGreaterThan(6);
        run.bench.kill(signal);
        await expect.poll(() => leftOf(run), { timeout: GONE_MS }).toEqual([]);
      } finally {
        run.bench.kill('SIGKILL');
        rmSync(run.temporary, { recursive: true, force: true });
      }
    });
  }

  it('when nobody reads on', async () => {
    const run = await begun(1);
    try {
      run.bench.stdout!.destroy();
      const [code, signal] = (await once(run.bench, 'exit')) as [number | null, string | null];
      expect([code, signal]).toEqual([1, null]);
      await expect.poll(() => leftOf(run), { timeout: GONE_MS }).toEqual([]);
    } finally {
      run.bench.kill('SIGKILL');
      rmSync(run.temporary, { recursive: true, force: true });
    }
  });
});
