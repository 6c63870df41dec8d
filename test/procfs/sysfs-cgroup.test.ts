import { expect, it } from 'vitest';
import {
  parseAmount,
  parseCpuMax,
  parseFlatKeyed,
  parseFreezerState,
  parseNestedKeyed,
} from '../../src/procfs/sysfs-cgroup.ts';
import { recorded } from './recorded.ts';

it('flat keyed files', () => {
  expect({ ...parseFlatKeyed(recorded('flat-keyed.oom_control')) }).toEqual({
    oom_kill_disable: 0,
    under_oom: 0,
    oom_kill: 0,
  });
  expect(parseFlatKeyed(recorded('flat-keyed.cpu')).usage_usec).toBe(876979379);
  expect({ ...parseFlatKeyed('populated 1\nfrozen 1\nbad line here\nhalf\n') }).toEqual({
    populated: 1,
    frozen: 1,
  });
});

it('a key called __proto__ is a key', () => {
  const values = parseFlatKeyed('__proto__ 5\n');
  expect(Object.keys(values)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

it('nested keyed files, amounts, cpu.max, freezer.state', () => {
  expect({ ...parseNestedKeyed('8:0 rbps=max wbps=1048576 riops=max wiops=120\n').get('8:0') }).toEqual({
    rbps: Number.POSITIVE_INFINITY,
    wbps: 1048576,
    riops: Number.POSITIVE_INFINITY,
    wiops: 120,
  });
  expect(parseAmount('max\n')).toBe(Number.POSITIVE_INFINITY);
  expect(parseAmount('100\n')).toBe(100);
  expect(parseAmount('')).toBeUndefined();
  expect(parseCpuMax('20000 100000\n')).toEqual({ quotaUs: 20000, periodUs: 100000 });
  expect(parseCpuMax('max 100000\n')?.quotaUs).toBe(Number.POSITIVE_INFINITY);
  expect(parseCpuMax('-1')).toBeUndefined();
  expect(parseFreezerState('FROZEN\n')).toBe('FROZEN');
  expect(parseFreezerState('FROZ')).toBeUndefined();
});
