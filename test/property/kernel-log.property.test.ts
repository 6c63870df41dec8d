import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StackReport } from '../../src/diagnosis/stack-types.ts';
import { interpretStacks } from '../../src/diagnosis/stacks.ts';
import { parseKernelLog } from '../../src/procfs/kernel-log/index.ts';
import { parseStack } from '../../src/procfs/stack.ts';
import { SUBSYSTEMS } from '../../src/waits/frames/index.ts';

const FUNCTIONS = [
  '__schedule',
  'schedule',
  'io_schedule',
  '__mutex_lock',
  'rwsem_down_write_slowpath',
  'percpu_rwsem_wait',
  'vfs_write',
  'folio_wait_bit_common',
  'nfs_file_write',
  'do_epoll_wait',
  'do_syscall_64',
  'entry_SYSCALL_64_after_hwframe',
  'kthread',
  'ret_from_fork',
  'worker_thread',
  'do_exit',
  'anon_pipe_read',
  'unheard_of',
  'get_signal',
  'rtnl_lock',
] as const;

const comm = fc.oneof(
  fc.constantFrom('bash', 'kworker/u8:0:12', '(sd-pam)', 'npm ci', 'task:x state:D', 'a:1', ''),
  fc.string({ maxLength: 15 }).map((name) => name.replaceAll('\n', ' ')),
);
const pid = fc.integer({ min: 1, max: 30 });
const state = fc.constantFrom('R', 'S', 'D', 'T', 't', 'Z', 'I');
const name = fc.constantFrom(...FUNCTIONS);
const frame = fc
  .tuple(
    name,
    fc.constantFrom('', '? ', '[<0>] ', '[<ffffffff8168dce9>] '),
    fc.constantFrom('', ' [nfs]', ' (T)'),
  )
  .map(([text, before, after]) => ` ${before}${text}+0x1/0x2${after}`);
const line = fc.oneof(
  { weight: 6, arbitrary: frame },
  {
    weight: 2,
    arbitrary: fc
      .tuple(comm, state, pid)
      .map(([c, s, p]) => `task:${c} state:${s} stack:0 pid:${p} ppid:2 flags:0x0`),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(comm, pid).map(([c, p]) => `INFO: task ${c}:${p} blocked for more than 120 seconds.`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(comm, pid, comm, pid)
      .map(([c, p, o, q]) => `INFO: task ${c}:${p} is blocked on a mutex likely owned by task ${o}:${q}.`),
  },
  fc.tuple(comm, state, pid).map(([c, s, p]) => `${c.padEnd(15)} ${s} 12048 ${p} 1 0x00000000`),
  fc.constantFrom(
    'Call Trace:',
    ' <TASK>',
    ' </TASK>',
    '',
    ' <IRQ>',
    ' </IRQ>',
    'RIP: 0010:x+0x1/0x2',
    '# cat /proc/7/stack',
  ),
  fc.string({ maxLength: 60 }),
);
const prefix = fc.constantFrom(
  '',
  '',
  '[  123.456789] ',
  '[  12.3][ T41] ',
  'Nov 21 03:15:48 vm kernel: ',
  '> > ',
  '<6>',
);
const log = fc
  .array(fc.tuple(prefix, line), { maxLength: 24 })
  .map((rows) => rows.map(([before, text]) => before + text).join('\n'));

function read(text: string): StackReport | undefined {
  const result = interpretStacks(text);
  return 'error' in result ? undefined : result;
}

describe('any text', () => {
  it('is read or refused, and what is said holds together', () => {
    fc.assert(
      fc.property(log, (text) => {
        const report = read(text);
        if (!report) return;
        expect(report.groups.flatMap(({ tasks }) => tasks)).toHaveLength(report.tasks.length);
        for (const task of report.tasks) {
          expect(SUBSYSTEMS).toContain(task.subsystem);
          expect(task.waitsFor).not.toBe('');
          if (task.reported) expect(task.benign).toBe(false);
          expect(task.chain?.length ?? 2).toBeGreaterThan(task.cycle ? 0 : 1);
        }
      }),
      { numRuns: 12_000 },
    );
  });

  it('of bytes does no harm', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        interpretStacks(text);
        parseStack(text);
      }),
      { numRuns: 6000 },
    );
  });
});

describe('a report', () => {
  const stack = fc.array(name, { minLength: 1, maxLength: 12 });
  const known = fc.tuple(
    fc.stringMatching(/^[a-z][\w/:-]{0,13}[a-z]$/),
    pid,
    stack,
    fc.constantFrom(
      '',
      '[  123.456789][  T41] ',
      'Nov 21 03:15:48 vm kernel: ',
      '> > > ',
      '<6>[   12.345678] ',
    ),
    fc.array(fc.constantFrom('audit: something else', 'usb 1-1: reset', ''), { maxLength: 2 }),
  );

  it('reads the same with any prefix, and other messages around it', () => {
    fc.assert(
      fc.property(known, ([who, number, frames, before, noise]) => {
        const rows = [
          ...noise,
          `INFO: task ${who}:${number} blocked for more than 120 seconds.`,
          `task:${who.padEnd(15)} state:D stack:0     pid:${number} ppid:1 flags:0x00004000`,
          'Call Trace:',
          ' <TASK>',
          ...frames.map((text) => ` ${text}+0x1/0x2`),
          ' </TASK>',
          ...noise,
        ];
        const tasks = parseKernelLog(rows.map((row) => before + row).join('\n'));
        expect(tasks).toHaveLength(1);
        expect(tasks[0]).toMatchObject({ comm: who, pid: number, state: 'D', reported: true, seconds: 120 });
        expect(tasks[0]?.frames.map((found) => found.name)).toEqual(frames);
      }),
      { numRuns: 4000 },
    );
  });
});

describe('size', () => {
  it('costs in proportion: no part of a text is looked at again and again', () => {
    // Not the clock, which a busy machine bends, but a ratio with much room: quadratic would be 16 times per 4 times.
    const pieces = [
      ' ',
      '>',
      '[',
      '[<0>] ',
      'INFO: task a:1 ',
      'task:x state:D ',
      'f+0x1/0x2 ',
      'a:1 blocked on a ',
      '0 1 ',
    ];
    for (const piece of pieces) {
      const cost = (size: number): number => {
        const text = `${piece.repeat(size)}\n`.repeat(40);
        const start = process.cpuUsage();
        interpretStacks(text);
        return process.cpuUsage(start).user;
      };
      cost(50);
      expect(cost(8000)).toBeLessThan(Math.max(cost(2000), 20_000) * 12);
    }
  });
});
