import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, vi } from 'vitest';
import { compile, privateDir } from '../../src/lab/compile.ts';
import { labEnvironment, openLab, withLab } from '../../src/lab/lab.ts';
import { missingNeeds, playable } from '../../src/lab/needs.ts';
import { stateOf } from '../../src/lab/peek.ts';
import { scenes } from '../../src/lab/registry.ts';
import type { Need } from '../../src/lab/scene.ts';
import { corePattern, leftovers } from './leftovers.ts';

/** Scenes with these needs change the host: what they leave behind would stay. */
const HOST_NEEDS: Need[] = [
  'fuse',
  'loop',
  'cgroup-v1-freezer',
  'cgroup-v2',
  'cgroup-v1-memory',
  'cgroup-pids',
  'swap',
  'core-pattern',
  'fanotify',
  'autofs',
];
const CLEAN_MS = 40_000;

function canCompile(): boolean {
  return missingNeeds({ needs: ['gcc'] }).length === 0;
}

describe('the clean-up', () => {
  it('sets free and kills first, then undoes, each in reverse order', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'lab-test-'));
    const log = join(scratch, 'log');
    try {
      const pid = await withLab(async (lab) => {
        const { pid } = await lab.start('sleep', ['100']);
        process.kill(pid, 'SIGSTOP');
        lab.undo(`echo "undo 1" >> ${log}`);
        lab.release(`echo "release 1" >> ${log}`);
        lab.undo(
          `test -d /proc/${pid} && grep -q State:.[^ZX] /proc/${pid}/status || echo "killed" >> ${log}`,
        );
        lab.release(`test -d /proc/${pid} && echo "release 2" >> ${log}`);
        return pid;
      });
      expect(readFileSync(log, 'utf8')).toBe('release 2\nrelease 1\nkilled\nundo 1\n');
      expect(stateOf(pid)).toBe('');
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  it('kills all that a started process has started, even when that one is gone', async () => {
    const [leader, orphan] = await withLab(async (lab) => {
      const shell = await lab.start('sh', ['-c', 'sleep 100 & echo $!'], { stdio: 'lines' });
      const sleeper = Number(await shell.line());
      await lab.until('the shell to end', () => lab.state(shell.pid) === '');
      await lab.until('its child to sleep', () => lab.state(sleeper) === 'S');
      return [shell.pid, sleeper];
    });
    await expect.poll(() => [stateOf(leader), stateOf(orphan)], { timeout: CLEAN_MS }).toEqual(['', '']);
  });

  it('goes on when a command of it hangs', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'lab-test-'));
    try {
      await withLab((lab) => {
        lab.undo(`touch ${scratch}/undone`);
        lab.undo('trap "" TERM; sleep 100');
        return Promise.resolve();
      });
      expect(existsSync(join(scratch, 'undone'))).toBe(true);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  it('comes by itself when the time is over', async () => {
    const lab = await openLab({ maxSeconds: 1 });
    const { pid } = await lab.start('sleep', ['100']);
    await lab.ended;
    await expect.poll(() => stateOf(pid), { timeout: CLEAN_MS }).toBe('');
    expect(existsSync(lab.dir)).toBe(false);
    await lab.close();
  });

  it('takes no order that is not one line', async () => {
    await withLab((lab) => {
      expect(() => lab.undo('true\nundo false')).toThrow('one line');
      return Promise.resolve();
    });
  });
});

describe('a lab', () => {
  it('gives a command its input and its deadline, and tells why it failed', async () => {
    await withLab(async (lab) => {
      expect(await lab.run('cat', [], { input: 'text' })).toBe('text');
      await expect(lab.run('sh', ['-c', 'echo sorry >&2; exit 3'])).rejects.toThrow(/exit code 3: sorry/);
      await expect(lab.run('sleep', ['100'], { timeoutMs: 100 })).rejects.toThrow(/SIGKILL/);
    });
  });

  it('says what it waited for in vain', async () => {
    await withLab(async (lab) => {
      await expect(lab.until('a miracle', () => undefined, 50)).rejects.toThrow('a miracle');
    });
  });

  it('says what a program complained about that ended before it spoke', async () => {
    await withLab(async (lab) => {
      const shell = await lab.start('sh', ['-c', 'echo no way >&2; exit 1'], { stdio: 'lines' });
      await expect(shell.line()).rejects.toThrow('no way');
    });
  });
});

describe.skipIf(!canCompile())('the programs', () => {
  it('are compiled once', async () => {
    const first = await compile('vfork', {}, labEnvironment());
    expect(await compile('vfork', {}, labEnvironment())).toBe(first);
    expect(await compile('vfork', { threads: true }, labEnvironment())).not.toBe(first);
  });

  it('do not go to a directory that others may write to', () => {
    const scratch = mkdtempSync(join(tmpdir(), 'lab-test-'));
    vi.stubEnv('TMPDIR', scratch);
    try {
      privateDir();
      rmSync(privateDir(), { recursive: true });
      mkdirSync(join(scratch, `procdiag-lab-${process.getuid?.()}`), { mode: 0o755 });
      expect(() => privateDir()).toThrow('not a private directory');
    } finally {
      vi.unstubAllEnvs();
      rmSync(scratch, { recursive: true });
    }
  });
});

describe('the needs', () => {
  it('name the command that is missing, and the package', () => {
    vi.stubEnv('PATH', '/nonexistent');
    try {
      const [missing] = missingNeeds({ needs: ['gcc'] });
      expect(missing).toMatchObject({ need: 'gcc', why: 'no cc in PATH' });
      expect(missing?.remedy).toContain('apt-get install gcc');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

for (const scene of playable(scenes).filter(({ needs }) => needs.some((need) => HOST_NEEDS.includes(need)))) {
  const lacks = missingNeeds(scene).map(({ why }) => why);
  const name = lacks.length > 0 ? `${scene.name} (skipped: ${lacks.join('; ')})` : scene.name;

  describe.skipIf(lacks.length > 0)(name, () => {
    it('is made and leaves nothing behind', async () => {
      const before = corePattern();
      const lab = await openLab({ maxSeconds: scene.maxSeconds });
      let pids: number[] = [];
      try {
        const looks = await scene.setUp(lab);
        pids = looks.map(({ pid }) => pid);
        expect(looks.map(({ pid }) => lab.state(pid))).not.toContain('');
        for (const { culprit } of looks) if (culprit !== undefined) expect(pids).toContain(culprit);
      } finally {
        await lab.close();
      }
      const run = { dir: lab.dir, pids, corePattern: before };
      await expect.poll(() => leftovers(run), { timeout: CLEAN_MS }).toEqual([]);
    });

    it('leaves nothing behind when the lab is killed', async () => {
      const before = corePattern();
      const lab = spawn(
        process.execPath,
        ['--import', 'tsx', join(import.meta.dirname, 'lab-process.ts'), scene.name],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      try {
        const said = await createInterface({ input: lab.stdout })[Symbol.asyncIterator]().next();
        const made = JSON.parse(String(said.value)) as { dir: string; pids: number[] };
        expect(existsSync(made.dir)).toBe(true);
        lab.kill('SIGKILL');
        const run = { ...made, corePattern: before };
        await expect.poll(() => leftovers(run), { timeout: CLEAN_MS, interval: 100 }).toEqual([]);
      } finally {
        lab.kill('SIGKILL');
      }
    });
  });
}
