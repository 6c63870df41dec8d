import { describe, expect, it } from 'vitest';
import { parseSyscall } from '../../src/procfs/syscall.ts';
import { syscallName, syscallsOf } from '../../src/procfs/syscall-names.ts';
import { recorded } from './recorded.ts';

describe('parseSyscall', () => {
  it('reads a call with its arguments', () => {
    expect(parseSyscall(recorded('syscall.flock-waiter'))).toEqual({
      kind: 'in',
      nr: 73,
      args: [0x13n, 2n, 0n, 0x5563946d7aa0n, 0n, 0n],
      sp: 0x7ffd018a14d8n,
      pc: 0x7f31bbd16897n,
    });
  });

  it('tells running, zombie and blocked outside of a call apart', () => {
    expect(parseSyscall('running\n')).toEqual({ kind: 'running' });
    expect(parseSyscall(recorded('syscall.zombie'))).toEqual({ kind: 'zombie' });
    expect(parseSyscall('-1 0x7ffd0 0x401000\n')).toEqual({
      kind: 'blocked-outside',
      sp: 0x7ffd0n,
      pc: 0x401000n,
    });
  });

  it('keeps 64 bits: -100 (AT_FDCWD) and addresses of the upper half', () => {
    expect(parseSyscall('257 0xffffffffffffff9c 0x0 0x0 0x0 0x0 0x0 0x1 0xffffffffff600000')).toMatchObject({
      args: [0xffffffffffffff9cn, 0n, 0n, 0n, 0n, 0n],
      pc: 0xffffffffff600000n,
    });
  });

  it.each(['', 'runn', '0 0x1 0x2', 'x 0x0 0x0', '-1 0x0', '0 0x0 0x0 0x0 0x0 0x0 0x0 0x0 zz'])(
    'refuses %j',
    (text) => {
      expect(parseSyscall(text)).toBeUndefined();
    },
  );
});

describe('syscallName', () => {
  it.each([
    [0, 'read', 'io_setup'],
    [61, 'wait4', 'getdents64'],
    [202, 'futex', 'accept'],
    [230, 'clock_nanosleep', 'mlockall'],
    [247, 'waitid', undefined],
    [260, 'fchownat', 'wait4'],
    [334, 'rseq', undefined],
    [335, 'uretprobe', undefined],
    [424, 'pidfd_send_signal', 'pidfd_send_signal'],
    [441, 'epoll_pwait2', 'epoll_pwait2'],
    [451, 'cachestat', 'cachestat'],
    [462, 'mseal', 'mseal'],
    [469, 'file_setattr', 'file_setattr'],
    [400, undefined, undefined],
    [-1, undefined, undefined],
  ])('%d', (nr, x64, arm64) => {
    expect([syscallName(nr, 'x64'), syscallName(nr, 'arm64')]).toEqual([x64, arm64]);
  });

  it('gives each name to one number only', () => {
    for (const arch of ['x64', 'arm64'] as const) {
      const names = Array.from({ length: 1000 }, (_, nr) => syscallName(nr, arch)).filter(
        (name) => name !== undefined,
      );
      expect(new Set(names).size).toBe(names.length);
      expect(names.every((name) => /^[a-z_][a-z0-9_]+$/.test(name))).toBe(true);
    }
  });
});

describe('syscallName beside syscallsOf', () => {
  it.each(['x64', 'arm64', 'i386', 'none'] as const)(
    'finds one name as the whole table has it: %s',
    (abi) => {
      const table = syscallsOf(abi);
      const numbers = [
        -1,
        0,
        1,
        Number.NaN,
        2 ** 30,
        ...table.keys(),
        ...[...table.keys()].map((nr) => nr + 1),
      ];
      for (const nr of numbers) expect([nr, syscallName(nr, abi)]).toEqual([nr, table.get(nr)]);
    },
  );
});
