import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenLab, openLab } from '../../src/lab/lab.ts';
import { scenes } from '../../src/lab/registry.ts';
import { root } from '../cli/procdiag.ts';
import { type Attacked, ask, attack, mishaps } from './attack.ts';

interface Report {
  target: { pid: number; comm: string };
  verdict: { state: string; idle?: string };
  findings: { cause: string; evidence: { path: string }[]; remedies: { command: string }[] }[];
  unseen: { what: string; why: string }[];
  error?: { code: string; message: string };
}

/** Everything here needs to become another user, or to mount in a namespace of its own. */
const isRoot = process.geteuid?.() === 0;

let lab: OpenLab;
let copy: string;
let sleeper: number;
beforeAll(async () => {
  lab = await openLab({ maxSeconds: 900 });
  // Where nobody may read it, wherever the tests themselves are.
  copy = mkdtempSync(join(tmpdir(), 'procdiag-copy-'));
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  sleeper = (await lab.start('sleep', ['900'])).pid;
});
afterAll(async () => {
  await lab.close();
  rmSync(copy, { recursive: true, force: true });
});

const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
const shell = (script: string): string[] => ['sh', '-c', `${script}; exec "$@"`, 'sh'];
const privately = (script: string): string[] => ['unshare', '-m', ...shell(script)];

async function inspect(
  pid: number | string,
  wrapper: readonly string[],
  more: string[] = [],
): Promise<Attacked & { report: Report }> {
  const ran = await ask(['inspect', String(pid), '--json', ...more], {
    wrapper,
    program: join(copy, 'bin/procdiag.cjs'),
    execa: { cwd: '/' },
  });
  expect(mishaps(ran)).toEqual([]);
  return { ...ran, report: JSON.parse(ran.stdout) as Report };
}

describe.runIf(isRoot)('not root', () => {
  test('of somebody else’s process it says what it may not see', async () => {
    const { code, report, stderr } = await inspect(sleeper, NOBODY);
    // Nothing is known to be wrong, and nothing to be right.
    expect(report.verdict.state).toBe('unknown');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^procdiag: process \d+: .* could not be told \(not seen: .*EACCES/);
    expect(report.unseen.filter(({ why }) => /EACCES/.test(why)).length).toBeGreaterThan(2);
  });

  test('an own process is told without its stack', async () => {
    const { pid } = await lab.start(NOBODY[0]!, [...NOBODY.slice(1), 'sleep', '900']);
    await lab.until('sleep', () => /sleep/.test(lab.frames(pid)) || lab.state(pid) === 'S');
    const { report } = await inspect(pid, NOBODY);
    expect(report.verdict).toMatchObject({ state: 'healthy', idle: 'idle-timer' });
    expect(report.unseen.map(({ what }) => what).join()).toMatch(/kernel stack/);
  });

  test.each([
    ['1', /root only/],
    ['2', /that this user may see/],
  ])('hidepid=%s is told from no process', async (mode, sentence) => {
    const { code, report } = await inspect(sleeper, [
      ...privately(`mount -t proc -o hidepid=${mode} proc /proc`),
      ...NOBODY,
    ]);
    expect(code).toBe(2);
    expect(report.error?.message).toMatch(sentence);
  });
});

describe.runIf(isRoot)('another PID namespace', () => {
  test('with a /proc of its own', async () => {
    const { report } = await inspect(1, [
      'unshare',
      '-pf',
      '--mount-proc',
      'sh',
      '-c',
      '"$@"; exit $?',
      'sh',
    ]);
    expect(report.target.comm).toBe('sh');
    expect(report.unseen).toEqual([]);
  });

  test('with the /proc of ours: it says whose numbers these are', async () => {
    const { report } = await inspect(sleeper, ['unshare', '-pf']);
    expect(report.target.comm).toBe('sleep');
    expect(report.unseen[0]?.why).toMatch(/another PID namespace/);
  });

  test('from outside with --proc: evidence has the paths that can be looked up from here', async () => {
    const { pid } = await lab.start('unshare', ['-pf', '--mount-proc', 'sleep', '900']);
    const init = await lab.until('its init', () => lab.children(pid)[0]);
    await lab.until(
      'its own /proc',
      () => existsSync(`/proc/${init}/root/proc/1/status`) && statusOf(init).includes('\tsleep'),
    );
    process.kill(init, 'SIGSTOP');
    await lab.until('it to stop', () => lab.state(init) === 'T');
    const { code, report } = await inspect(1, [], ['--proc', `/proc/${init}/root/proc`]);
    expect(code).toBe(1);
    expect(report.findings[0]?.cause).toBe('stopped');
    for (const { path } of report.findings[0]!.evidence) {
      expect(path).toMatch(new RegExp(`^/proc/${init}/root/proc/1/`));
      readFileSync(path);
    }
    expect(report.unseen[0]?.why).toMatch(/another PID namespace/);
    // Pasted here, `kill -CONT 1` would be a signal to our own init.
    const [remedy] = report.findings[0]!.remedies;
    expect(remedy?.command).toBe(`nsenter -t ${init} -p kill -CONT 1`);
    execFileSync('sh', ['-c', remedy!.command]);
    await lab.until('it to go on', () => lab.state(init) === 'S');
  });

  test('with the /proc of ours, commands that name a PID are told as comments', async () => {
    const { pid } = await lab.start('sleep', ['900']);
    process.kill(pid, 'SIGSTOP');
    await lab.until('it to stop', () => lab.state(pid) === 'T');
    const { report } = await inspect(pid, ['unshare', '-pf']);
    expect(report.findings[0]?.remedies[0]?.command).toBe(
      `# outside of this PID namespace: kill -CONT ${pid}`,
    );
  });

  test('its init reaps nothing: no reader of ours stays there as a zombie', async () => {
    const { pid } = await lab.start('unshare', ['-pf', '--mount-proc', 'sleep', '900']);
    const init = await lab.until('its init', () => lab.children(pid)[0]);
    await lab.until('it to be what it will be', () => statusOf(init).includes('\tsleep'));
    await inspect(1, ['nsenter', '-t', String(init), '-p', '-m']);
    expect(lab.children(init)).toEqual([]);
  });

  test.each(['/nonexistent', '/etc', '/'])('%s is no proc file system', async (path) => {
    const { code, report } = await inspect(1, [], ['--proc', path]);
    expect(code).toBe(2);
    expect(report.error?.message).toMatch(/no proc file system/);
  });
});

