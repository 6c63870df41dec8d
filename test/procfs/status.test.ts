import { describe, expect, it } from 'vitest';
import { parseStatus } from '../../src/procfs/status.ts';
import { recorded } from './recorded.ts';

describe('parseStatus', () => {
  it('reads a running process', () => {
    expect(parseStatus(recorded('status'))).toMatchObject({
      name: 'python3',
      state: 'R',
      tgid: 26219,
      pid: 26219,
      ppid: 26218,
      tracerPid: 0,
      uid: 0,
      euid: 0,
      gid: 0,
      fdSize: 256,
      nsPid: [26219],
      nsPgid: [26218],
      nsSid: [2121],
      vmSizeKb: 20172,
      vmRssKb: 15792,
      threads: 1,
      sigQueueLimit: 96365,
      sigPnd: 0n,
      sigIgn: 0x1001000n,
      sigCgt: 0x2n,
      seccomp: 0,
      kthread: false,
      coreDumping: false,
      noNewPrivs: false,
      capEff: 0x1fffeffffffn,
      missing: [],
    });
  });

  it('undoes the escapes of a hostile name, and leaves ESC and parentheses', () => {
    expect(parseStatus(recorded('status.hostile'))?.name).toBe('a) Z 1 (\x1b[31\n\\');
  });

  it('keeps a name that ends in blanks, holds a tab or invalid UTF-8, or looks like an escape', () => {
    const named = (name: string) => parseStatus(recorded('status').replace('python3', name))?.name;
    expect(named(' a\tb  ')).toBe(' a\tb  ');
    expect(named('\xff\xfe')).toBe('\xff\xfe');
    expect(named(String.raw`\\n`)).toBe(String.raw`\n`);
    expect(named(String.raw`x\012y`)).toBe('x\ny');
    expect(named('')).toBe('');
  });

  it('reads a zombie, which has no memory', () => {
    const zombie = parseStatus(recorded('status.zombie'));
    expect(zombie).toMatchObject({ state: 'Z', threads: 1, missing: [] });
    expect(zombie?.vmRssKb).toBeUndefined();
  });

  it('reads pids of nested namespaces, masks above 2^53, different ids, the killed bit', () => {
    const text = recorded('status')
      .replace('NSpid:\t26219', 'NSpid:\t26219\t17\t1')
      .replace(/SigBlk:\t\w+/, 'SigBlk:\tfffffffc3bba3a00')
      .replace(/SigPnd:\t\w+/, 'SigPnd:\t0000000000000100')
      .replace('Uid:\t0\t0', 'Uid:\t1000\t0');
    expect(parseStatus(text)).toMatchObject({
      nsPid: [26219, 17, 1],
      sigBlk: 0xfffffffc3bba3a00n,
      sigPnd: 0x100n,
      uid: 1000,
      euid: 0,
    });
  });

  it('names what an old kernel or a cut read lacks, instead of taking 0 for a fact', () => {
    const whole = recorded('status');
    const cut = parseStatus(whole.slice(0, whole.indexOf('Threads:')));
    expect(cut).toMatchObject({ pid: 26219, threads: 0, sigPnd: 0n });
    expect(cut?.missing).toEqual(['threads', 'sigPnd', 'shdPnd', 'sigBlk', 'sigIgn', 'sigCgt']);
    expect(cut?.seccomp).toBeUndefined();
    // 5.10 and 6.1 have no Kthread line.
    expect(parseStatus(whole.replace('Kthread:\t0\n', ''))?.kthread).toBeUndefined();
  });

  it('is undefined without the identifying lines', () => {
    expect(parseStatus('')).toBeUndefined();
    expect(parseStatus('Name:\tx\nState:\tS (sleeping)\n')).toBeUndefined();
    expect(parseStatus(recorded('status').replace('Pid:\t26219', 'Pid:\t2621x'))).toBeUndefined();
  });
});
