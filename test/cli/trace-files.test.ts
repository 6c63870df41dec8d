import {
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
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STATES } from '../../src/report/trace/html/page/data.ts';
import { modelOf } from '../report/trace/html/opened.ts';
import { describeUnless, whyNoRecording } from '../support/recorders.ts';
import { bin } from './procdiag.ts';
import { expectValid, traceIn } from './tracing.ts';

const why = await whyNoRecording();
const FIXTURES = join(import.meta.dirname, '../../fixtures/imports');

let directory = '';
let temporary = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'procdiag-files-'));
  temporary = join(directory, 'tmp');
  mkdirSync(temporary);
  for (const name of ['ttt.strace', 'ttt.data', 'periodic.strace', 'periodic.data'])
    writeFileSync(join(directory, name), gunzipSync(readFileSync(join(FIXTURES, `${name}.gz`))));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function trace(...argv: string[]) {
  return traceIn(directory, argv, { TMPDIR: temporary });
}

const answerOf = (stdout: string): Record<string, unknown> => ({
  ...(JSON.parse(stdout) as Record<string, unknown>),
  outputs: [],
});

describe('recordings of others', () => {
  test('have names in UTF-8, wherever these are told, and so have the outputs', async () => {
    const stamped = (at: number, call: string) => `10<hé漢> 170000000${at}.000001000 ${call}\n`;
    writeFileSync(
      join(directory, 'utf8.strace'),
      stamped(0, 'getpid() = 10 <0.000010>') + stamped(1, 'read(3, "x", 1) = 1 <3.000010>'),
    );
    const shown = await trace('--from-strace', 'utf8.strace');
    expect(shown.stdout.match(/10 +hé漢/g)?.length).toBeGreaterThan(5);
    expect(shown.stdout).not.toContain('\\x');
    const json = await trace('--from-strace', 'utf8.strace', '--json', '-o', 'ü.jsonl');
    expect(JSON.parse(json.stdout)).toMatchObject({ outputs: ['ü.jsonl'] });
    const lines = readFileSync(join(directory, 'ü.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((text) => JSON.parse(text) as object)).toContainEqual(
      expect.objectContaining({ type: 'comm', comm: 'hé漢' }),
    );
  });

  test('have stops in the outputs that strace alone tells of, to the end of the trace', async () => {
    const stamped = (at: number, what: string) => `10<sh> 170000000${at}.000000000 ${what}\n`;
    writeFileSync(
      join(directory, 'stops.strace'),
      [
        stamped(0, 'getpid() = 10 <0.000010>'),
        stamped(1, '--- stopped by SIGTSTP ---'),
        stamped(3, '--- SIGCONT {si_signo=SIGCONT, si_code=SI_USER, si_pid=1, si_uid=0} ---'),
        stamped(4, '--- stopped by SIGSTOP ---'),
        stamped(9, 'getpid() = 11 <0.000010>').replace('10<sh>', '11<cat>'),
      ].join(''),
    );
    const ran = await trace(
      '--from-strace',
      'stops.strace',
      '--json',
      '-o',
      'stops.jsonl',
      '-o',
      'stops.html',
    );
    expect(ran.stderr).toBe('');
    const lines = readFileSync(join(directory, 'stops.jsonl'), 'utf8').trim().split('\n');
    const events = lines.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(
      events
        .filter(({ type }) => type === 'state')
        .map(({ tid, state, signal, durationNs }) => [tid, state, signal, durationNs]),
    ).toEqual([
      [10, 'stopped', 'SIGTSTP', 2_000_000_000],
      [10, 'stopped', 'SIGSTOP', 5_000_010_000],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'end', events: events.length - 2 });
    const { states } = modelOf(readFileSync(join(directory, 'stops.html'), 'utf8'));
    expect(Array.from(states.code, (code) => STATES[code])).toEqual(['stopped', 'stopped']);
  });

  test('are told also where an output finds no room: that one fails, and no other', async () => {
    const limited = 'ulimit -f 16; exec "$@"';
    const ran = await execa(
      'sh',
      [
        ...['-c', limited, 'sh', process.execPath, bin, 'trace'],
        ...['--from-strace', 'ttt.strace', '--json', '-o', 'large.jsonl', '-o', 'small.folded'],
      ],
      { cwd: directory, env: { TMPDIR: temporary, NODE_DISABLE_COMPILE_CACHE: '1' }, reject: false },
    );
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('cannot write "large.jsonl": it grows larger');
    expect(JSON.parse(ran.stdout)).toMatchObject({ outputs: ['small.folded'] });
    expect(readdirSync(directory).filter((name) => /large|small|part/.test(name))).toEqual(['small.folded']);
    rmSync(join(directory, 'small.folded'));
  });

  test('are told like our own', async () => {
    const ran = await trace(
      '--from-strace',
      'ttt.strace',
      '--from-perf',
      'ttt.data',
      '--json',
      '-o',
      'x.jsonl',
    );
    expect(ran.exitCode).toBe(0);
    const answer = JSON.parse(ran.stdout) as { correlation: object };
    expectValid(answer);
    expect(answer.correlation).toMatchObject({
      matchRate: 1,
      wrongPairsRefused: 0,
      clockOffsetErrorNs: 4000,
    });
    expect(readFileSync(join(directory, 'x.jsonl'), 'utf8')).toContain('"sources":["strace","perf"]');
    const shown = await trace('--from-strace', 'ttt.strace', '--from-perf', 'ttt.data');
    expect(shown.stdout).toMatch(/^• \d+ sh traced for [\d.]+ s with strace \+ perf$/m);
  });

  test('are answered in part where they fall short, with what would make them whole', async () => {
    const lines = readFileSync(join(directory, 'ttt.strace'), 'latin1').split('\n');
    writeFileSync(
      join(directory, 'bare.strace'),
      lines.map((line) => line.replace(/ <\d\.\d+>$/, '')).join('\n'),
    );
    const shown = await trace('--from-strace', 'bare.strace');
    expect(shown.exitCode).toBe(2);
    expect(shown.stdout).toMatch(/▲ partial: The log of strace has no durations/);
    expect(shown.stdout).not.toMatch(/spent 0 s|was 0 s/);
    expect(shown.stderr).toMatch(/^procdiag: The log of strace has no durations.*strace -T adds them\.$/);
    const json = await trace('--from-strace', 'bare.strace', '--json');
    expect((JSON.parse(json.stdout) as { partial: string[] }).partial).toHaveLength(1);
  });

  test('prove also in part what they show', async () => {
    writeFileSync(
      join(directory, 'watches.strace'),
      [
        '100 1700000000.000001 inotify_init1(IN_CLOEXEC) = 3',
        '100 1700000000.000101 inotify_add_watch(3, "/a", IN_CREATE) = -1 ENOSPC (No space left on device)',
        '',
      ].join('\n'),
    );
    const shown = await trace('--from-strace', 'watches.strace');
    expect(shown.exitCode).toBe(1);
    expect(shown.stdout).toMatch(/^ {2}call +count +errors$/m);
    expect(await trace('--from-strace', 'watches.strace', '--fail-on', 'never')).toMatchObject({
      exitCode: 2,
    });
  });

  test.each([
    [
      ['--from-strace', 'ttt.strace', '--between', '500-501'],
      /--between 500-501 is outside of the trace, which goes from 0 to [\d.]+ seconds/,
    ],
    [['--from-strace', 'nowhere'], /^procdiag: there is no file "nowhere"$/],
    [['--from-perf', 'ttt.strace'], /^procdiag: "ttt.strace" cannot be read: This is neither a perf.data/],
    [['--from-strace', 'ttt.data'], /^procdiag: "ttt.data" is no log of strace/],
    [['--from-strace', 'periodic.strace', '--from-perf', 'periodic.data'], /does the same again and again/],
    [['--from-strace', 'ttt.strace', '--clock-offset-ns', '7'], /needs --from-strace and --from-perf/],
    [
      ['--from-strace', 'ttt.strace', '--clock-offset-ns', '7 ms'],
      /not a value for --clock-offset-ns: "7 ms"/,
    ],
    [['--from-strace', 'ttt.strace', '--output', 'x.tar'], /is for what procdiag records itself/],
  ])('%s is refused in one sentence', async (argv, sentence) => {
    const ran = await trace(...argv);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toMatch(sentence);
    expect(ran.stderr.replace(/\nSee: .*$/, '').split('\n').length).toBe(1);
  });
});

describeUnless(why, 'what was recorded', () => {
  test('is told again from its capture, in each form, and nothing of it stays unpacked', async () => {
    const live = await trace(
      ...['--strace', '--perf', '--json', '-o', 'kept.tar', '-o', 'kept.tar.gz', '-o', 'kept/'],
      ...['--', 'sh', '-c', 'ls / | cat >/dev/null; sleep 0.05'],
    );
    expect(live.exitCode).toBe(0);
    expect(JSON.parse(live.stdout)).toMatchObject({ correlation: { wrongPairsRefused: 0 } });
    for (const form of ['kept.tar', 'kept.tar.gz', 'kept/', 'kept']) {
      const again = await trace('--from', form, '--json');
      expect(again.exitCode).toBe(0);
      expect(answerOf(again.stdout)).toEqual(answerOf(live.stdout));
    }
    expect(readdirSync(temporary)).toEqual([]);
    // The private directory that it was recorded in is nobody's business.
    expect(readFileSync(join(directory, 'kept/meta.json'), 'utf8')).not.toContain(temporary);
    // A capture of a capture is the same.
    expect((await trace('--from', 'kept.tar.gz', '-o', 'again/')).exitCode).toBe(0);
    for (const file of readdirSync(join(directory, 'kept')))
      expect(
        readFileSync(join(directory, 'again', file)).equals(readFileSync(join(directory, 'kept', file))),
      ).toBe(true);
  });

  test.each([
    ['nowhere/x.jsonl', /there is no such directory/],
    ['/proc/x.tar', /cannot write/],
    ['there/', /it is there already/],
    ['there.tar', /it is a directory/],
  ])('with --output %s it does not even start', async (place, reason) => {
    mkdirSync(join(directory, place.startsWith('there') ? place : 'there'), { recursive: true });
    const ran = await trace('--strace', '-o', place, '--', 'touch', 'started');
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toMatch(reason);
    expect(existsSync(join(directory, 'started'))).toBe(false);
  });
});

test.each([
  ['ttt.strace', /is no recording of procdiag/],
  ['nowhere', /cannot be read: ENOENT/],
  ['tmp', /holds no meta.json/],
])('--from %s is refused in one sentence', async (place, reason) => {
  const ran = await trace('--from', place);
  expect(ran.exitCode).toBe(2);
  expect(ran.stderr).toMatch(reason);
  expect(ran.stderr.split('\n').length).toBe(1);
  expect(readdirSync(temporary)).toEqual([]);
});
