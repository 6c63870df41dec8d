import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DescriptorTables } from '../../src/trace/ledgers/descriptors/tables.ts';
import { describeUnless, whyNoRecording } from '../support/recorders.ts';
import { compiled } from './compiled.ts';
import { type Ledgered, ledgered } from './ledgered.ts';

const why = await whyNoRecording();

/** One each 30 ms: three seconds and more. */
const LEAKS = 110;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'procdiag-ledgers-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** `FD TARGET`, less the standard ones: the truth of the test's own surroundings. */
function own(lines: readonly string[]): string[] {
  return lines
    .filter((line) => Number.parseInt(line, 10) > 2)
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

/** strace writes some targets in another way than the links of /proc. */
function plain(target: string): string {
  return target.replace(/ \(deleted\)$/, '').replace(/^anon_inode:\[?(\w+)\]?$/, 'anon_inode:$1');
}

describeUnless(why, 'the ledgers of real programs', () => {
  test.each([1, 2])('know what each process holds to its end (%i)', async (seed) => {
    const file = join(directory, `truth-${seed}`);
    const { events, opening } = await ledgered({
      command: [compiled('descriptors'), file, String(seed), '300'],
    });
    const held = new Map<number, string[]>();
    const tables = new DescriptorTables(opening.descriptors);
    tables.observe({
      ending({ pid, slots }) {
        held.set(
          pid,
          own([...slots.values()].map(({ fd, description }) => `${fd} ${plain(description.what)}`)),
        );
      },
    });
    for (const event of events) tables.event(event);
    const truths = readdirSync(directory).filter((name) => name.startsWith(`truth-${seed}.`));
    expect(truths).toHaveLength(7);
    for (const name of truths) {
      const lines = readFileSync(join(directory, name), 'utf8').split('\n').filter(Boolean);
      const truth = own(
        lines.map((line) => line.replace(/^(\d+) (.*)$/s, (_, fd, target) => `${fd} ${plain(target)}`)),
      );
      const told = held.get(Number(name.split('.')[1])) ?? [];
      expect(told.map((line) => Number.parseInt(line, 10))).toEqual(
        truth.map((line) => Number.parseInt(line, 10)),
      );
      // Two threads at once: strace may look for the name of a descriptor when the other one has already closed it.
      expect(told.filter((line, i) => line !== truth[i]).length).toBeLessThanOrEqual(3);
    }
  });

  describe.each([
    ['strace and perf', { strace: true, perf: true }],
    ['strace', { strace: true, perf: false }],
    ['perf', { strace: false, perf: true }],
  ] as const)('recorded by %s', (_, sources) => {
    let told: Ledgered;
    let pid: number;
    beforeAll(async () => {
      const books = spawn(compiled('books'), [directory, String(LEAKS)], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      try {
        pid = books.pid ?? 0;
        const stop = new AbortController();
        books.stdout.once('data', () => stop.abort());
        books.once('exit', () => stop.abort());
        told = await ledgered(
          {
            pid,
            durationMs: 60_000,
            stop: stop.signal,
            onProgress: ({ stage }) => void (stage === 'recording' && books.stdin.write('g')),
          },
          sources,
        );
      } finally {
        books.kill('SIGKILL');
      }
    });
    const brief = () =>
      told.findings
        .filter(({ culprit }) => culprit?.pid === pid)
        .map(({ severity, cause }) => `${severity} ${cause}`)
        .sort();
    const words = sources.strace;

    test('has the children with their ends', () => {
      const { totals, processes, zombies } = told.books.processes;
      expect(totals).toMatchObject({ spawned: 4, exited: 3, reaped: 2, zombies: 1, orphaned: 0 });
      const ends = processes.items.filter(({ parentPid, exit }) => parentPid === pid && exit !== undefined);
      expect(ends.map(({ state, exit }) => `${state} ${exit?.signal ?? exit?.status}`).sort()).toEqual([
        'reaped 3',
        // perf does not tell what a signal has ended.
        words ? 'reaped SIGTERM' : 'reaped undefined',
        'zombie 0',
      ]);
      expect(processes.items.find(({ comm }) => comm === 'sleep')).toMatchObject({
        state: 'alive',
        parentPid: pid,
      });
      expect(zombies.items).toEqual([expect.objectContaining({ parentPid: pid })]);
    });

    test('has the descriptors with the calls that made them', () => {
      const { totals, left, inherited } = told.books.descriptors;
      expect(left.items.find(({ call }) => call === 'openat')).toMatchObject({
        pid,
        opened: 2 * LEAKS + 1,
        left: LEAKS,
        ...(words ? { what: { '/etc/passwd': expect.any(Number) } } : {}),
      });
      expect(totals).toMatchObject(words ? { passed: 1, received: 1, pairs: 2 } : { unknownMade: 4 });
      expect(inherited.items).toEqual([
        expect.objectContaining({ comm: 'sleep', fromPid: pid, alive: true }),
      ]);
      expect(inherited.items[0]?.descriptors.items.map(({ call }) => call)).toEqual(['socket']);
    });

    test('has the watches', () => {
      const { totals } = told.books.watches;
      expect(totals).toMatchObject({
        inotifyInstances: 1,
        inotifyAdded: 3,
        inotifyRemoved: 1,
        inotifyLeft: 2,
        epollAdded: 1,
        failed: { ENOENT: 1, EBADF: 1 },
        ...(words ? { epollStale: 1 } : {}),
      });
    });

    test('has the signals', () => {
      const { sent, dispositions, undelivered, totals } = told.books.signals;
      expect(
        sent.items.filter(({ fromPid }) => fromPid === pid).map(({ signal, count }) => [signal, count]),
      ).toEqual([
        ['SIGTERM', 2],
        ['SIGHUP', 1],
      ]);
      if (!words) return;
      expect(totals.ignored).toBe(2);
      expect(undelivered.items).toEqual([
        expect.objectContaining({ signal: 'SIGHUP', toPid: pid, why: 'blocked' }),
      ]);
      expect(dispositions.items.find((item) => item.pid === pid)).toMatchObject({
        ignored: ['SIGTERM'],
        blocked: ['SIGHUP'],
        changes: { items: [{ signal: 'SIGTERM', to: 'ignored', byTid: pid }] },
      });
    });

    test('says what is wrong, and no more', () => {
      // How long it took, and so how long it has left its zombie, is the machine's matter.
      const { oldestNs } = told.books.processes.unreaping.items[0]!;
      expect(oldestNs).toBeGreaterThan(2e9);
      const old = oldestNs >= 5e9;
      expect(brief()).toEqual([
        ...(old ? [] : ['info zombie-parent-not-waiting']),
        ...(words ? ['warning epoll-stale'] : []),
        'warning fd-inherited',
        'warning fd-leak',
        ...(words ? ['warning signal-blocked-pending', 'warning signal-ignored'] : []),
        ...(old ? ['warning zombie-parent-not-waiting'] : []),
      ]);
    });
  });

  test.each([
    [
      'a shell loop that forks and reaps',
      [
        'sh',
        '-c',
        'i=0; while [ $i -lt 15 ]; do /bin/true; echo | cat >/dev/null; sleep 0.1; i=$((i+1)); done',
      ],
    ],
    [
      'a server that starts programs and keeps connections alive',
      [
        process.execPath,
        '-e',
        `const http = require('http'), { exec } = require('child_process');
        const server = http.createServer((_, answer) => exec('echo hi', (_, out) => answer.end(out))).listen(0, () => {
          const agent = new http.Agent({ keepAlive: true });
          let n = 0;
          const timer = setInterval(() => {
            http.get({ port: server.address().port, agent }, (answer) => answer.resume());
            if (++n === 20) { clearInterval(timer); setTimeout(() => process.exit(0), 300); }
          }, 100);
        });`,
      ],
    ],
  ] as const)('find nothing wrong with %s', async (_, command) => {
    const { findings, books } = await ledgered({ command: [...command] as [string, ...string[]] });
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(books.processes.totals.spawned).toBeGreaterThan(15);
    expect(books.processes.totals).toMatchObject({ zombies: 0 });
  });
});
