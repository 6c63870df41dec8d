import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StateEvent } from '../../src/trace/event.ts';
import { describeUnless, whyNoRecording } from '../support/recorders.ts';
import { attack } from './attack.ts';
import { compiled } from './compiled.ts';
import { type Look, lookAt } from './tracing.ts';
import { entriesIn } from './truth-log.ts';

let why = await whyNoRecording();
try {
  execFileSync('unshare', ['-pf', '--mount-proc', 'true'], { stdio: 'ignore' });
} catch {
  why ||= 'unshare cannot make a PID namespace';
}

const INSIDE = ['unshare', '-pf', '--kill-child', '--mount-proc'];

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'procdiag-namespace-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Wakers with a number, of sleeps that the waker itself ended. */
const wakers = (look: Look): StateEvent[] =>
  look.events.filter(
    (event): event is StateEvent =>
      event.type === 'state' && event.state === 'blocked' && event.waker?.how === 'pipe',
  );

describeUnless(why, 'procdiag in a PID namespace, as in a container', () => {
  test('names those who woke its target by their numbers there', async () => {
    const log = join(directory, 'truth.log');
    const to = join(directory, 'truth');
    const command = [compiled('truth'), log, '4', '400'];
    const ran = await attack(['trace', '--strace', '--perf', '--output', `${to}/`, '--', ...command], {
      wrapper: INSIDE,
    });
    expect([ran.left, ran.code]).toEqual([[], 0]);
    const look = lookAt(to, (source) => source);
    const told = entriesIn(log);
    const writers = new Set(told.filter(({ what }) => what === 'WOKE').map(({ tid }) => tid));
    // Small numbers: they are those inside.
    expect(Math.max(...writers)).toBeLessThan(1000);

    const asleep = look.calls.filter(
      ({ name, args, blockedNs }) => name === 'read' && args.includes('<pipe:') && (blockedNs ?? 0) > 0,
    );
    expect(asleep.length).toBeGreaterThan(20);
    const named = asleep.filter(({ waker }) => waker?.how === 'pipe' && writers.has(waker.tid));
    expect(named.length / asleep.length).toBeGreaterThanOrEqual(0.99);
    // And each at that moment: none is a wrong one.
    const wrong = wakers(look).filter(({ waker, startNs, durationNs }) => {
      const from = look.originNs + BigInt(Math.round(startNs));
      const to = from + BigInt(Math.round(durationNs));
      return !told.some(({ tid, before, after }) => tid === waker?.tid && before <= to && after >= from);
    });
    expect(wrong).toEqual([]);

    const children = told.filter(({ what }) => what === 'CHILD');
    const waits = children.map(({ number }) =>
      look.calls.find(({ name, result }) => name === 'wait4' && result === number),
    );
    expect(waits.map((wait) => wait?.waker)).toEqual(
      children.map(({ number }) => expect.objectContaining({ pid: number, how: 'child-exit' })),
    );
  });

  test('says of one outside that it is outside', async () => {
    const fifo = join(directory, 'fifo');
    const to = join(directory, 'outside');
    execFileSync('mkfifo', [fifo]);
    // Both ends, so that neither opening waits for anybody.
    const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const writing = setInterval(() => writeSync(fd, 'x'), 20);
    try {
      const script = `cat ${fifo} >/dev/null & exec "$@" $!`;
      const ran = await attack(['trace', '--perf', '--duration', '1', '--output', `${to}/`], {
        wrapper: [...INSIDE, 'sh', '-c', script, 'sh'],
      });
      expect([ran.left, ran.code]).toEqual([[], 0]);
    } finally {
      clearInterval(writing);
      closeSync(fd);
    }
    const woken = wakers(lookAt(to, (source) => source));
    expect(woken.length).toBeGreaterThan(10);
    const seen = new Set(woken.map(({ tid, waker }) => `${tid > 1} ${waker?.tid} ${waker?.outside}`));
    expect([...seen]).toEqual(['true 0 true']);
  });
});
