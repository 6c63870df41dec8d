import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SyscallEvent } from '../../src/trace/event.ts';
import { describeUnless, whyNoRecording } from '../support/recorders.ts';
import { compiled } from './compiled.ts';
import { type Look, losing, traced, wrongPairs } from './tracing.ts';
import { type Entry, entriesIn } from './truth-log.ts';

const THREADS = 4;
const CALLS = 400;
/** What the issue asks for: 99.99 % of what both saw. */
const RATE = 0.9999;

const why = await whyNoRecording();

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'procdiag-truth-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Every pair that could be proved is right, and all that both saw are pairs. */
function expectPairs(look: Look, least: number): void {
  const { correlation } = look.analysed;
  const { compared, wrong } = wrongPairs(look);
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(least);
  expect(correlation?.wrongPairsRefused).toBe(0);
  expect(correlation?.matched).toBeGreaterThan(least);
  expect(correlation?.matchRate).toBeGreaterThanOrEqual(RATE);
  // And of each that is no pair the recordings prove why.
  expect(correlation?.unmatched.other).toBe(0);
  expect(correlation?.perfOnly.other).toBe(0);
}

/** On CPU, runnable, blocked and held add up to the time from enter to exit. */
function expectSums(calls: readonly SyscallEvent[]): void {
  const off = calls.filter(
    ({ onCpuNs, runnableNs, blockedNs, durationNs }) =>
      onCpuNs !== undefined && Math.abs(onCpuNs + runnableNs! + blockedNs! - durationNs) > 1,
  );
  expect(off).toEqual([]);
}

describeUnless(why, 'a program that logs its own calls', () => {
  let whole: Look;
  let half: Look;
  let log: Entry[];

  beforeAll(async () => {
    const file = join(directory, 'truth.log');
    const command = [compiled('truth'), file, String(THREADS), String(CALLS)] as const;
    [whole, half] = (await traced({ command, durationMs: 110_000 }, [(source) => source, losing(0.5)])) as [
      Look,
      Look,
    ];
    log = entriesIn(file);
  });

  test('is told call by call: arguments, thread and time', () => {
    const calls = log.filter(({ what }) => what === 'CALL');
    expect(calls).toHaveLength(THREADS * CALLS);
    const seen = new Map(
      whole.calls
        .filter(({ name, args }) => name === 'close' && /^\d{7}/.test(args))
        .map((call) => [`${call.tid} ${Number.parseInt(call.args, 10)}`, call]),
    );
    const wrong = calls.filter(({ tid, number, before, after }) => {
      const call = seen.get(`${tid} ${number}`);
      if (call === undefined || call.sources.length !== 2 || call.errno !== 'EBADF') return true;
      const start = whole.originNs + BigInt(Math.round(call.startNs));
      return start < before || start + BigInt(Math.round(call.durationNs)) > after;
    });
    expect(wrong).toEqual([]);
    expect(seen.size).toBe(calls.length);
    expectPairs(whole, calls.length);
    expectSums(whole.calls);
  });

  test('is told rightly as far as it is told when half of the events of perf are lost', () => {
    const { compared, wrong } = wrongPairs(half);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(THREADS * CALLS * 0.2);
    // Each call of strace is there still, with or without its partner.
    expect(half.analysed.correlation?.straceSyscalls).toBe(whole.analysed.correlation?.straceSyscalls);
    expect(half.calls.filter(({ sources }) => sources.includes('strace'))).toHaveLength(
      whole.calls.filter(({ sources }) => sources.includes('strace')).length,
    );
  });

  test('has those as wakers that wrote to the pipe', () => {
    const woke = log.filter(({ what }) => what === 'WOKE');
    const asleep = whole.calls.filter(
      ({ name, args, blockedNs }) => name === 'read' && args.includes('<pipe:') && (blockedNs ?? 0) > 0,
    );
    expect(asleep.length).toBeGreaterThan(woke.length / 4);
    const writers = new Set(woke.map(({ tid }) => tid));
    const named = asleep.filter(({ waker }) => waker?.how === 'pipe' && writers.has(waker.tid));
    expect(named.length / asleep.length).toBeGreaterThanOrEqual(0.99);
    // And at that moment: a write of the waker ends the sleep.
    const within = named.filter(({ waker, startNs, durationNs, ptraceNs }) => {
      const from = whole.originNs + BigInt(Math.round(startNs));
      const to = from + BigInt(Math.round(durationNs + (ptraceNs ?? 0)));
      return woke.some(({ tid, before, after }) => tid === waker?.tid && before <= to && after >= from);
    });
    expect(within.length).toBe(named.length);
  });

  test('has its children, how they ended and who waited for them', () => {
    const children = log.filter(({ what }) => what === 'CHILD');
    expect(children).toHaveLength(4);
    for (const { tid: parent, number: child } of children) {
      expect(whole.events).toContainEqual(
        expect.objectContaining({ type: 'spawn', pid: parent, childPid: child, thread: false }),
      );
      expect(whole.events).toContainEqual(
        expect.objectContaining({ type: 'exit', pid: child, status: 7, last: true }),
      );
      const wait = whole.calls.find(({ name, result }) => name === 'wait4' && result === child);
      expect(wait?.waker).toMatchObject({ pid: child, how: 'child-exit' });
      const sleep = whole.calls.find(({ tid, name }) => tid === child && name === 'clock_nanosleep');
      expect(sleep).toMatchObject({ waker: { how: 'timer' } });
      expect(sleep?.blockedNs).toBeGreaterThan(29_000_000);
    }
  });
});

