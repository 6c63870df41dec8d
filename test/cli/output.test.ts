import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { procdiag, root } from './procdiag.ts';

const bin = join(root, 'bin/procdiag.cjs');

it('ends quietly when its reader has gone', async () => {
  const child = spawn(process.execPath, [bin, 'explain', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
});

it('has the exit code of its answer also when its reader has gone', async () => {
  const child = spawn(process.execPath, [bin, 'stack', '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdout.destroy();
  child.stdin.end('[<0>] request_wait_answer+0x1/0x2\n[<0>] fuse_simple_request+0x1/0x2\n');
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code).toBe(1);
});

it.each(['12.22.12', '18.20.8'])('says that Node %s is too old, and no more', (version) => {
  const old = `Object.defineProperty(process.versions, 'node', { value: '${version}' }); require('${bin}')`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', old, '--', 'doctor'], {
    encoding: 'utf8',
  });
  expect({ stdout, stderr, status }).toEqual({
    stdout: '',
    stderr: `procdiag: it needs Node 20.19 or later; this is Node ${version}\n`,
    status: 2,
  });
});

it('writes all of its answer to a slow reader before it ends', () => {
  const command = `"${process.execPath}" "${bin}" explain --json | { sleep 0.5; cat; }`;
  const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  const { causes } = JSON.parse(stdout) as { causes: unknown[] };
  expect(causes.length).toBeGreaterThan(0);
});

it('survives a closed stdout and stderr', () => {
  const { status } = spawnSync('sh', ['-c', `"${process.execPath}" "${bin}" nonsense >&- 2>&-`]);
  expect(status).toBe(2);
});

const COLOURED: [env: Record<string, string>, flags: string[], coloured: boolean][] = [
  [{}, [], false],
  [{ FORCE_COLOR: '1' }, [], true],
  [{ FORCE_COLOR: '0' }, [], false],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], true],
  [{ FORCE_COLOR: '1' }, ['--no-color'], false],
];

it.each(COLOURED)('into a pipe with %j %j: colour is %s', async (env, flags, coloured) => {
  const { stdout } = await procdiag(['explain', ...flags], { env });
  expect(stdout.includes('\u001b[')).toBe(coloured);
});

const TERMINAL: [env: string, coloured: boolean][] = [
  ['', true],
  ['NO_COLOR=1', false],
  ['TERM=dumb', false],
  ['CI=true', false],
];

it.each(TERMINAL)('on a terminal with "%s": colour is %s', (env, coloured) => {
  const clean = 'env -u NO_COLOR -u FORCE_COLOR -u CI TERM=xterm';
  const command = `${clean} ${env} "${process.execPath}" "${bin}" explain`;
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout.includes('\u001b[')).toBe(coloured);
});

it.each(['40', '80', '200'])(
  'never prints colour or progress into JSON, and keeps to %s columns',
  async (columns) => {
    const env = { COLUMNS: columns, FORCE_COLOR: '1' };
    for (const argv of [
      ['doctor', '--json'],
      ['explain', '--json'],
      ['lab', '--json'],
    ]) {
      const { stdout, stderr } = await procdiag(argv, { env });
      expect(JSON.parse(stdout)).toHaveProperty('schemaVersion', 1);
      expect(stdout).not.toContain('\u001b');
      expect(stderr).toBe('');
    }
    for (const argv of [['explain'], ['lab']]) {
      const { stdout } = await procdiag(argv, { env: { COLUMNS: columns } });
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(Number(columns));
    }
  },
);

it('keeps to ASCII where the locale is not UTF-8', async () => {
  const { stdout } = await procdiag(['explain'], { env: { LC_ALL: 'C' } });
  expect(stdout).not.toMatch(/[^\n\u0020-\u007e]/);
});
