import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scenes } from '../../src/lab/registry.ts';
import { procdiag, root } from './procdiag.ts';

it('lists all scenes, and what those lack that cannot be set up here', async () => {
  const { code, stdout } = await procdiag(['lab', 'list', '--json']);
  const listed = (JSON.parse(stdout) as { scenes: { name: string; missing: unknown[] }[] }).scenes;
  expect(listed.map(({ name }) => name)).toEqual(scenes.map(({ name }) => name));
  expect(code).toBe(0);
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('holds a scene until %s, and puts it away', async (signal, expected) => {
  const args = [join(root, 'bin/procdiag.cjs'), 'lab', 'run', 'sigstop', '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const { looks } = JSON.parse(chunk.toString()) as { looks: { pid: number }[] };
  const pid = looks[0]?.pid ?? 0;
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  child.kill(signal);
  expect((await ended)[0]).toBe(expected);
  await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
});

it('says what of this host is in the way of a scene', async () => {
  const { code, stderr } = await procdiag(['lab', 'run', 'sigstop'], { env: { TMPDIR: '/proc' } });
  expect(stderr).toMatch(/^procdiag: sigstop could not be set up: .*no such file or directory\n$/);
  expect(code).toBe(2);
});

it('ends by itself after --hold seconds', async () => {
  const { code, stdout } = await procdiag(['lab', 'run', 'sigstop', '--hold', '1']);
  expect(stdout).toMatch(/^ {2}procdiag inspect \d+$/m);
  expect(stdout).toMatch(/^It is held until Ctrl\+C, for 1 s at most, and then put away\.$/m);
  expect(code).toBe(0);
});
