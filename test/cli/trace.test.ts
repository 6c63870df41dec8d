import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/term/width.ts';
import { findProgram } from '../../src/trace/record/tools.ts';
import { describeUnless, whyNoRecording } from '../support/recorders.ts';
import { bin } from './procdiag.ts';
import { expectValid, traceIn } from './tracing.ts';

const why = await whyNoRecording();

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'procdiag-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function expectAllPaired({ eligible, matched }: { eligible: number; matched: number }): void {
  expect(matched).toBeGreaterThan(0);
  expect(matched).toBe(eligible);
}

function trace(...argv: string[]) {
  return traceIn(directory, argv);
}

describeUnless(why, 'procdiag trace', () => {
  test('tells the story of a command: how it waited, what its children did, how they ended', async () => {
    const ran = await trace(
      '--strace',
      '--perf',
      '--',
      'sh',
      '-c',
      'echo from-the-command; (sleep 0.4; exit 3); true',
    );
    expect(ran.exitCode).toBe(0);
    // What the command prints is no part of the answer.
    expect(ran.stdout).not.toMatch(/^from-the-command$/m);
    expect(ran.stderr).toMatch(/^from-the-command$/m);
    expect(ran.stderr).toContain('strace stops the process twice in each system call');
    expect(ran.stdout).toMatch(/^• \d+ sh traced for .* with strace \+ perf$/m);
    expect(ran.stdout.replace(/\s+/g, ' ')).toMatch(
      /wait4\(.*?\) took (?:\d{3} ms|[\d.]+ s):.* of it (?:[4-9]\d\d ms|[\d.]+ s) \d+ sleep slept in clock_nanosleep/,
    );
    expect(ran.stdout).toMatch(/once \(fork of\) sh: exit 3|exit 3/);
    expect(ran.stdout).toMatch(/calls that both saw are matched \(/);
    for (const line of ran.stdout.split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(80);
  });

  test('gives one JSON object that its schema holds, and files that appear whole', async () => {
    const ran = await trace(
      '--strace',
      '--perf',
      '--json',
      '-o',
      'a.jsonl',
      '-o',
      'a.perfetto.json',
      '--',
      'sh',
      '-c',
      'echo x; sleep 0.1',
    );
    expect(ran.exitCode).toBe(0);
    const answer = JSON.parse(ran.stdout) as {
      window: { originNs: number };
      correlation: { eligible: number; matched: number };
      outputs: string[];
    };
    expectValid(answer);
    expectAllPaired(answer.correlation);
    expect(answer.outputs).toEqual(['a.jsonl', 'a.perfetto.json']);
    // Exact, though beyond what a double holds.
    expect(ran.stdout).toMatch(/"clockOffsetNs": \d{19},/);
    const lines = readFileSync(join(directory, 'a.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(lines[0]!)).toMatchObject({ type: 'trace' });
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: 'end' });
    expect(JSON.parse(readFileSync(join(directory, 'a.perfetto.json'), 'utf8'))).toHaveProperty(
      'traceEvents',
    );
    expect(readdirSync(directory).filter((name) => name.includes('.part'))).toEqual([]);
  });

  test('says of each file what it is for', async () => {
    const { stderr } = await trace('--perf', '-o', 'b.html', '-o', 'b.tar', '--', 'true');
    expect(stderr).toBe(
      'procdiag: wrote b.html: a page with a timeline, for a browser\nprocdiag: wrote b.tar: procdiag trace --from b.tar reads it again',
    );
  });

  test('finds what a program leaves open, and exits as --fail-on says', async () => {
    // A leak goes on in each quarter of the time, so its start must not take one, however slow the machine is.
    const leak = `import posix,time
for i in range(120):
    posix.open('/etc/hostname', posix.O_RDONLY)
    time.sleep(0.03)`;
    const python = (await execa('python3', ['-c', 'import sys; print(sys.executable)'])).stdout;
    const ran = await trace('--strace', '--perf', '--json', '--', python, '-I', '-S', '-c', leak);
    const { findings } = JSON.parse(ran.stdout) as {
      findings: { cause: string; severity: string; summary: string }[];
    };
    const found = findings.find(({ cause }) => cause === 'fd-leak');
    expect(found?.summary).toContain('/etc/hostname');
    expect(ran.exitCode).toBe(findings.some(({ severity }) => severity !== 'info') ? 1 : 0);
    const told = await execa(process.execPath, [bin, 'explain', 'fd-leak']);
    expect(told.stdout).toContain('fd-leak');
  });

  test('takes perf alone when nothing is asked for, and says nothing of strace', async () => {
    const ran = await trace('--json', '--', 'sleep', '0.2');
    const answer = JSON.parse(ran.stdout) as { sources: { strace: null; perf: object }; correlation: null };
    expectValid(answer);
    expect(answer.sources.strace).toBeNull();
    expect(answer.correlation).toBeNull();
    expect(ran.stderr).not.toContain('strace stops');
  });

  test('attaches, ends after --duration, and leaves the process as it was', async () => {
    const child = execa('sh', ['-c', 'while :; do sleep 0.05; done'], { reject: false });
    try {
      const ran = await trace('--strace', '--perf', '--json', '--duration', '.9', String(child.pid));
      expect(ran.exitCode).toBe(0);
      const answer = JSON.parse(ran.stdout) as {
        target: { pid: number };
        window: { seconds: number };
        correlation: { eligible: number; matched: number };
      };
      expect(answer.target.pid).toBe(child.pid);
      expectAllPaired(answer.correlation);
      const status = readFileSync(`/proc/${child.pid}/status`, 'latin1');
      expect(status).toMatch(/^TracerPid:\t0$/m);
      expect(status).toMatch(/^State:\t[SRD]/m);
    } finally {
      child.kill('SIGKILL');
      await child;
    }
  });

  test.each([
    [
      'strace',
      'strace -V',
      'echo "strace: out of luck" >&2; exit 1',
      /^strace did not start: .*out of luck.*perf alone/,
    ],
    ['perf', 'perf --version', 'echo "out of luck" >&2; exit 1', /^perf did not start: .*out of luck/],
    ['strace', 'strace -V', 'exec timeout -s KILL 3 REAL "$@"', /^strace ended before the recording did/],
  ] as const)(
    'where %s fails, it gives what the other one had, says so, and ends with 2: %s, else %s',
    async (name, version, does, says) => {
      const bins = mkdtempSync(join(directory, 'bins-'));
      const real = findProgram(name)!;
      const [, asks] = version.split(' ');
      writeFileSync(
        join(bins, name),
        `#!/bin/sh\n[ "$*" = "${asks}" ] && exec ${real} ${asks}\n${does.replace('REAL', real)}\n`,
        { mode: 0o755 },
      );
      const child = execa('sh', ['-c', 'while :; do sleep 0.05; done'], { reject: false });
      try {
        const env = { PATH: `${bins}:${process.env.PATH}` };
        const tar = join(bins, 'kept.tar');
        const seconds = does.includes('timeout') ? '4' : '1';
        const argv = ['--strace', '--perf', '--json', '--duration', seconds, '-o', tar, String(child.pid)];
        for (const ran of [await traceIn(directory, argv, env), await trace('--json', '--from', tar)]) {
          expect(ran.exitCode).toBe(2);
          const answer = JSON.parse(ran.stdout) as {
            sources: Record<string, object | null>;
            notes: string[];
            partial: string[];
            calls: unknown[];
          };
          expectValid(answer);
          expect(answer.partial).toEqual([expect.stringMatching(says)]);
          expect(answer.notes).toEqual(expect.arrayContaining(answer.partial));
          expect(ran.stderr.split(answer.partial[0]!)).toHaveLength(2);
          expect(answer.sources[name === 'perf' ? 'strace' : 'perf']).not.toBeNull();
          expect(answer.calls.length).toBeGreaterThan(0);
        }
      } finally {
        child.kill('SIGKILL');
        await child;
      }
    },
  );

  test('says what the host prevents, and not that the tools are missing', async () => {
    const starved = (script: string, wrapper: readonly string[] = []) =>
      execa(
        'sh',
        ['-c', `${script}; exec "$@"`, 'sh', ...wrapper, process.execPath, bin, 'trace', '--', 'true'],
        { cwd: directory, stdin: 'ignore', reject: false, timeout: 100_000 },
      );
    const files = await starved('ulimit -n 24');
    expect(files.stderr).toMatch(/: too many files are open \(EMFILE\)\. Raise the limit: ulimit -n/m);
    expect(files.stderr).not.toMatch(/apt install|unexpected error|This is a bug/);
    expect(files.exitCode).toBe(2);
    if (process.geteuid?.() !== 0) return;
    const bare = await starved(':', [
      'unshare',
      '-m',
      'sh',
      '-c',
      'mount -t tmpfs none /dev; exec "$@"',
      'sh',
    ]);
    expect(bare.stderr).toMatch(/strace cannot be started: there is no \/dev\/null/);
    expect(bare.stderr).not.toMatch(/apt install/);
    expect(bare.exitCode).toBe(2);
  });

  test('explains what --syscalls takes when strace does not know a name', async () => {
    const { stderr, exitCode } = await trace('--strace', '--syscalls', 'opeanat', '--', 'true');
    expect(stderr).toMatch(/invalid system call 'opeanat'\. --syscalls takes what strace -e trace= does/);
    expect(stderr).not.toMatch(/perf alone\.$/m);
    expect(exitCode).toBe(2);
  });

  test.each([
    ['SIGINT', 0],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends the recording and gives the result', async (signal, code) => {
    const child = execa('sh', ['-c', 'while :; do sleep 0.05; done'], { reject: false });
    try {
      const running = trace('--strace', '--perf', '--json', '-o', `${signal}.jsonl`, String(child.pid));
      await expect
        .poll(() => /^TracerPid:\t[1-9]/m.test(readFileSync(`/proc/${child.pid}/status`, 'latin1')))
        .toBe(true);
      running.kill(signal);
      const ran = await running;
      expect(ran.exitCode).toBe(code);
      expect(JSON.parse(ran.stdout)).toMatchObject({ target: { pid: child.pid } });
      expect(existsSync(join(directory, `${signal}.jsonl`))).toBe(true);
      expect(readFileSync(`/proc/${child.pid}/status`, 'latin1')).toMatch(/^TracerPid:\t0$/m);
    } finally {
      child.kill('SIGKILL');
      await child;
    }
  });

  test('SIGINT before anything is recorded ends it at once, and the command with it', async () => {
    const slow = join(directory, 'slow');
    mkdirSync(slow);
    const { stdout: perf } = await execa('sh', ['-c', 'command -v perf']);
    writeFileSync(
      join(slow, 'perf'),
      `#!/bin/sh\ncase "$*" in *record*) echo > ${join(directory, 'perf-begins')}; exec sleep 110;; esac\nexec ${perf} "$@"\n`,
      { mode: 0o755 },
    );
    const running = execa(
      process.execPath,
      [bin, 'trace', '--perf', '--', 'sh', '-c', `echo > ${join(directory, 'command-ran')}`],
      {
        env: { PATH: `${slow}:${process.env.PATH}` },
        stdin: 'ignore',
        reject: false,
        timeout: 100_000,
      },
    );
    await expect.poll(() => existsSync(join(directory, 'perf-begins'))).toBe(true);
    running.kill('SIGINT');
    const { exitCode, stdout, timedOut } = await running;
    expect({ exitCode, stdout, timedOut }).toEqual({ exitCode: 130, stdout: '', timedOut: false });
    expect(existsSync(join(directory, 'command-ran'))).toBe(false);
  });

  test('what --between asks for may not be there: all is told then, since a recording cannot be had again', async () => {
    const ran = await trace(
      '--strace',
      '--between',
      '500-501',
      '-o',
      'late.tar',
      '-o',
      'late.jsonl',
      '--',
      'true',
    );
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toMatch(/--between 500-501 is outside of the trace.*: all of it is told$/m);
    expect(ran.stdout).toMatch(/^• \d+ true traced for/m);
    for (const name of ['late.tar', 'late.jsonl']) expect(existsSync(join(directory, name)), name).toBe(true);
  });

  test('writes the recording itself, which tells the same again', async () => {
    const live = await trace(
      '--strace',
      '--perf',
      '--json',
      '-o',
      'kept.tar',
      '--',
      'sh',
      '-c',
      'ls / >/dev/null; sleep 0.1',
    );
    expect(live.exitCode).toBe(0);
    expect(existsSync(join(directory, 'kept.tar'))).toBe(true);
    const again = await trace('--json', '--from', 'kept.tar');
    const known = (text: string) => ({ ...(JSON.parse(text) as object), outputs: [] });
    expect(known(again.stdout)).toEqual(known(live.stdout));
  });
});

test('a signal ends the reading of a long recording at once, and leaves no part of a file', async () => {
  const line = (nth: number) => `10 ${1_700_000_000 + nth / 1000} getppid() = 1 <0.000010>\n`;
  const lines = Array.from({ length: 20_000 }, (_, nth) => line(nth)).join('');
  const log = join(directory, 'long.log');
  for (let nth = 0; nth < 60; nth++) appendFileSync(log, lines);
  const running = trace('--from-strace', log, '-o', 'long.jsonl');
  await expect
    .poll(() => readdirSync(directory).some((name) => /long\.jsonl.*\.part$/.test(name)))
    .toBe(true);
  running.kill('SIGTERM');
  expect((await running).exitCode).toBe(143);
  expect(readdirSync(directory).filter((name) => name.includes('long.jsonl'))).toEqual([]);
});

describe('what cannot be traced', () => {
  test.each([
    [[], 'what shall be traced'],
    [['1', '--', 'true'], 'give one of these only'],
    [['--'], 'no command behind --'],
    [['-o', 'x.png', '1'], 'x.png'],
    [['--between', '3-1', '1'], '--between'],
    [['-o', 'a.jsonl', '-o', 'a.jsonl', '1'], 'given twice'],
    [['-o', 'a.jsonl', '-o', './a.jsonl', '1'], 'given twice'],
    [['--from-strace', 'x', '--strace'], 'strace'],
    [['--from', 'x', '--duration', '1'], '--duration'],
    [['--from-perf', 'x', '--syscalls', 'read'], '--syscalls'],
    [['-o', 'x.png', '1'], '.tar, .tar.gz, DIRECTORY/ (the recording itself)'],
    [['--duration', '.05', '1'], '(0.1 to 86400 seconds)'],
    [['-o', `${'x'.repeat(300)}.jsonl`, '1'], 'the name is too long'],
    [['-o', `${'x'.repeat(300)}.tar`, '1'], 'the name is too long'],
  ])('trace %j is a usage error', async (argv, words) => {
    const ran = await trace(...argv);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain(words);
    expect(existsSync(join(directory, 'x.png'))).toBe(false);
  });

  test('a process that is not there is told in one sentence, with --json as an object', async () => {
    for (const source of ['--perf', '--strace']) {
      const ran = await trace(source, '4194303');
      expect(ran.exitCode).toBe(2);
      // Not what strace would cost either: it attaches to nobody.
      expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    }
    const json = await trace('--perf', '--json', '4194303');
    expect(json.exitCode).toBe(2);
    expectValid(JSON.parse(json.stdout));
  });
});
