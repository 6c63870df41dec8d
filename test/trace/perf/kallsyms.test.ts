import { describe, expect, it } from 'vitest';
import { Kallsyms } from '../../../src/trace/perf/kallsyms.ts';

const table = (...lines: readonly string[]): Kallsyms => new Kallsyms(Buffer.from(`${lines.join('\n')}\n`));

describe('the functions of /proc/kallsyms', () => {
  const kernel = table(
    '0000000000000000 A fixed_percpu_data',
    'ffffffff81000000 T _stext',
    'ffffffff81000000 T startup_64',
    'ffffffff81000100 t do_it',
    'ffffffff81000180 W weak_it',
    'ffffffff81000200 D some_data',
    'ffffffff81000300 t behind',
    'ffffffffc0400000 t second_module\t[b]',
    'ffffffffc0000000 t first_module\t[a]',
  );

  it.each([
    [0xffffffff81000100n, 'do_it'],
    [0xffffffff8100017fn, 'do_it'],
    [0xffffffff81000180n, 'weak_it'],
    [0xffffffff81000050n, '_stext'],
    [0xffffffff81000210n, undefined],
    [0xffffffff80ffffffn, undefined],
    [0xffffffffc0000010n, 'first_module'],
    [0xffffffffc0400010n, 'second_module'],
    [0xffffffffc0600000n, undefined],
    [0x7f0000001000n, undefined],
    [0n, undefined],
  ])('%s', (address, name) => {
    expect(kernel.nameOf(address)).toBe(name);
  });

  it('are unknown to whom the addresses are hidden', () => {
    const hidden = table('0000000000000000 T _stext', '0000000000000000 t do_it');
    expect(hidden.size).toBe(0);
    expect(hidden.nameOf(0xffffffff81000100n)).toBeUndefined();
  });

  it('are found on 32 bits, too', () => {
    expect(table('c1000000 T _stext', 'c1000100 T do_it').nameOf(0xc1000110n)).toBe('do_it');
  });

  it('leave out marks of the assembler', () => {
    expect(table('ffff800080000000 T f', 'ffff800080000010 t $x.1').nameOf(0xffff800080000012n)).toBe('f');
  });
});
