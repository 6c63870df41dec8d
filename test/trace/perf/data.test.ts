import { describe, expect, it } from 'vitest';
import { bytesIn } from '../../../src/trace/perf/byte-source.ts';
import { openPerfData, type PerfDataSource } from '../../../src/trace/perf/data/reader.ts';
import type { PerfOptions } from '../../../src/trace/perf/options.ts';
import { countKinds, recordedBytes, recordedSymbols, rowsOf } from './recorded.ts';

function open(bytes: Uint8Array, options: Partial<PerfOptions> = {}): PerfDataSource {
  const source = openPerfData(bytesIn(bytes), { originNs: 0n, ...options });
  if ('refused' in source) throw new Error(source.refused);
  return source;
}

const NASTY = 'x prev_pid=3 \n: ';

describe('perf.data of a tree', () => {
  const source = open(recordedBytes('tree.data'), { symbolise: recordedSymbols() });
  const rows = rowsOf(source);

  it('tells where it is from', () => {
    expect(source.header).toMatchObject({
      clock: 'monotonic',
      reference: { realNs: 1_795_643_962_919_826_000n },
      hostname: 'vm',
      arch: 'x86_64',
      perfVersion: '6.1.187',
    });
    expect(source.header.cmdline?.slice(-2)).toEqual(['sh', 'program.sh']);
    expect(source.header.events).toEqual([
      'raw_syscalls:sys_enter',
      'raw_syscalls:sys_exit',
      'sched:sched_process_fork',
      'sched:sched_process_exec',
      'sched:sched_process_exit',
      'sched:sched_process_wait',
      'sched:sched_switch',
    ]);
    expect(source.opened).toEqual(new Set([29213]));
    expect(source.complaints).toEqual([]);
  });

  it('gives every record once', () => {
    expect(countKinds(rows)).toEqual({
      comm: 8,
      vdso: 6,
      schedExec: 6,
      exit: 614,
      enter: 614,
      fork: 6,
      schedFork: 6,
      switch: 16,
      out: 16,
      in: 22,
      schedWait: 12,
      schedExit: 7,
      taskExit: 7,
    });
  });

  it('gives them in order', () => {
    expect(rows.every(({ at }, index) => index === 0 || rows[index - 1]!.at <= at)).toBe(true);
  });

  it('reads calls with their arguments and returns', () => {
    const name = rows.findIndex(({ kind, a }) => kind === 'enter' && a === 1);
    expect(rows[name]).toMatchObject({ pid: 29213, tid: 29213, args: expect.stringMatching(/^0x1, 0x/) });
    const exit = rows.slice(name).find(({ kind }) => kind === 'exit');
    expect(exit).toMatchObject({ a: 1, b: 17, at: 1_352_665_404_181 });
    expect(rows.some(({ kind, b }) => kind === 'exit' && b === -2)).toBe(true);
  });

  it('reads lifecycle and names that want to be more', () => {
    expect(rows.some(({ kind, text }) => kind === 'comm' && text === NASTY.slice(0, 15))).toBe(true);
    expect(rows.filter(({ kind }) => kind === 'schedExec').map(({ text }) => text)).toEqual(
      expect.arrayContaining(['/usr/bin/sh', '/bin/true', '/bin/sleep', '/bin/cat']),
    );
    const fork = rows.find(({ kind }) => kind === 'fork')!;
    expect(fork).toMatchObject({ a: 29213, b: 29213 });
    expect(rows.find(({ kind }) => kind === 'schedFork')).toMatchObject({ a: 29213, b: fork.tid });
    expect(rows.find(({ kind, tid }) => kind === 'schedExit' && tid === fork.tid)).toMatchObject({ b: 1 });
  });

  it('names what threads slept in', () => {
    const sleeps = rows.filter(({ kind, stack }) => kind === 'switch' && stack?.includes('do_nanosleep'));
    expect(sleeps.map(({ a }) => a)).toEqual([1, 1]);
    expect(sleeps[0]?.stack?.slice(0, 3)).toEqual(['__schedule', 'schedule', 'do_nanosleep']);
    expect(source.symbolsUsed.size).toBeGreaterThan(10);
  });

  it('counts its times from the origin', () => {
    const later = rowsOf(open(recordedBytes('tree.data'), { originNs: 1_352_000_000_000n }));
    expect(later[0]!.at).toBe(rows[0]!.at - 1_352_000_000_000);
  });
});

describe('perf.data of a host', () => {
  const source = open(recordedBytes('host.data'), { symbolise: recordedSymbols() });
  const rows = rowsOf(source);

  it('tells threads that were there from new ones', () => {
    const counts = countKinds(rows);
    expect(counts).toMatchObject({ waking: 109, switch: 240, wakeupNew: 8, fork: 9, taskExit: 9 });
    expect(rows.find(({ kind }) => kind === 'existing')).toMatchObject({ pid: 1, tid: 1 });
    expect(source.opened).toBeUndefined();
  });

  it('knows who woke whom', () => {
    const timer = rows.find(({ kind, stack }) => kind === 'waking' && stack?.includes('hrtimer_wakeup'))!;
    expect(timer.stack?.[0]).toBe('try_to_wake_up');
    expect(timer.a).toBeGreaterThan(0);
    expect(rows.some(({ kind, b, a }) => kind === 'switch' && b === timer.a && a >= 0)).toBe(true);
  });
});

describe('perf.data written to a pipe', () => {
  it('is read like one in a file', () => {
    const source = open(recordedBytes('piped.data'), { symbolise: recordedSymbols() });
    expect(source.header).toMatchObject({ clock: 'monotonic', hostname: 'vm' });
    expect(source.header.events).toHaveLength(7);
    expect(countKinds(rowsOf(source))).toMatchObject({ enter: 615, exit: 615, switch: 14, in: 20, fork: 6 });
    expect(source.complaints).toEqual([]);
  });
});

describe('perf.data of other events', () => {
  it('gives samples under the names of their events', () => {
    const source = open(recordedBytes('sampled.data'), { symbolise: recordedSymbols() });
    expect(source.header.clock).toBe('perf');
    const samples = rowsOf(source).filter(({ kind }) => kind === 'sample');
    expect(samples).toHaveLength(15);
    expect(samples[0]).toMatchObject({ text: 'page-faults', a: 1 });
    expect(samples[0]?.stack?.[0]).toBe('elf_load');
  });
});
