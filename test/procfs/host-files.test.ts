import { expect, it } from 'vitest';
import { parseDiskstats } from '../../src/procfs/diskstats.ts';
import { parseInflight } from '../../src/procfs/inflight.ts';
import { parseIo } from '../../src/procfs/io.ts';
import { parseKernelRelease } from '../../src/procfs/kernel.ts';
import { parseLimits } from '../../src/procfs/limits.ts';
import { parseLoadavg } from '../../src/procfs/loadavg.ts';
import { parsePressure } from '../../src/procfs/pressure.ts';
import { parseProcStat } from '../../src/procfs/proc-stat.ts';
import { parseSwaps } from '../../src/procfs/swaps.ts';
import { parseUptime } from '../../src/procfs/uptime.ts';
import { recorded } from './recorded.ts';

it('limits: by name, unlimited is Infinity, priorities have no unit', () => {
  const limits = parseLimits(recorded('limits'));
  expect(limits.size).toBe(16);
  expect(limits.get('Max open files')).toEqual({ soft: 20000, hard: 20000, unit: 'files' });
  expect(limits.get('Max core file size')).toEqual({
    soft: 0,
    hard: Number.POSITIVE_INFINITY,
    unit: 'bytes',
  });
  expect(limits.get('Max nice priority')).toEqual({ soft: 0, hard: 0, unit: '' });
});

it('io', () => {
  expect(
    parseIo(
      'rchar: 11925\nwchar: 4949\nsyscr: 24\nsyscw: 7\nread_bytes: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 2\n',
    ),
  ).toEqual({
    rchar: 11925,
    wchar: 4949,
    syscr: 24,
    syscw: 7,
    readBytes: 1,
    writeBytes: 4096,
    cancelledWriteBytes: 2,
  });
  expect(parseIo('rchar: 1\nwch')).toMatchObject({ rchar: 1, wchar: undefined });
});

it('loadavg and uptime', () => {
  expect(parseLoadavg(recorded('loadavg'))).toEqual({
    one: 2.47,
    five: 1.88,
    fifteen: 1.1,
    running: 2,
    tasks: 95,
  });
  expect(parseLoadavg('2.47 1.88')).toBeUndefined();
  expect(parseUptime(recorded('uptime'))).toEqual({ seconds: 3218.95, idle: 5602.08 });
  expect(parseUptime('')).toBeUndefined();
});

it('/proc/stat', () => {
  const stat = parseProcStat(recorded('proc-stat'));
  expect(stat).toMatchObject({
    btime: 1795233415,
    processes: 58709,
    procsRunning: 2,
    procsBlocked: 0,
    ctxt: 2823938,
  });
  expect([...stat.cpus.keys()]).toEqual([0, 1]);
  expect(stat.cpus.get(1)).toMatchObject({ user: 23577, iowait: 1280, steal: 45 });
  expect(stat.total?.idle).toBe(560208);
});

it('swaps', () => {
  expect(parseSwaps(recorded('swaps'))).toEqual([]);
  // In the form of mm/swapfile.c.
  expect(
    parseSwaps(
      'Filename\t\tType\nSize\n/dev/sda2     partition\t8388604\t\t128\t\t-2\n/var/a\\040b\\040(deleted)  file\t\t1024\t\t0\t\t-3\n',
    ),
  ).toEqual([
    { path: '/dev/sda2', type: 'partition', sizeKb: 8388604, usedKb: 128, priority: -2, deleted: false },
    { path: '/var/a b', type: 'file', sizeKb: 1024, usedKb: 0, priority: -3, deleted: true },
  ]);
});

it('pressure', () => {
  expect(parsePressure(recorded('pressure.io'))).toEqual({
    some: { avg10: 0, avg60: 0.03, avg300: 0.23, totalUs: 14160118 },
    full: { avg10: 0, avg60: 0, avg300: 0.14, totalUs: 11107010 },
  });
  expect(parsePressure('some avg10=1.00 avg60')).toEqual({});
});

it('inflight and diskstats', () => {
  expect(parseInflight('       0        1\n')).toEqual({ reads: 0, writes: 1 });
  expect(parseInflight('')).toBeUndefined();
  const vda = parseDiskstats(recorded('diskstats')).find(({ name }) => name === 'vda');
  expect(vda).toEqual({
    major: 254,
    minor: 0,
    name: 'vda',
    readsCompleted: 67901,
    writesCompleted: 6110,
    inflight: 0,
    busyMs: 7360,
  });
});

it.each([
  ['6.18.44-cloud', { major: 6, minor: 18, patch: 44 }],
  ['6.1.0-18-amd64\n', { major: 6, minor: 1, patch: 0 }],
  ['7.2-rc1', { major: 7, minor: 2, patch: 0 }],
  ['4.18.0-553.el8_10.x86_64', { major: 4, minor: 18, patch: 0 }],
  ['linux', undefined],
])('kernel release %j', (text, release) => {
  expect(parseKernelRelease(text)).toEqual(release);
});
