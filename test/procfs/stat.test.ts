import { describe, expect, it } from 'vitest';
import { parseStat, ttyName } from '../../src/procfs/stat.ts';
import { recorded } from './recorded.ts';

describe('parseStat', () => {
  it('reads every field from its place', () => {
    // Field n of proc_pid_stat(5) holds the number n.
    const fields = Array.from({ length: 49 }, (_, index) => index + 4).join(' ');
    expect(parseStat(`1 (comm) S ${fields}\n`)).toEqual({
      pid: 1,
      comm: 'comm',
      state: 'S',
      ppid: 4,
      pgrp: 5,
      session: 6,
      ttyNr: 7,
      tpgid: 8,
      flags: 9,
      minflt: 10,
      majflt: 12,
      utime: 14,
      stime: 15,
      priority: 18,
      nice: 19,
      numThreads: 20,
      startTime: 22,
      rss: 24,
      wchanFlag: 35,
      exitSignal: 38,
      processor: 39,
      blkioTicks: 42,
      exitCode: 52,
      isTold: true,
    });
  });

  it('knows a line in which others may not read all', () => {
    const fields = Array.from({ length: 49 }, (_, index) => (index + 4 === 26 ? 1 : 0)).join(' ');
    expect(parseStat(`1 (comm) t ${fields}\n`)).toMatchObject({ exitCode: 0, isTold: false });
  });

  it('takes the comm up to the last parenthesis, newline and escape codes included', () => {
    expect(parseStat(recorded('stat.hostile'))).toMatchObject({
      comm: 'a) Z 1 (\x1b[31\n\\',
      state: 'S',
      pid: 26263,
    });
  });

  it('reads the exit status of a zombie and the signal of a stop', () => {
    expect(parseStat(recorded('stat.zombie'))).toMatchObject({
      state: 'Z',
      exitCode: 7 << 8,
      startTime: 321819,
    });
    expect(parseStat(recorded('stat.stopped'))).toMatchObject({ state: 'T', exitCode: 19 });
  });

  it('reads a sleeper without a terminal', () => {
    expect(parseStat(recorded('stat.flock-waiter'))).toMatchObject({
      comm: 'python3',
      ttyNr: 0,
      tpgid: -1,
      flags: 0x400040,
      rss: 3051,
      wchanFlag: 1,
    });
  });

  it('is undefined when the line was cut, even inside of a comm that looks like its end', () => {
    const line = recorded('stat.hostile');
    for (let length = 0; length < line.lastIndexOf(' '); length++) {
      expect(parseStat(line.slice(0, length))).toBeUndefined();
    }
    expect(parseStat('12 (a) Z 1 1 (foo')).toBeUndefined();
  });
});

describe('ttyName', () => {
  const device = (major: number, minor: number) => (minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12);

  it.each([
    [0, undefined],
    [device(136, 3), 'pts/3'],
    [device(136, 300), 'pts/300'],
    [device(137, 1), 'pts/257'],
    [device(136, 1048575), 'pts/1048575'],
    [device(4, 1), 'tty1'],
    [device(4, 64), 'ttyS0'],
    [device(5, 1), 'console'],
    [device(188, 2), 'ttyUSB2'],
    [device(204, 64), 'ttyAMA0'],
    [device(229, 0), 'hvc0'],
    [device(99, 0), undefined],
  ])('%d is %s', (ttyNr, name) => {
    expect(ttyName(ttyNr)).toBe(name);
  });
});
