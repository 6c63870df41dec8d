import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findProgram } from '../../src/trace/record/tools.ts';
import { callsIn } from '../../src/trace/syscall-set.ts';
import { describeUnless, whyNoRecording } from '../support/recorders.ts';
import { compiled } from './compiled.ts';

const CLASSES = [
  ...['file', 'desc', 'network', 'process', 'signal', 'ipc', 'memory', 'creds', 'clock', 'pure'],
  ...['stat', 'lstat', 'fstat', '%stat', 'statfs', 'fstatfs', '%statfs'],
];
/** strace has taken it out of %desc again. */
const LEFT = new Set(['close_range']);

const why =
  (await whyNoRecording({ strace: true, perf: false })) ||
  (findProgram('gcc') === undefined ? 'needs gcc' : '');

describeUnless(why, 'classes of calls, as this strace has them', () => {
  let directory = '';
  let all: readonly string[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'procdiag-classes-'));
    all = await shown('all');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Names of the calls that it shows of a program that makes each of them. */
  async function shown(set: string): Promise<readonly string[]> {
    const log = join(directory, 'log');
    // Both end by a signal.
    await execa('strace', ['-o', log, '-e', `trace=${set}`, compiled('classes')], { reject: false });
    const names = readFileSync(log, 'latin1').matchAll(/^([a-z]\w*)\(.* = -1 ENOSYS/gm);
    return [...new Set(Array.from(names, ([, name]) => name!))].filter(
      (name) => !name.startsWith('syscall_'),
    );
  }

  test('are known by all of their calls', () => {
    expect(all.length).toBeGreaterThan(250);
    expect(all).toContain('openat');
  });

  test.each(CLASSES)('%%%s', async (name) => {
    const theirs = await shown(`%${name}`);
    const ours = callsIn(`%${name}`, all);
    expect(theirs.length).toBeGreaterThan(0);
    expect(theirs.filter((call) => ours?.has(call) !== true)).toEqual([]);
    const more = all.filter((call) => ours?.has(call) === true && !theirs.includes(call) && !LEFT.has(call));
    expect(more).toEqual([]);
  });
});
