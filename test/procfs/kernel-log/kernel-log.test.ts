import { describe, expect, it } from 'vitest';
import { type LoggedTask, parseKernelLog } from '../../../src/procfs/kernel-log/index.ts';

const sure = (task: LoggedTask | undefined): string[] =>
  (task?.frames ?? []).filter(({ uncertain }) => !uncertain).map(({ name }) => name);
const text = (...rows: string[]): string => `${rows.join('\n')}\n`;
const TRACE = [
  'Call Trace:',
  ' <TASK>',
  ' __schedule+0x1/0x2',
  ' ? leftover+0x1/0x2',
  ' schedule+0x1/0x2',
  ' do_wait+0x1/0x2',
  ' </TASK>',
];

describe('reports of khungtaskd', () => {
  it.each([
    [
      '7.2',
      'task:my prog         state:D stack:0     pid:812   tgid:812   ppid:1      task_flags:0x400000 flags:0x00080800',
    ],
    ['6.12', 'task:my prog         state:D stack:0     pid:812   tgid:812   ppid:1    flags:0x00000002'],
    ['6.1', 'task:my prog         state:D stack:0     pid:812   ppid:1     flags:0x00000002'],
    ['5.10', 'task:my prog         state:D stack:    0 pid:  812 ppid:     1 flags:0x00000002'],
    ['5.4', 'my prog         D    0   812      1 0x00004000'],
    ['4.20', 'my prog         D21864   812      1 0x80000000'],
    ['3.10', 'my prog         D ffffffff8168bd60     0   812      1 0x00000004'],
    ['2.6.38', 'my prog         D 0000000000000001     0   812      1 0x00000000'],
    ['2.6.24 on x86-64', 'my prog       D 0000000100d78984     0   812      1'],
    ['2.6.18 on i386', 'my prog         D C04140A0     0   812      1           739     9 (L-TLB)'],
    ['2.6.18 on powerpc', 'my prog       D 0FAA793C     0   812      1                     (NOTLB)'],
  ])('of %s', (_kernel, head) => {
    const tasks = parseKernelLog(
      text(
        'INFO: task my prog:812 blocked for more than 120 seconds.',
        '      Not tainted 6.1.0 #1',
        head,
        ...TRACE,
      ),
    );
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({
      comm: 'my prog',
      pid: 812,
      state: 'D',
      reported: true,
      seconds: 120,
      ppid: 1,
    });
    expect(sure(tasks[0])).toEqual(['__schedule', 'schedule', 'do_wait']);
  });

  it('reads the wording for I/O waits', () => {
    const [task] = parseKernelLog(
      text('INFO: task a:b:12 blocked in I/O wait for more than 9 seconds.', ...TRACE),
    );
    expect(task).toMatchObject({ comm: 'a:b', pid: 12, ioWait: true, seconds: 9, reported: true });
  });

  it('makes one task of repeated reports, with the longest time', () => {
    const report = (seconds: number): string[] => [
      `INFO: task x:5 blocked for more than ${seconds} seconds.`,
      'task:x state:D stack:0 pid:5 tgid:5 ppid:2 task_flags:0x200040 flags:0x0',
      ...TRACE,
    ];
    const tasks = parseKernelLog(text(...report(120), ...report(241)));
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({ seconds: 241, times: 2, kthread: true });
  });

  it.each([
    [
      'INFO: task b:2 is blocked on a mutex likely owned by task o:w:3.',
      2,
      { pid: 3, comm: 'o:w', lock: 'mutex' },
    ],
    [
      'INFO: task b:2 blocked on a semaphore likely last held by task own:3',
      2,
      { pid: 3, comm: 'own', lock: 'semaphore' },
    ],
    [
      'INFO: task b:2 <writer> blocked on an rw-semaphore likely owned by task own:3 <reader>',
      2,
      { pid: 3, comm: 'own', lock: 'rw-semaphore', ownerRole: 'reader' },
    ],
  ])('reads %s', (line, pid, blocker) => {
    const tasks = parseKernelLog(
      text(
        'INFO: task b:2 blocked for more than 9 seconds.',
        'task:b state:D stack:0 pid:2 ppid:1 flags:0x0',
        ...TRACE,
        line,
        'task:own state:S stack:0 pid:3 ppid:1 flags:0x0',
        ...TRACE,
      ),
    );
    expect(tasks.map((task) => task.pid)).toEqual([2, 3]);
    expect(tasks.find((task) => task.pid === pid)?.blocker).toEqual(blocker);
    expect(tasks[1]).toMatchObject({ state: 'S', reported: false });
  });

  it('notes a lock whose owner the kernel did not find', () => {
    const [task] = parseKernelLog(
      text(
        'INFO: task b:2 blocked for more than 9 seconds.',
        ...TRACE,
        'INFO: task b:2 is blocked on a mutex, but the owner is not found.',
      ),
    );
    expect(task).toMatchObject({ lock: 'mutex' });
    expect(task?.blocker).toBeUndefined();
  });

  it('joins what a mailer wrapped', () => {
    const tasks = parseKernelLog(
      text(
        '[ 10.000000] INFO: task prog:7 blocked for more',
        'than 122 seconds.',
        '[ 10.000001] task:prog            state:D stack:0     pid:7',
        'tgid:7     ppid:',
        '12 flags:0x00004000',
        '[ 10.000002] Call Trace:',
        '[ 10.000003]  ? __pfx_nvme_x+0x10/0x10',
        '[nvme_core]',
        '[ 10.000004]  do_wait+0x1/0x2',
        '[ 10.000005] INFO: task prog:7 is blocked on a mutex likely owned by task',
        'other:8.',
      ),
    );
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({
      pid: 7,
      tgid: 7,
      ppid: 12,
      seconds: 122,
      blocker: { pid: 8, comm: 'other' },
    });
    expect(tasks[0]?.frames[0]).toMatchObject({ module: 'nvme_core', uncertain: true });
  });

  it.each([
    ['D', '0000000000000001     0   812      1 0x00000000'],
    ['D 0000000000000001     0', '812      1 0x00000000'],
    ['D    0   812      1', '0x00004000'],
  ])('joins an old header that was cut behind %s', (begin, rest) => {
    const tasks = parseKernelLog(text(`[  1.234567] my prog         ${begin}`, rest, ...TRACE));
    expect(tasks).toMatchObject([{ comm: 'my prog', pid: 812, state: 'D', frames: [{}, {}, {}, {}] }]);
  });

  it('keeps the mark of a leftover that was cut off it', () => {
    const tasks = parseKernelLog(
      text(...TRACE, '[<ffffffff81229c28>] ?', 'rcu_read_lock_held+0x1/0x2').replace(' </TASK>\n', ''),
    );
    expect(tasks[0]?.frames.at(-1)).toMatchObject({ name: 'rcu_read_lock_held', uncertain: true });
  });

  it('leaves lines that only look like the begin of an old header', () => {
    const [task] = parseKernelLog(text('vitamin D', '# cat /proc/7/stack', '[<0>] do_wait+0x1/0x2'));
    expect(task).toMatchObject({ pid: 7 });
  });

  it('joins the folded lines of a mail', () => {
    const tasks = parseKernelLog(
      text(
        'Jun 26 12:23:15 host kernel: [87603.066240] INFO: task my prog:812 blocked fo=',
        'r more than 120 seconds.',
        'Jun 26 12:23:15 host kernel: [87603.066240]  schedule_timeout+0x258/0x26000=',
        '360',
        'Jun 26 12:23:15 host kernel: [87603.066241]  do_wait+0x1/0x2',
      ),
    );
    expect(tasks).toMatchObject([{ pid: 812, frames: [{ name: 'schedule_timeout' }, { name: 'do_wait' }] }]);
  });

  it.each([
    ['several PIDs', ['7', '[<0>] do_wait+0x1/0x2', '8', '[<0>] do_wait+0x1/0x2'], [7, 8]],
    [
      'several threads',
      ['== /proc/5/task/7', '[<0>] do_wait+0x1/0x2', '== /proc/5/task/8', '[<0>] do_wait+0x1/0x2'],
      [7, 8],
    ],
  ])('reads what a loop over %s prints', (_what, rows, pids) => {
    expect(parseKernelLog(text(...rows)).map(({ pid }) => pid)).toEqual(pids);
  });

  it('makes one task of reports that were printed before their stack came', () => {
    const report = 'INFO: task my prog:812 blocked for more than 241 seconds.';
    expect(
      parseKernelLog(text(report, report, 'my prog D    0   812      1 0x00004000', ...TRACE)),
    ).toMatchObject([{ pid: 812, seconds: 241, frames: [{}, {}, {}, {}] }]);
  });

  it.each([
    ['shortened', 'my_prog:812 blocked for more than 241 seconds'],
    [
      'of journalctl -o json',
      '{"PRIORITY":"3","MESSAGE":"INFO: task my_prog:812 blocked for more than 241 seconds."}',
    ],
    ['in colours', '\x1b[32m[   12.345678] \x1b[0mINFO: task my_prog:812 blocked for more than 241 seconds.'],
    [
      'of MediaTek',
      '<3>[  242.12] (0)[48:khungtaskd]INFO: task my_prog:812 blocked for more than 241 seconds.',
    ],
  ])('reads a report %s', (_what, line) => {
    expect(parseKernelLog(text(line))).toMatchObject([{ comm: 'my_prog', pid: 812, reported: true }]);
  });

  it('reads a log inside of a JSON string', () => {
    const report = ['INFO: task my prog:812 blocked for more than 120 seconds.', ...TRACE].join('\\n');
    expect(parseKernelLog(`{"message": "${report}\\n","stream":"stdout"}`)).toMatchObject([
      { pid: 812, frames: [{ name: '__schedule' }, {}, {}, { name: 'do_wait' }] },
    ]);
  });

  it('leaves out a trace whose begin is not in the log', () => {
    const tasks = parseKernelLog(
      text(
        ' load_module+0x1/0x2',
        ' do_syscall_64+0x1/0x2',
        'INFO: task my prog:812 blocked for more than 120 seconds.',
        ...TRACE,
      ),
    );
    expect(tasks.map(({ pid }) => pid)).toEqual([812]);
  });

  it('joins what quoted-printable cut', () => {
    const [task] = parseKernelLog(
      text(
        '[ 1.000000] INFO: task kworker/u16:9:=',
        '70',
        'blocked for more than 120 seconds.',
        '[ 1.000001] ?',
        'leftover+0x1/0x2 [x]',
        '[ 1.000002] do_wait+0x1/0x=',
        '2',
      ),
    );
    expect(task).toMatchObject({ comm: 'kworker/u16:9', pid: 70, seconds: 120 });
    expect(sure(task)).toEqual(['do_wait']);
  });

  it('reads a log that stands upside down', () => {
    const rows = [
      'INFO: task b:2 blocked for more than 9 seconds.',
      'task:b state:D stack:0 pid:2 ppid:1 flags:0x0',
      ...TRACE,
    ];
    expect(parseKernelLog(text(...rows.reverse()))).toMatchObject([{ comm: 'b', pid: 2, reported: true }]);
    expect(sure(parseKernelLog(text(...rows))[0])).toEqual(['__schedule', 'schedule', 'do_wait']);
  });

  it('tells interleaved writers apart', () => {
    const tasks = parseKernelLog(
      text(
        '[ 1.000000][ T10] task:one state:D stack:0 pid:1 ppid:0 flags:0x0',
        '[ 1.000001][ T11] task:two state:D stack:0 pid:2 ppid:0 flags:0x0',
        '[ 1.000002][ T10]  first_wait+0x1/0x2',
        '[ 1.000003][ T11]  second_wait+0x1/0x2',
        '[ 1.000004][ T10]  first_caller+0x1/0x2',
      ),
    );
    expect(tasks.map(sure)).toEqual([['first_wait', 'first_caller'], ['second_wait']]);
  });

  it('keeps the frames behind an exception, and leaves out interrupts and other CPUs', () => {
    const tasks = parseKernelLog(
      text(
        'task:w state:D stack:0 pid:4 ppid:1 flags:0x0',
        'Call Trace:',
        ' <IRQ>',
        ' irq_thing+0x1/0x2',
        ' </IRQ>',
        ' <TASK>',
        ' filemap_fault+0x1/0x2',
        ' asm_exc_page_fault+0x1/0x2',
        'RIP: 0010:copy_user+0x1/0x2',
        'RSP: 0018:ffff EFLAGS: 00050202',
        'RAX: 0000000000000000 RBX: 0000000000000001',
        ' anon_pipe_write+0x1/0x2',
        ' </TASK>',
        'NMI backtrace for cpu 0',
        'CPU: 0 PID: 26 Comm: khungtaskd Not tainted 6.1 #1',
        'Call Trace:',
        ' nmi_cpu_backtrace+0x1/0x2',
      ),
    );
    expect(tasks).toHaveLength(1);
    expect(sure(tasks[0])).toEqual(['filemap_fault', 'asm_exc_page_fault', 'anon_pipe_write']);
  });
});

