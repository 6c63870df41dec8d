import { describe, expect, it } from 'vitest';
import { bytesIn } from '../../../src/trace/perf/byte-source.ts';
import { openPerf } from '../../../src/trace/perf/open.ts';
import { openPerfText } from '../../../src/trace/perf/script/open-text.ts';
import type { PerfTextSource } from '../../../src/trace/perf/script/text-base.ts';
import { aliasesIn, likeTheirs, sameFunctions, stamped } from './comparing.ts';
import {
  asScripted,
  countKinds,
  type Row,
  recordedBytes,
  recordedSymbols,
  recordedText,
  rowsOf,
} from './recorded.ts';

function open(text: string, originNs = 0n): PerfTextSource {
  const source = openPerfText(bytesIn(Buffer.from(text, 'latin1')), originNs);
  if ('refused' in source) throw new Error(source.refused);
  return source;
}

/** The only row of a text. */
function rowOf(text: string): Row {
  const source = open(text);
  const rows = rowsOf(source);
  expect(source.complaints).toEqual([]);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

const recordedAliases = (kernel: string) => aliasesIn(recordedText(`${kernel}/kallsyms.txt`));

describe.each(['.', '5.10', '7.3'])('text and file of one recording, of kernel %s', (kernel) => {
  it.each(['tree', 'host'])('give the same rows (%s)', (name) => {
    const fromFile = openPerf(bytesIn(recordedBytes(`${kernel}/${name}.data`)), {
      originNs: 0n,
      symbolise: recordedSymbols(kernel),
    });
    const fromText = openPerf(bytesIn(recordedBytes(`${kernel}/${name}.script.txt`)), { originNs: 0n });
    if ('refused' in fromFile || 'refused' in fromText) throw new Error('refused');
    const file = asScripted(rowsOf(fromFile));
    const text = rowsOf(fromText);
    expect(countKinds(file)).toEqual(countKinds(text));
    const [mine, theirs] = likeTheirs(stamped(file), stamped(text));
    expect(mine).toEqual(theirs);
    expect(sameFunctions(stamped(file), stamped(text), recordedAliases(kernel))).toBeGreaterThan(0.98);
    expect([...fromFile.complaints, ...fromText.complaints]).toEqual([]);
  });
});

describe('text with a header', () => {
  it('tells where it is from', () => {
    const { header } = open(recordedBytes('sampled.script.txt').toString('latin1'));
    expect(header).toMatchObject({
      clock: 'perf',
      hostname: 'vm',
      arch: 'x86_64',
      perfVersion: '6.1.187',
      events: ['cpu-clock', 'page-faults'],
    });
    expect(header.cmdline?.slice(0, 2)).toEqual(['/usr/bin/perf', 'record']);
  });

  it('reads the clock and the moment on both clocks', () => {
    const { header } = open(
      '# clockid: monotonic (1)\n# reference time: 2026-11-25 21:46:26.052331 = 1795643186.052331 (TOD) = 575.736471232 (monotonic)\nsh 1 2.000000: cycles:\n',
    );
    expect(header.clock).toBe('monotonic');
    expect(header.reference).toEqual({ realNs: 1_795_643_186_052_331_000n, clockNs: 575_736_471_232n });
  });
});

describe('text with the header of an older perf', () => {
  it('reads the clock off the events', () => {
    const { header } = open(
      '# event : name = sched:sched_switch, , id = { 1 }, type = 2, use_clockid = 1, clockid = 1\nsh 1 2.000000: cycles:\n',
    );
    expect(header.clock).toBe('monotonic');
  });
});

describe('the first line of a record', () => {
  it.each([
    ['sh 5874 [001] 10.000002: cycles:', { pid: 5874, tid: 5874, cpu: 1, at: 10_000_002_000, a: 1 }],
    [' 5874/5875 [000] 10.000000002: cycles:', { pid: 5874, tid: 5875, cpu: 0, at: 10_000_000_002 }],
    ['sh 5874 10.000002:   250000 cycles:P: ', { a: 250_000, cpu: -1, text: 'cycles:P' }],
    ['perf-exec  108331 75359.756048:          1 cpu_core/cycles/P: ', { text: 'cpu_core/cycles/P', a: 1 }],
    ['a b: 3/4 [000] 9.5: 12/13 [002] 10.000002: cycles:', { pid: 12, tid: 13, cpu: 2 }],
    ['7 1.000000: a: 12/13 [002] 10.000002: cycles:', { pid: 12, tid: 13, cpu: 2, text: 'cycles' }],
    ['sh 12/13 [002] 10.000002: probe:x: 7 1.000000: a:', { pid: 12, tid: 13, text: 'probe:x' }],
    ['> sh 5874 [001] 10.000002: cycles:', { pid: 5874, cpu: 1 }],
    [':-1 -1/-1 [001] 10.000002: cycles:', { pid: -1, tid: -1, cpu: 1 }],
    ['swapper     0 [000] K 10.000002: cycles:', { pid: 0, cpu: 0 }],
    ['10.000002: cycles:', { pid: -1, tid: -1, cpu: -1, at: 10_000_002_000 }],
    ['node-v011 31912 cpu-clock: ', { pid: 31912, tid: 31912, at: 0, text: 'cpu-clock' }],
    ['sh 12 10.000002: ffffffff81001408 do_it', { text: '', stack: ['do_it'] }],
  ])('%s', (line, expected) => {
    expect(rowOf(`${line}\n`)).toMatchObject({ kind: 'sample', ...expected });
  });

  it('counts times from the origin, exactly', () => {
    const text = 'sh 1 9007199254.740993001: cycles:\n';
    expect(rowsOf(open(text, 9_007_199_254_740_993_000n))[0]!.at).toBe(1);
  });
});

describe('events with rows of their own', () => {
  const head = 'sh 7/8 [001] 10.000002000: ';

  it.each([
    [
      'raw_syscalls:sys_enter: NR 257 (ffffff9c, 7f4f2932c0b1, 80000, 0, 0, 0)',
      { kind: 'enter', a: 257, args: '0xffffff9c, 0x7f4f2932c0b1, 0x80000, 0x0, 0x0, 0x0' },
    ],
    ['raw_syscalls:sys_exit: NR 257 = -2', { kind: 'exit', a: 257, b: -2 }],
    [
      'syscalls:sys_enter_openat: dfd: 0xffffff9c, filename: 0x7ffd8f0f2a3b, flags: 0x00080000, mode: 0x00000000',
      { kind: 'enter', a: -1, text: 'openat', args: '0xffffff9c, 0x7ffd8f0f2a3b, 0x80000, 0x0' },
    ],
    ['syscalls:sys_exit_openat: 0x3', { kind: 'exit', a: -1, b: 3, text: 'openat' }],
    ['syscalls:sys_exit_openat: 0xfffffffffffffffe', { kind: 'exit', b: -2 }],
    [
      'sched:sched_switch: prev_comm=a prev_pid=3 b prev_pid=8 prev_prio=120 prev_state=R+ ==> next_comm=n next_pid=3 next_pid=9 next_prio=120',
      { kind: 'switch', a: 256, b: 9, text: 'a prev_pid=3 b', tid: 8 },
    ],
    [
      'sched:sched_switch: prev_comm=sh prev_pid=8 prev_prio=120 prev_state=0x2 ==> next_comm=swapper/1 next_pid=0 next_prio=120',
      { kind: 'switch', a: 2, b: 0 },
    ],
    [
      'sched:sched_switch: my: sh:8 [120] D|K ==> swapper/1:0 [120]',
      { kind: 'switch', a: 2, b: 0, text: 'my: sh' },
    ],
    [
      'sched:sched_switch: prev_comm=sh prev_pid=8 prev_prio=120 prev_state=t ==> next_comm=strace next_pid=5 next_prio=120 ffffffff81b0 __schedule+0x2',
      { kind: 'switch', a: 8, b: 5 },
    ],
    [
      'sched:sched_waking: comm=kworker/u8:3 pid=2352 prio=120 target_cpu=001',
      { kind: 'waking', a: 2352, b: 1, text: 'kworker/u8:3' },
    ],
    ['sched:sched_waking: sh:12 [120] success=1 CPU:003', { kind: 'waking', a: 12, b: 3, text: 'sh' }],
    ['sched:sched_wakeup_new: comm=sh pid=9 prio=120 target_cpu=000', { kind: 'wakeupNew', a: 9 }],
    [
      'sched:sched_process_fork: comm=sh pid=8 child_comm=sh child_pid=9',
      { kind: 'schedFork', a: 8, b: 9, text: 'sh' },
    ],
    [
      'sched:sched_process_exec: filename=/tmp/a pid=1 b pid=8 old_pid=9',
      { kind: 'schedExec', a: 8, b: 9, text: '/tmp/a pid=1 b' },
    ],
    ['sched:sched_process_exit: comm=sh pid=8 prio=120', { kind: 'schedExit', a: 8, b: -1 }],
    ['sched:sched_process_exit: comm=sh pid=8 prio=120 group_dead=true', { kind: 'schedExit', a: 8, b: 1 }],
    ['sched:sched_process_wait: comm= pid=0 prio=120', { kind: 'schedWait', a: 0 }],
    ['PERF_RECORD_SWITCH IN           ', { kind: 'in', pid: 7, tid: 8, cpu: 1 }],
    ['PERF_RECORD_SWITCH OUT          ', { kind: 'out', a: 0 }],
    ['PERF_RECORD_SWITCH OUT preempt  ', { kind: 'out', a: 1 }],
    ['PERF_RECORD_SWITCH_CPU_WIDE OUT          next pid/tid:    12/12   ', { kind: 'out', a: 0 }],
    ['PERF_RECORD_FORK(9:10):(7:8)', { kind: 'fork', pid: 9, tid: 10, a: 7, b: 8 }],
    ['PERF_RECORD_EXIT(9:10):(7:8)', { kind: 'taskExit', pid: 9, tid: 10 }],
    ['PERF_RECORD_COMM exec: a:1/2:9/10', { kind: 'comm', a: 1, pid: 9, tid: 10, text: 'a:1/2' }],
    ['PERF_RECORD_LOST lost 3862', { kind: 'lost', a: 3862, cpu: 1 }],
  ])('%s', (what, expected) => {
    expect(rowOf(`${head}${what}\n`)).toMatchObject({ at: 10_000_002_000, ...expected });
  });

  it('joins what a newline in a name took apart', () => {
    const source = open(
      [
        'x ',
        'y 7/8 [001] 10.000002000: sched:sched_switch: prev_comm=x ',
        'y prev_pid=8 prev_prio=120 prev_state=S ==> next_comm=sh next_pid=9 next_prio=120',
        '',
      ].join('\n'),
    );
    expect(rowsOf(source)[0]).toMatchObject({ kind: 'switch', text: 'x \ny', a: 1, b: 9 });
    expect(source.complaints).toEqual([]);
  });

  it('knows since when events may be lost on a CPU', () => {
    const rows = rowsOf(
      open(
        [
          'a 1/1 [000] 1.000000: cycles:',
          'a 1/1 [001] 2.000000: cycles:',
          'a 1/1 [000] 3.000000: PERF_RECORD_LOST lost 5',
          '',
        ].join('\n'),
      ),
    );
    expect(rows[2]).toMatchObject({ kind: 'lost', a: 5, b: 1e9, at: 3e9 });
  });

  it('complains of records that it cannot read, and of lines that are no records', () => {
    const source = open(
      `before all of that\n${head}raw_syscalls:sys_exit: nothing\n\nafter all of that\n${head}cycles:\n`,
    );
    expect(countKinds(rowsOf(source))).toEqual({ sample: 1 });
    expect(source.complaints).toEqual([
      '1 records could not be read, such as: raw_syscalls:sys_exit: nothing',
      "2 lines are none of perf's, such as: before all of that | after all of that",
    ]);
  });
});

describe('call chains', () => {
  it.each([
    ['\tffffffff81001408 do_it+0x12 ([kernel.kallsyms])', 'do_it'],
    ['\t           59fef5 copy_it (/lib/modules/4.3.0/build/vmlinux)', 'copy_it'],
    [
      '    7f1e2162ad6f StealTask::do_it(A*, unsigned int) (/x/libjvm.so)',
      'StealTask::do_it(A*, unsigned int)',
    ],
    [
      '\t 6d7895aac9 LazyCompile:~body_0 evalmachine.<anonymous>:1 (/tmp/perf-1.map)',
      'LazyCompile:~body_0 evalmachine.<anonymous>:1',
    ],
    ['\t    7f26cab4c0b0 [unknown] ([unknown])', '[unknown]'],
    ['\t    7f26cab4c0b0 f+0x1 (/memfd:x (deleted))', 'f'],
    ['\t    5581 g (inlined)', 'g'],
    ['\tffffffff81001408', '0xffffffff81001408'],
    ['\tdo_it+0x12 ([kernel.kallsyms])', 'do_it'],
    ['53b844 brstack_bench+0x40 (/root/perf)', 'brstack_bench'],
  ])('%s', (line, name) => {
    const source = open(`sh 12 [000] 10.000002: cycles:\n${line}\n\n`);
    expect(rowsOf(source)[0]?.stack).toEqual([name]);
    expect(source.tally).toMatchObject({ samples: 1, frames: 1 });
  });

  it('go on behind lines of the source and lines that mail has wrapped', () => {
    const source = open(
      'sh 12 [000] 1.000000: cycles:\n\tffff800000000008 f (/x/vmlinux)\n  fs/read.c:12\n\tffff800000000009 g\n([kernel.kallsyms])\n\tffff80000000000a h\n\n',
    );
    expect(rowsOf(source)[0]?.stack).toEqual(['f', 'g', 'h']);
    expect(source.tally).toMatchObject({ samples: 1, frames: 3, foreign: 1 });
  });

  it("of tracepoints are the kernel's alone", () => {
    const rows = rowsOf(
      open(
        'sh 12/12 [000] 1.000000: sched:sched_switch: sh:12 [120] S ==> sh:13 [120]\n\tffffffff81001408 schedule+0x1 ([kernel.kallsyms])\n\t7f1e read (/lib/libc.so)\n\n',
      ),
    );
    expect(rows[0]?.stack).toEqual(['schedule']);
  });
});

describe('text of other commands', () => {
  it('reads calls of perf trace', () => {
    const rows = rowsOf(
      open(
        [
          '         ? (         ): a b/447296  ... [continued]: munmap())                           = 0',
          '     0.054 ( 0.003 ms): a b/447296 openat(dfd: CWD, filename: "/etc/a = b")      = -1 ENOENT (No such file or directory)',
          '     0.288 (1000.213 ms): nanosleep(rqtp: 0xffce31d4)                            = 0',
          '',
        ].join('\n'),
      ),
    );
    expect(rows).toMatchObject([
      { kind: 'exit', text: 'munmap', b: 0, at: 54_000 },
      { kind: 'enter', text: 'openat', args: 'dfd: CWD, filename: "/etc/a = b"', at: 54_000, tid: 447296 },
      { kind: 'exit', text: 'openat', b: -2, at: 57_000 },
      { kind: 'enter', text: 'nanosleep', at: 288_000, tid: -1 },
      { kind: 'exit', text: 'nanosleep', b: 0, at: 1_000_501_000 },
    ]);
  });

  it('reads other events and call chains of perf trace', () => {
    const source = open(
      [
        '     0.000 sh/12 sched:sched_switch:prev_comm=a prev_pid=12',
        '     0.010 ( 0.001 ms): sh/12 brk() = 0x55b3',
        '                                       __brk (/usr/lib64/ld-2.26.so)',
        '     0.015 ( 0.001 ms): a',
        'b/13 getpid() = 13',
        '     0.020 (         ): sh/12 nanosleep(rqtp: 0x7f) ...',
        '',
      ].join('\n'),
    );
    expect(rowsOf(source)).toMatchObject([
      { kind: 'sample', text: 'sched:sched_switch', at: 0, tid: 12 },
      { kind: 'enter', text: 'brk', at: 10_000, stack: ['__brk'] },
      { kind: 'exit', text: 'brk', at: 11_000, b: 0x55b3 },
      { kind: 'enter', text: 'getpid', at: 15_000, tid: 13 },
      { kind: 'exit', text: 'getpid', at: 16_000, b: 13 },
      { kind: 'enter', text: 'nanosleep', at: 20_000 },
    ]);
    expect(source.complaints).toEqual([]);
  });

  it('reads stretches on the CPU of perf sched timehist', () => {
    const rows = rowsOf(
      open(
        [
          '             time    cpu  task name                       wait time  sch delay   run time',
          '   2090450.763235 [0000]  my task[15/14]                     0.000      0.001      0.003  schedule <- futex_wait',
          '   2090450.763240 [0001]  <idle>                              0.000      0.000      0.005',
          '   2090450.763250 [0001]  a\nb[7]   awakened: my task[15]',
          '',
        ].join('\n'),
      ),
    );
    expect(rows).toMatchObject([
      { kind: 'in', tid: 15, pid: 14, at: 2_090_450_763_232_000 },
      { kind: 'out', tid: 15, cpu: 0, at: 2_090_450_763_235_000, stack: ['schedule', 'futex_wait'] },
      { kind: 'in', tid: 0, cpu: 1 },
      { kind: 'out', tid: 0, at: 2_090_450_763_240_000 },
      { kind: 'waking', tid: 7, a: 15, text: 'my task' },
    ]);
  });

  it('puts times in order', () => {
    const rows = rowsOf(open('a 1 2.000000: cycles:\na 1 1.000000: cycles:\na 1 3.000000: cycles:\n'));
    expect(rows.map(({ at }) => at)).toEqual([1e9, 2e9, 3e9]);
  });

  it.each([
    ['', 'This recording of perf is empty.'],
    ['hello\n', /^This is neither a perf\.data nor text of `perf script`/],
    ['# Samples: 3 of event\n# Overhead  Command\n 33.00% sh\n', /^This is a report of perf/],
    ["\n Performance counter stats for 'ls':\n 1.2 msec task-clock\n", /^This is counts of perf/],
    ['{\n\t"linux-perf-json-version": 1,\n', /^This is JSON of perf data convert/],
    ['\x1f\x8b\x08\0', 'This file is compressed with gzip: unpack it first.'],
    ['2ELIFREP\0\0\0\0\0\0\0\0', /other byte order/],
  ])('refuses what is none: %j', (text, why) => {
    const opened = openPerf(bytesIn(Buffer.from(text, 'latin1')), { originNs: 0n });
    expect('refused' in opened && opened.refused).toMatch(why);
  });
});