describeUnless(why, 'what people run', () => {
  test('a shell that forks a lot', async () => {
    const script =
      'i=0; while [ $i -lt 30 ]; do i=$((i+1)); /bin/true; echo $i | cat >/dev/null; (exit 3); done';
    const [look] = await traced({ command: ['sh', '-c', script], durationMs: 110_000 });
    expectPairs(look!, 1000);
    expectSums(look!.calls);
    const spawned = look!.events.flatMap((event) => (event.type === 'spawn' ? [event.childPid] : []));
    const ended = new Set(look!.events.flatMap((event) => (event.type === 'exit' ? [event.pid] : [])));
    expect(spawned.length).toBeGreaterThanOrEqual(30 * 3);
    expect(spawned.filter((pid) => !ended.has(pid))).toEqual([]);
  });

  test('threads that are killed in the midst of their calls', async () => {
    const program = `import os, threading, time
def work():
    while True: os.getppid()
for _ in range(6): threading.Thread(target=work, daemon=True).start()
time.sleep(0.05)
os._exit(0)`;
    const [look] = await traced({ command: ['python3', '-c', program], durationMs: 110_000 });
    expectPairs(look!, 1000);
    expectSums(look!.calls);
  });

  test('a program whose seccomp filter refuses calls, which then never begin', async () => {
    const program = `import ctypes, platform, struct
libc = ctypes.CDLL(None)
number = 39 if platform.machine() == 'x86_64' else 172
rules = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
text = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *rule) for rule in rules))
class Filter(ctypes.Structure): _fields_ = [('length', ctypes.c_ushort), ('rules', ctypes.c_void_p)]
libc.prctl(38, 1, 0, 0, 0)
libc.prctl(22, 2, ctypes.byref(Filter(len(rules), ctypes.addressof(text))), 0, 0)
for _ in range(50): libc.syscall(number)`;
    const [look] = await traced({ command: ['python3', '-c', program], durationMs: 110_000 });
    expectPairs(look!, 300);
    expect(look!.analysed.correlation?.unmatched.neverBegun).toBe(50);
    expect(look!.calls.filter(({ name, errno }) => name === 'getpid' && errno === 'EPERM')).toHaveLength(50);
  });

  test('a Node server under load', async () => {
    const file = join(directory, 'server.cjs');
    writeFileSync(
      file,
      `const http = require('http'); const { Worker, isMainThread } = require('worker_threads');
      const server = http.createServer((_, answer) => answer.end('x'.repeat(100)));
      server.listen(0, '127.0.0.1', async () => {
        const { port } = server.address();
        const once = () => new Promise((done) => http.get({ port, host: '127.0.0.1' }, (got) => got.resume().on('end', done)));
        for (let i = 0; i < 60; i++) await Promise.all([once(), once(), require('fs').promises.readFile(__filename)]);
        server.close(); process.exit(0);
      });`,
    );
    const [look] = await traced({ command: [process.execPath, file], durationMs: 110_000 });
    expectPairs(look!, 1000);
    expectSums(look!.calls);
  });

  test('a database: SQLite with transactions on disk, in four threads', async () => {
    const file = join(directory, 'database.py');
    writeFileSync(
      file,
      `import sqlite3, threading, sys
path = sys.argv[1]
first = sqlite3.connect(path, timeout=30); first.execute('create table t (a integer, b text)'); first.commit(); first.close()
def work(n):
    c = sqlite3.connect(path, timeout=30)
    for i in range(12):
        c.execute('insert into t values (?, ?)', (i, 'x' * 500)); c.commit()
        c.execute('select count(*) from t').fetchall()
    c.close()
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]`,
    );
    const command = ['python3', file, join(directory, 'data.db')] as const;
    const [look] = await traced({ command, durationMs: 110_000 });
    expectPairs(look!, 1000);
    expectSums(look!.calls);
  });
});