describe('/proc/PID/stack', () => {
  const STACK = ['[<0>] do_wait+0x1/0x2', '[<0>] entry_SYSCALL_64_after_hwframe+0x1/0x2'];

  it.each([
    ['# cat /proc/4711/stack', 4711],
    ['==> /proc/1/task/4711/stack <==', 4711],
    ['user@host:/proc/4711$ sudo cat stack', 4711],
    ['$ more /proc/self/stack', undefined],
  ])('after %s', (line, pid) => {
    const tasks = parseKernelLog(text(line, '', ...STACK));
    expect(tasks).toHaveLength(1);
    expect(tasks[0]?.pid).toBe(pid);
  });

  it.each([
    ['tail in /proc', '==> 7/stack <=='],
    ['tail of a thread', '==> 5/task/7/stack <=='],
    ['a script', '===> 5[7]/stack <==='],
    ['a shell in /proc', '/proc # cat 7/stack'],
  ])('takes the PID from %s', (_what, heading) => {
    const tasks = parseKernelLog(text('some prose', heading, '[<0>] do_wait+0x1/0x2'));
    expect(tasks).toMatchObject([{ pid: 7, frames: [{ name: 'do_wait' }] }]);
  });

  it('takes the name from ps -f', () => {
    const [task] = parseKernelLog(
      text(
        'UID          PID    PPID  C STIME TTY          TIME CMD',
        'me             7       5  0 17:34 pts/1    00:00:00 ./prog',
        '# cat /proc/7/stack',
        '[<0>] do_wait+0x1/0x2',
      ),
    );
    expect(task).toMatchObject({ pid: 7, ppid: 5, comm: 'prog' });
  });

  it('takes the name from ps with a column for the function', () => {
    const tasks = parseKernelLog(
      text(
        '7 D txg_rele_to_sync                 [z_wr_int_h/0]',
        '8 S do_wait [prog]',
        '# cat /proc/7/stack',
        '[<0>] do_wait+0x1/0x2',
        '# cat /proc/8/stack',
        '[<0>] do_wait+0x1/0x2',
      ),
    );
    expect(tasks.map(({ comm, state }) => [comm, state])).toEqual([
      ['z_wr_int_h/0', 'D'],
      ['prog', 'S'],
    ]);
  });

  it('takes name and state from ps', () => {
    const [task] = parseKernelLog(
      text(
        '    PID TTY      STAT WCHAN   TIME COMMAND',
        '   4711 pts/2    D+   x       0:00 /usr/bin/cat',
        '# cat /proc/4711/stack',
        ...STACK,
      ),
    );
    expect(task).toMatchObject({ pid: 4711, comm: 'cat', state: 'D' });
  });

  it('splits stacks that follow each other, and those of grep', () => {
    expect(parseKernelLog(text(...STACK, ...STACK))).toHaveLength(2);
    const greped = parseKernelLog(
      text(...STACK.map((row) => `/proc/5/stack:${row}`), ...STACK.map((row) => `/proc/6/stack:${row}`)),
    );
    expect(greped.map(({ pid, frames }) => [pid, frames.length])).toEqual([
      [5, 2],
      [6, 2],
    ]);
  });

  it('does not split at a fault inside of a system call', () => {
    const rows = [
      '[<0>] filemap_fault+0x1/0x2',
      '[<0>] asm_exc_page_fault+0x1/0x2',
      '[<0>] anon_pipe_write+0x1/0x2',
    ];
    expect(parseKernelLog(text(...rows))).toHaveLength(1);
  });

  it('reads headings that people write', () => {
    const tasks = parseKernelLog(text('=== 12: writer_thread ===', ...STACK, 'reader (13):', ...STACK));
    expect(tasks.map(({ pid, comm }) => [pid, comm])).toEqual([
      [12, 'writer_thread'],
      [13, 'reader'],
    ]);
  });

  it('reads two columns', () => {
    const tasks = parseKernelLog(
      text(
        '[<0>] ptrace_stop+0x1/0x2     [<0>] do_sys_poll+0x1/0x2',
        '                              [<0>] __x64_sys_poll+0x1/0x2',
      ),
    );
    expect(tasks.map(sure)).toEqual([['ptrace_stop'], ['do_sys_poll', '__x64_sys_poll']]);
  });
});

it('finds nothing in other text', () => {
  expect(parseKernelLog('')).toEqual([]);
  expect(parseKernelLog('usb 1-1: new device\nall is well\n')).toEqual([]);
});