/** Programs that procdiag has read for it, and what may be in their place. */
const READERS = ['perl', 'grep', 'find', 'setpriv', 'dd', 'ss'];
const inPlace = (what: string, names = READERS): string =>
  names.map((name) => `f=$(readlink -f "$(command -v ${name})") && mount --bind ${what} "$f"`).join('; ');

describe.runIf(isRoot)('without the programs that it lets read', () => {
  const busybox = '/usr/bin/busybox';
  const stub = (): string => {
    const path = join(copy, 'says-nothing');
    writeFileSync(path, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    return path;
  };

  test.each([
    ['no program at all', () => '/dev/null', READERS],
    ['programs that say nothing', stub, ['perl', 'grep', 'find', 'dd', 'ss']],
    ['no perl', () => '/dev/null', ['perl']],
    ['a grep that says nothing', stub, ['perl', 'grep']],
    ['a find that says nothing', stub, ['perl', 'find']],
    ['BusyBox', () => busybox, READERS],
    ['BusyBox grep', () => busybox, ['perl', 'grep']],
    ['BusyBox find', () => busybox, ['perl', 'find']],
  ])('%s: it reads by itself, and misreads nothing', async (_what, program, names) => {
    if (program() === busybox && !existsSync(busybox)) return;
    const wrapper = privately(inPlace(program(), names));
    const idle = await inspect(sleeper, wrapper);
    expect(idle.report.verdict).toMatchObject({ state: 'healthy', idle: 'idle-timer' });
    expect(idle.report.unseen).toEqual([]);
    expect(idle.code).toBe(0);
  });

  test('on a host where every ps hangs', { timeout: 150_000 }, async () => {
    const hang = await openLab({ maxSeconds: 120 });
    try {
      const [stuck] = await scenes.find(({ name }) => name === 'exec-fuse-flush')!.setUp(hang);
      const { code, report } = await inspect(stuck!.pid, privately(inPlace('/dev/null')));
      expect(code).toBe(1);
      expect(report.findings[0]).toMatchObject({ cause: 'fuse-wait', culprit: { pid: stuck!.culprit } });
    } finally {
      await hang.close();
    }
  });
});

describe('a poor place to start from', () => {
  const places: [string, string[]][] = [
    ['no descriptors to spare', shell('ulimit -n 20')],
    ['a small stack', shell('ulimit -s 256')],
    ['no stdin', shell('exec <&-')],
    ['no environment', ['env', '-i']],
    ['another language', ['env', '-u', 'HOME', 'LC_ALL=tr_TR.ISO-8859-9', 'LANG=xx']],
  ];
  test.each(places)('%s', async (_what, wrapper) => {
    const { code, report } = await inspect(sleeper, wrapper);
    // Where the readers cannot even be started, that is said.
    expect(code).toBe(report.verdict.state === 'unknown' ? 2 : 0);
    expect(report.target.comm).toBe('sleep');
  });

  test('a directory that is gone', async () => {
    const gone = join(lab.dir, 'gone');
    mkdirSync(gone);
    const { report } = await inspect(sleeper, ['sh', '-c', `cd ${gone} && rmdir ${gone} && exec "$@"`, 'sh']);
    expect(report.target.comm).toBe('sleep');
  });

  test.each([
    ['stdout that is closed', 'exec >&-', 0],
    ['stdout that is full', 'exec >/dev/full', 2],
  ])('%s', async (_what, script, code) => {
    const ran = await attack(['inspect', String(sleeper)], { wrapper: shell(script) });
    expect(mishaps(ran)).toEqual([]);
    expect(ran.code).toBe(code);
  });

  test.runIf(isRoot)('no /dev at all', async () => {
    const { report, code } = await inspect(sleeper, privately('mount -t tmpfs none /dev'));
    expect(report.verdict).toMatchObject({ state: 'healthy', idle: 'idle-timer' });
    expect(report.unseen).toEqual([]);
    expect(code).toBe(0);
  });

  test.runIf(isRoot)('a file system that is read-only', async () => {
    const { report } = await inspect(sleeper, privately('mount -o remount,bind,ro /'));
    expect(report.verdict.idle).toBe('idle-timer');
  });
});

const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'latin1');
