import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PerfSource } from '../../src/trace/perf/batch.ts';
import { bytesIn } from '../../src/trace/perf/byte-source.ts';
import { Kallsyms } from '../../src/trace/perf/kallsyms.ts';
import { openPerf } from '../../src/trace/perf/open.ts';
import { recordedBytes, recordedSymbols } from '../trace/perf/recorded.ts';

/** One thing done to a file. Places and lengths are shares of it, so that they shrink well. */
type Damage =
  | { readonly do: 'set'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly do: 'cut'; readonly at: number }
  | { readonly do: 'remove'; readonly at: number; readonly length: number }
  | { readonly do: 'repeat'; readonly at: number; readonly length: number };

const place = fc.double({ min: 0, max: 1, noNaN: true });
/** Headers and attributes are small: half of the damage is done there. */
const anywhere = fc.oneof(place, fc.double({ min: 0, max: 0.01, noNaN: true }));
const value = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 }));

const damage: fc.Arbitrary<Damage> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      at: anywhere,
      bytes: fc.array(value, { minLength: 1, maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), at: anywhere }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      at: anywhere,
      length: fc.integer({ min: 1, max: 64 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('repeat' as const),
      at: anywhere,
      length: fc.integer({ min: 1, max: 4096 }),
    }),
  },
);

function damaged(bytes: Buffer, all: readonly Damage[]): Buffer {
  return all.reduce((before, one) => {
    const at = Math.floor(one.at * before.length);
    switch (one.do) {
      case 'set': {
        const after = Buffer.from(before);
        after.set(one.bytes.slice(0, after.length - at), at);
        return after;
      }
      case 'cut':
        return before.subarray(0, at);
      case 'remove':
        return Buffer.concat([before.subarray(0, at), before.subarray(at + one.length)]);
      default:
        return Buffer.concat([before.subarray(0, at + one.length), before.subarray(at)]);
    }
  }, bytes);
}

/** Reads all of it, and holds it to what every source promises. */
function readAll(source: PerfSource, size: number): void {
  let before = Number.NEGATIVE_INFINITY;
  let rows = 0;
  let batches = 0;
  for (let batch = source.next(); batch; batch = source.next()) {
    batches += 1;
    rows += batch.count;
    for (let row = 0; row < batch.count; row++) {
      const at = batch.at[row]!;
      if (!(at >= before) || !Number.isFinite(at)) throw new Error(`row ${row}: ${at} after ${before}`);
      before = at;
      if (batch.kind[row] === 0) throw new Error(`row ${row} has no kind`);
      batch.args(row);
      source.text(batch.text[row]!);
      source.stack(batch.stack[row]!);
    }
  }
  // A record has at least eight bytes, a line one; a line of perf trace makes two rows.
  expect(rows).toBeLessThanOrEqual(size * 2);
  expect(batches).toBeLessThanOrEqual(rows);
  expect(source.complaints.join('').length).toBeLessThan(5000);
  expect(source.next()).toBeUndefined();
}

const SYMBOLS = recordedSymbols();

const SAMPLES = [
  ['tree.data', 120],
  ['host.data', 60],
  ['piped.data', 120],
  ['sampled.data', 200],
  ['tree.script.txt', 60],
  ['host.script.txt', 30],
  ['sampled.script.txt', 150],
] as const;

describe('recordings of perf that are damaged', () => {
  it.each(SAMPLES)('are read to their end, or refused: %s', (name, numRuns) => {
    const bytes = recordedBytes(name);
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 12 }), (all) => {
        const broken = damaged(bytes, all);
        const source = openPerf(bytesIn(broken), { originNs: 0n, symbolise: SYMBOLS });
        if ('refused' in source) expect(source.refused).toMatch(/^[A-Z].*[.]$/s);
        else readAll(source, broken.length);
      }),
      { numRuns },
    );
  });
});

describe('text that looks like perf', () => {
  const word = fc.constantFrom(
    ...[
      'sh',
      '12',
      '12/13',
      '[000]',
      '1.000000:',
      '1.000000000:',
      '0.054',
      '( 0.003 ms):',
      'a/1',
      ':',
      '=',
      '= 3',
    ],
    ...[
      'cycles:',
      'sched:sched_switch:',
      'prev_comm=',
      ' prev_pid=3',
      'prev_prio=120',
      'prev_state=S',
      '==>',
    ],
    ...[
      'next_comm=',
      'next_pid=4',
      'next_prio=5',
      'raw_syscalls:sys_enter:',
      'NR',
      '257',
      '(',
      ')',
      '\n',
      '\t',
      '\n\t',
    ],
    ...[
      'ffffffff81001408',
      'f+0x1',
      '([kernel.kallsyms])',
      '(a (deleted))',
      '#',
      '# clockid: monotonic',
      '>',
      '> ',
      '\0',
    ],
    ...[
      'PERF_RECORD_COMM',
      'PERF_RECORD_LOST lost 5',
      'PERF_RECORD_FORK(1:1):(2:2)',
      '[0000]',
      'x[1/2]',
      '0.001',
      '<-',
    ],
  );

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(word, fc.string({ maxLength: 5 })), { maxLength: 200 }),
        fc.constantFrom(' ', ''),
        (words, between) => {
          const bytes = Buffer.from(words.join(between), 'latin1');
          const source = openPerf(bytesIn(bytes), { originNs: 0n });
          if (!('refused' in source)) readAll(source, bytes.length + 1);
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each([
    ['blanks', `a 1 1.000000: cycles:\n${' '.repeat(1 << 20)}`],
    ['colons', `a 1 1.000000: cycles:\n${':'.repeat(1 << 20)}`],
    ['times', `a 1 1.000000: cycles:\n${'1.000000:'.repeat(1 << 16)}`],
    ['brackets', `a 1 1.000000: cycles:\n\t${'('.repeat(1 << 17)}${')'.repeat(1 << 17)}`],
    [
      'switches',
      `a 1 1.000000: sched:sched_switch: ${' prev_pid=1 prev_prio=1 prev_state=S ==> next_comm='.repeat(1 << 13)}\n`.repeat(
        8,
      ),
    ],
    ['quotes', '> '.repeat(1 << 19)],
    ['comments', `#${' '.repeat(1 << 19)}\na 1 1.000000: cycles:\n`],
    ['words', `a 1 cycles:\n${'a:'.repeat(1 << 18)}`],
  ])('takes no longer for endless %s', (_, text) => {
    const bytes = Buffer.from(text, 'latin1');
    const source = openPerf(bytesIn(bytes), { originNs: 0n });
    if (!('refused' in source)) readAll(source, bytes.length);
  });
});

describe('tables of kernel symbols', () => {
  it('answer, whatever they hold', () => {
    const line = fc
      .tuple(
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.constantFrom('t', 'T', 'D', 'w', ''),
        fc.string({ maxLength: 6 }),
      )
      .map(([address, type, name]) => `${address.toString(16).padStart(16, '0')} ${type} ${name}`);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(line, fc.string()), { maxLength: 40 }),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        (all, address) => {
          const table = new Kallsyms(Buffer.from(all.join('\n'), 'latin1'));
          const name = table.nameOf(address);
          expect(name === undefined || name.length > 0).toBe(true);
        },
      ),
    );
  });
});
