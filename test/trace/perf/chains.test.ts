import { describe, expect, it } from 'vitest';
import { Chains } from '../../../src/trace/perf/data/chains.ts';
import { Kallsyms } from '../../../src/trace/perf/kallsyms.ts';
import { Stacks } from '../../../src/trace/perf/stacks.ts';

const TEXT = 0xffffffff81000000n;
const KERNEL = -128n;
const USER = -512n;

const table = new Kallsyms(
  Buffer.from(
    ['inner', 'do_exit', 'behind_do_exit', 'asm_sysvec_timer', 'interrupted', 'end']
      .map((name, index) => `${(TEXT + BigInt(index) * 0x100n).toString(16)} t ${name}`)
      .join('\n'),
  ),
);

function stackOf(...addresses: readonly bigint[]): readonly string[] {
  const stacks = new Stacks();
  const chains = new Chains(stacks, (address) => table.nameOf(address));
  return stacks.get(chains.intern(view(addresses), 0, addresses.length));
}

function view(addresses: readonly bigint[]): DataView {
  const bytes = new DataView(new ArrayBuffer(addresses.length * 8));
  addresses.forEach((address, index) => {
    bytes.setBigUint64(index * 8, BigInt.asUintN(64, address), true);
  });
  return bytes;
}

describe('the stack of a call chain', () => {
  it('is what lies behind the mark of the kernel', () => {
    expect(stackOf(KERNEL, TEXT + 5n, USER, 0x7f0000001000n)).toEqual(['inner']);
    expect(stackOf(USER, 0x7f0000001000n)).toEqual([]);
  });

  it('is told by the addresses where nothing is marked', () => {
    expect(stackOf(TEXT + 5n, 0x7f0000001000n)).toEqual(['inner']);
  });

  it('names the caller of a function that never returns, not what is behind it', () => {
    expect(stackOf(KERNEL, TEXT + 5n, TEXT + 0x200n)).toEqual(['inner', 'do_exit']);
  });

  it('names what was interrupted at its first instruction', () => {
    expect(stackOf(KERNEL, TEXT + 5n, TEXT + 0x310n, TEXT + 0x400n)).toEqual([
      'inner',
      'asm_sysvec_timer',
      'interrupted',
    ]);
  });

  it('shows addresses that have no name', () => {
    expect(stackOf(KERNEL, 0xffffffffc0000010n)).toEqual(['0xffffffffc0000010']);
  });

  it('is kept once, by its names', () => {
    const stacks = new Stacks();
    const chains = new Chains(stacks, (address) => table.nameOf(address));
    const one = chains.intern(view([KERNEL, TEXT + 5n]), 0, 2);
    expect(chains.intern(view([KERNEL, TEXT + 5n]), 0, 2)).toBe(one);
    expect(chains.intern(view([KERNEL, TEXT + 6n]), 0, 2)).toBe(one);
    expect(chains.intern(view([KERNEL, TEXT + 0x110n]), 0, 2)).not.toBe(one);
    expect([...chains.symbolsUsed.values()]).toEqual(['inner', 'inner', 'do_exit']);
  });
});
