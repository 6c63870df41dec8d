import { describe, expect, it } from 'vitest';
import { canonicalName } from '../../../src/waits/frames/names.ts';
import { patternsOf } from '../../../src/waits/frames/rule.ts';
import { SUBSYSTEMS } from '../../../src/waits/frames/subsystem.ts';
import { vocabulary } from '../../../src/waits/frames/vocabulary/index.ts';

const VOCABULARY = vocabulary();

describe('the vocabulary', () => {
  it('names each function once', () => {
    const seen = new Map<string, string>();
    const twice: string[] = [];
    for (const row of VOCABULARY) {
      const { subsystem } = row;
      for (const pattern of patternsOf(row)) {
        const name = canonicalName(pattern);
        const before = seen.get(name);
        if (before !== undefined) twice.push(`${pattern}: ${before} and ${subsystem}`);
        seen.set(name, subsystem);
      }
    }
    expect(twice).toEqual([]);
  });

  it('spells them as those are that are looked up', () => {
    const odd = VOCABULARY.flatMap(patternsOf).filter((name) => canonicalName(name) !== name);
    expect(odd).toEqual([]);
  });

  it('has words for each subsystem', () => {
    const named = new Set(VOCABULARY.map(({ subsystem }) => subsystem));
    expect(SUBSYSTEMS.filter((subsystem) => !named.has(subsystem))).toEqual([]);
  });

  it('holds only names of functions', () => {
    const odd = VOCABULARY.flatMap(patternsOf).filter((name) => !/^[A-Za-z_]\w*\*?$/.test(name));
    expect(odd).toEqual([]);
  });

  it('says what is waited for wherever a row decides', () => {
    const silent = VOCABULARY.filter(({ tier, waitsFor }) => tier !== 'pass' && waitsFor === '');
    expect(silent).toEqual([]);
  });
});

describe('canonicalName', () => {
  it.each([
    ['__x64_sys_poll', 'sys_poll'],
    ['__arm64_sys_ppoll', 'sys_ppoll'],
    ['__se_sys_ppoll', 'sys_ppoll'],
    ['__do_sys_wait4', 'sys_wait4'],
    ['__s390x_sys_read', 'sys_read'],
    ['SyS_exit_group', 'sys_exit_group'],
    ['ksys_read', 'sys_read'],
    ['__sys_recvmsg', 'sys_recvmsg'],
    ['__ia32_compat_sys_wait4', 'sys_wait4'],
    ['do_sys_poll', 'do_sys_poll'],
    ['__mutex_lock', 'mutex_lock'],
    ['____fput', 'fput'],
  ])('%s is %s', (name, expected) => {
    expect(canonicalName(name)).toBe(expected);
  });
});
