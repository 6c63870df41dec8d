import { describe, expect, it } from 'vitest';
import { bytesIn } from '../../../src/trace/perf/byte-source.ts';
import { openPerfData, type PerfDataSource } from '../../../src/trace/perf/data/reader.ts';
import { RECORD } from '../../../src/trace/perf/data/records.ts';
import type { FormatText } from '../../../src/trace/perf/options.ts';
import { rowsOf } from './recorded.ts';
import {
  ENTER_FORMAT,
  enterRaw,
  formatText,
  ints,
  longs,
  other,
  perfData,
  record,
  round,
  sample,
} from './synthetic.ts';

function open(bytes: Buffer, formats: readonly FormatText[] = [ENTER_FORMAT], originNs = 0n): PerfDataSource {
  const source = openPerfData(bytesIn(bytes), { originNs, formats });
  if ('refused' in source) throw new Error(source.refused);
  return source;
}

const enter = (time: number | bigint, cpu = 0): Buffer => sample({ time, cpu }, enterRaw(1));
const timesOf = (source: PerfDataSource): number[] => rowsOf(source).map(({ at }) => at);

describe('the order of records', () => {
  it('is by time over the buffers of a round, and over rounds', () => {
    const source = open(
      perfData([
        enter(1),
        enter(4),
        enter(2, 1),
        enter(3, 1),
        round,
        enter(6),
        enter(5, 1),
        enter(7, 1),
        round,
      ]),
    );
    expect(timesOf(source)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(source.complaints).toEqual([]);
  });

  it('takes from the next round what was written while this one was read', () => {
    // The second buffer is read later, and has a record later than one that the first gets only in the next round.
    const source = open(perfData([enter(1), enter(2, 1), enter(9, 1), round, enter(5), enter(10, 1), round]));
    expect(timesOf(source)).toEqual([1, 2, 5, 9, 10]);
    expect(source.complaints).toEqual([]);
  });

  it.each([[[]], [[round]]])(
    'puts what was there before at the begin, of whichever CPU the first record is (%#)',
    (mark) => {
      // perf makes such records up when it starts, without a stamp.
      const comm = other(RECORD.comm, { time: 0 }, Buffer.concat([ints(7, 7), Buffer.from('narrow\0\0')]));
      const source = open(perfData([comm, ...mark, enter(5), enter(6), enter(2, 1), enter(4, 1), round]));
      expect(rowsOf(source).map(({ kind }) => kind)).toEqual(['comm', 'enter', 'enter', 'enter', 'enter']);
      expect(source.complaints).toEqual([]);
    },
  );

  it('needs no marks of rounds', () => {
    expect(timesOf(open(perfData([enter(5), enter(6), enter(1, 1), enter(2), enter(4, 1)])))).toEqual([
      1, 2, 4, 5, 6,
    ]);
  });

  it('counts what came too late', () => {
    const source = open(
      perfData([enter(5), round, enter(6), round, enter(8), round, enter(2), enter(9), round]),
    );
    expect(timesOf(source)).toEqual([5, 6, 8, 9]);
    expect(source.complaints).toEqual(['1 records came too late to be put in order, and were left out.']);
  });

  it('holds over windows and batches, for many records', () => {
    const records: Buffer[] = [];
    let time = 0;
    for (let turn = 0; turn < 20; turn++) {
      const start = time;
      for (let cpu = 0; cpu < 3; cpu++) {
        for (let one = 0; one < 500; one++) records.push(enter(start + one * 3 + cpu + 1, cpu));
      }
      time += 1500;
      records.push(round);
    }
    const times = timesOf(open(perfData(records)));
    expect(times).toHaveLength(30_000);
    expect(times.every((at, index) => at === index + 1)).toBe(true);
  });

  it('counts times from the origin where they are beyond exact doubles', () => {
    const origin = 9_007_199_254_740_993_123n;
    expect(timesOf(open(perfData([enter(origin + 5n)]), [ENTER_FORMAT], origin))).toEqual([5]);
  });
});

describe('what was lost', () => {
  it('is told with the time since which it may be missing, by CPU', () => {
    const rows = rowsOf(
      open(
        perfData([enter(10), other(RECORD.lost, { time: 30 }, longs(1, 42)), enter(30), enter(20, 1), round]),
      ),
    );
    expect(rows.find(({ kind }) => kind === 'lost')).toMatchObject({ a: 42, b: 10, at: 30, cpu: 0, tid: -1 });
  });

  it('is told for the whole recording where only perf counted it', () => {
    const rows = rowsOf(
      open(perfData([enter(10), enter(30), other(RECORD.lostSamples, { time: 0 }, longs(5))])),
    );
    expect(rows.at(-1)).toMatchObject({ kind: 'lost', a: 5, b: 10, at: 30 });
  });

  it('is not told twice', () => {
    const rows = rowsOf(
      open(
        perfData([
          enter(10),
          other(RECORD.lost, { time: 30 }, longs(1, 5)),
          other(RECORD.lostSamples, { time: 0 }, longs(5)),
        ]),
      ),
    );
    expect(rows.filter(({ kind }) => kind === 'lost')).toHaveLength(1);
  });
});

describe('a perf.data that is not whole', () => {
  it('is read to its end when perf was killed, by the formats it is given', () => {
    const source = open(
      perfData([sample({ time: 5 }, enterRaw(257, 1, 2)), enter(6).subarray(0, 30)], { dataSize: 0 }),
    );
    expect(rowsOf(source)).toMatchObject([{ kind: 'enter', a: 257, args: '0x1, 0x2, 0x0, 0x0, 0x0, 0x0' }]);
    expect(source.header.events).toEqual(['raw_syscalls:sys_enter']);
    expect(source.complaints).toEqual([
      'perf was killed before it could finish this file; its records were read up to the end.',
      'The file ends in the middle of a record.',
    ]);
  });

  it('says so where nobody tells the formats', () => {
    const source = open(perfData([enter(5)]), []);
    expect(rowsOf(source)).toMatchObject([{ kind: 'sample', text: 'tracepoint 443' }]);
    expect(source.complaints[0]).toMatch(/does not tell how the fields of tracepoint 443/);
  });

  it('is refused or complained of when compressed', () => {
    const source = open(perfData([enter(5), record(81, 0, longs(1, 2)), enter(6)]));
    expect(timesOf(source)).toEqual([5]);
    expect(source.complaints[0]).toMatch(/is compressed \(perf record -z\)/);
  });

  it('gives what comes before the damage', () => {
    const source = open(perfData([enter(5), Buffer.alloc(16), enter(6)]));
    expect(timesOf(source)).toEqual([5]);
    expect(source.complaints[0]).toMatch(/damaged: at byte \d+ there is no record/);
  });
});

describe('the fields of tracepoints', () => {
  it('are found by their format: names within the record on older kernels', () => {
    const fork = {
      system: 'sched',
      text: formatText('sched_process_fork', 300, [
        ['char', 'parent_comm[16]', 8, 16],
        ['pid_t', 'parent_pid', 24, 4],
        ['char', 'child_comm[16]', 28, 16],
        ['pid_t', 'child_pid', 44, 4],
      ]),
    };
    const exit = {
      system: 'sched',
      text: formatText('sched_process_exit', 301, [
        ['char', 'comm[16]', 8, 16],
        ['pid_t', 'pid', 24, 4],
        ['int', 'prio', 28, 4],
      ]),
    };
    const comm = Buffer.alloc(16);
    comm.write('parent');
    const child = Buffer.alloc(16);
    child.write('child');
    const rows = rowsOf(
      open(
        perfData(
          [
            sample({ id: 1, time: 1 }, Buffer.concat([Buffer.alloc(8), comm, ints(7), child, ints(8)])),
            sample({ id: 2, time: 2 }, Buffer.concat([Buffer.alloc(8), child, ints(8, 120)])),
          ],
          { tracepoints: [300, 301] },
        ),
        [fork, exit],
      ),
    );
    expect(rows).toMatchObject([
      { kind: 'schedFork', a: 7, b: 8, text: 'child' },
      { kind: 'schedExit', a: 8, b: -1, text: 'child' },
    ]);
  });

  it('are those of a single call', () => {
    const open1 = {
      system: 'syscalls',
      text: formatText('sys_enter_openat', 400, [
        ['int', '__syscall_nr', 8, 4],
        ['int', 'dfd', 16, 8],
        ['const char *', 'filename', 24, 8],
        ['__data_loc char[]', '__filename_val', 32, 4],
      ]),
    };
    const exit1 = {
      system: 'syscalls',
      text: formatText('sys_exit_openat', 401, [
        ['int', '__syscall_nr', 8, 4],
        ['long', 'ret', 16, 8],
      ]),
    };
    const rows = rowsOf(
      open(
        perfData(
          [
            sample({ id: 1, time: 1 }, Buffer.concat([Buffer.alloc(8), longs(257, 3, 0x7fff_1234), ints(0)])),
            sample({ id: 2, time: 2 }, Buffer.concat([Buffer.alloc(8), longs(257, -2)])),
          ],
          { tracepoints: [400, 401] },
        ),
        [open1, exit1],
      ),
    );
    expect(rows).toMatchObject([
      { kind: 'enter', a: 257, args: '0x3, 0x7fff1234' },
      { kind: 'exit', a: 257, b: -2 },
    ]);
  });

  it('tell who runs when the thread has left its number', () => {
    const raw = enterRaw(1);
    raw.writeInt32LE(99, 4);
    expect(rowsOf(open(perfData([sample({ time: 1, tid: -1 }, raw)])))).toMatchObject([{ tid: 99 }]);
  });

  it('tell it by the number inside where perf was started in a PID namespace', () => {
    const of = (time: number, tid: number, host: number) => {
      const raw = enterRaw(1);
      raw.writeInt32LE(host, 4);
      return sample({ time, tid }, raw);
    };
    // 4711 is nobody that perf has met: his number may be another's inside.
    const rows = rowsOf(open(perfData([of(1, 2, 5002), of(2, -1, 5002), of(3, -1, 4711)])));
    expect(rows).toMatchObject([{ tid: 2 }, { tid: 2 }, { tid: -1 }]);
  });

  it('are left out where the record is shorter than they are', () => {
    const source = open(perfData([sample({ time: 1 }, Buffer.alloc(4))]));
    expect(rowsOf(source)).toMatchObject([{ kind: 'enter', a: 0, args: '' }]);
  });
});
