import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenLab, openLab } from '../../src/lab/lab.ts';
import { type Attacked, ask, attack, mishaps } from './attack.ts';
import { startHostile } from './hostile-program.ts';

interface Report {
  target: { pid: number; comm: string; cmdline?: string[]; threads: number };
  verdict: { state: string };
  findings: { severity: string; culprit?: { pid?: number } }[];
  unseen: { what: string }[];
}

let lab: OpenLab;
beforeAll(async () => {
  lab = await openLab({ maxSeconds: 900 });
});
afterAll(() => lab.close());

/** Asks in all forms; gives the report, of which no trouble is expected. */
async function inspectAll(pid: number): Promise<Report> {
  const forms = [['--json'], [], ['--threads']];
  const runs: Attacked[] = [];
  for (const form of forms) runs.push(await ask(['inspect', String(pid), ...form]));
  expect(runs.flatMap(mishaps)).toEqual([]);
  const report = JSON.parse(runs[0]!.stdout) as Report;
  expect(report.findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
  return report;
}

const NAMES: readonly [what: string, bytes: string, shown: string][] = [
  ['escape codes', '\x1b[31mred\x07', '\u001b[31mred\u0007'],
  ['newlines', '\nState:\tZ\n', '\nState:\tZ\n'],
  ['the end of its field', ') Z 0 0 (', ') Z 0 0 ('],
  ['blanks', '  \t ', '  \t '],
  ['invalid UTF-8', '\xff\xfe\x80', ''],
  ['a C1 control', '\x9b31m', ''],
];

describe('a process whose name has', () => {
  test.each(NAMES)('%s', async (_what, bytes, shown) => {
    const { pid } = await startHostile(lab, 'name', Buffer.from(bytes, 'latin1').toString('hex'));
    const report = await inspectAll(pid);
    if (shown !== '') expect(report.target.comm).toBe(shown);
  });
});

describe('a process with', () => {
  test('arguments of escape codes, newlines and NULs', async () => {
    const { pid } = await startHostile(lab, 'arguments', 'x'.repeat(4000));
    expect((await inspectAll(pid)).target.cmdline?.length).toBeGreaterThan(10);
  });

  test('two megabytes of arguments, all of them newlines', async () => {
    const lines = Array.from({ length: 15 }, () => '\n'.repeat(130_000));
    const { pid } = await startHostile(lab, 'name', '61', lines);
    const { target, unseen } = await inspectAll(pid);
    expect(target.cmdline?.join('').length).toBeGreaterThan(90_000);
    expect(unseen.some(({ what }) => /command line/.test(what))).toBe(true);
  });

  test('arguments that are no longer mapped', async () => {
    const { pid } = await startHostile(lab, 'unmapped', 'x');
    await inspectAll(pid);
  });

  test('as many descriptors as it may have', async () => {
    const { pid } = await startHostile(lab, 'descriptors', '15000');
    await inspectAll(pid);
  });

  test('ten thousand threads', async () => {
    const { pid } = await startHostile(lab, 'threads', '10000');
    const report = await inspectAll(pid);
    expect(report.target.threads).toBe(10_001);
    expect(report.unseen.some(({ what }) => /threads in full/.test(what))).toBe(true);
  });

  test('files and sockets named like other things: nobody else is blamed for certain', async () => {
    const dir = join(lab.dir, 'files');
    mkdirSync(dir);
    const { pid } = await startHostile(lab, 'files', dir);
    const ran = await attack(['inspect', String(pid), '--json']);
    expect(mishaps(ran)).toEqual([]);
    const { findings } = JSON.parse(ran.stdout) as {
      findings: { chain: { confidence: string; to: { kind: string; pid?: number } }[] }[];
    };
    const sure = findings
      .flatMap(({ chain }) => chain)
      .filter(({ to, confidence }) => to.pid !== undefined && confidence === 'certain');
    expect(sure).toEqual([]);
  });
});

describe('a process that does not keep still:', () => {
  test.each(['execs', 'forks'])('it %s all the time', async (kind) => {
    const { pid } = await startHostile(lab, kind, 'x');
    for (let time = 0; time < 5; time++) {
      const ran = await attack(['inspect', String(pid), '--json']);
      expect(mishaps(ran)).toEqual([]);
      expect(
        (JSON.parse(ran.stdout) as Report).findings.filter(({ severity }) => severity !== 'info'),
      ).toEqual([]);
    }
  });

  test('it ends at some moment of the look', async () => {
    const codes: (number | undefined)[] = [];
    const one = async (nth: number) => {
      const { pid } = await lab.start('sleep', ['600']);
      const run = attack(['inspect', String(pid), '--json']);
      await pause(nth * 12);
      process.kill(pid, 'SIGKILL');
      const ran = await run;
      expect(mishaps(ran)).toEqual([]);
      JSON.parse(ran.stdout);
      codes.push(ran.code);
    };
    const atOnce = 4;
    for (let nth = 0; nth < 16; nth += atOnce)
      await Promise.all(Array.from({ length: atOnce }, (_, which) => one(nth + which)));
    expect(codes.filter((code) => code !== 0 && code !== 2)).toEqual([]);
    expect(codes).toContain(2);
  });

  test('its number is given to others', async () => {
    // In a PID namespace of its own: there the next number can be chosen.
    const script = `
      spawn() { echo 299 > /proc/sys/kernel/ns_last_pid; "$@" & }
      spawn sleep 60
      echo ready
      while :; do
        for next in "tail -f /dev/null" "sleep 60"; do
          kill -KILL 300 2>/dev/null; wait 300 2>/dev/null; spawn $next
          echo 1000 > /proc/sys/kernel/ns_last_pid
          sleep 0.0$((RANDOM % 8))
        done
      done`;
    const { pid, line } = await lab.start('unshare', ['-pf', '--mount-proc', 'bash', '-c', script], {
      stdio: 'lines',
    });
    await line();
    const init = lab.children(pid)[0]!;
    for (let time = 0; time < 12; time++) {
      const argv = ['inspect', '300', '--json', '--proc', `/proc/${init}/root/proc`];
      const ran = await attack(argv);
      expect(mishaps(ran)).toEqual([]);
      if (ran.code === 2) continue;
      const { target } = JSON.parse(ran.stdout) as Report;
      // None: in the middle of its execve.
      expect([target.comm, undefined]).toContain(target.cmdline?.[0]);
    }
  });
});

describe('numbers', () => {
  test.each(['0', '-1', '4194305', '99999999999999', 'abc', '1e3', '1;id', '\x1b[31m', '1.5', ''])(
    '%j is no process',
    async (word) => {
      const ran = await attack(['inspect', word]);
      expect(mishaps(ran)).toEqual([]);
      expect(ran.code).toBe(2);
      expect(ran.stderr).toMatch(/^procdiag: .+\n/);
    },
  );

  test('PID 1, a kernel thread, a thread, ourselves and our parent are answered', async () => {
    const thread = readdirSync(`/proc/${process.pid}/task`).at(-1)!;
    const kernel = readdirSync('/proc').find((name) => /^Kthread:\t1/m.test(status(name)));
    for (const pid of ['1', thread, String(process.pid), ...(kernel === undefined ? [] : [kernel])]) {
      const ran = await attack(['inspect', pid, '--json']);
      expect(mishaps(ran)).toEqual([]);
      // An init that even root may not look into is unknown, which is an answer too.
      const { state } = (JSON.parse(ran.stdout) as { verdict: { state: string } }).verdict;
      expect(ran.code === 2, pid).toBe(state === 'unknown');
    }
    // The number of the shell becomes procdiag's own.
    const ran = await attack(['inspect', '--json'], { wrapper: ['sh', '-c', 'exec "$@" "$$"', 'sh'] });
    expect(mishaps(ran)).toEqual([]);
    expect((JSON.parse(ran.stdout) as Report).target.comm).toBe('node');
  });
});

const status = (name: string): string => {
  try {
    return readFileSync(`/proc/${name}/status`, 'latin1');
  } catch {
    return '';
  }
};
