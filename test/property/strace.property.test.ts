import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/trace/strace/arguments/ask.ts';
import { parseArguments } from '../../src/trace/strace/arguments/parse.ts';
import { targetOf } from '../../src/trace/strace/arguments/target.ts';
import { LONGEST_LINE } from '../../src/trace/strace/whole-lines.ts';
import { read } from '../trace/strace/read.ts';
import { hostile, sizeOf } from './hostile.ts';
import { BASE_SECONDS, madeArgument, madeLog, madeString, printLog, quote, style } from './strace-log.ts';

const FIXTURES = new URL('../../fixtures/strace/', import.meta.url);

function part(file: string, from: number, lines: number): string {
  return readFileSync(new URL(file, FIXTURES), 'latin1')
    .split('\n')
    .slice(from, from + lines)
    .join('\n');
}

const SAMPLES = [
  part('6.1/recording.txt', 60, 25),
  part('6.1/recording.txt', 275, 23),
  part('6.1/terminal.txt', 190, 20),
  part('6.1/terminal.txt', 305, 13),
  part('6.1/tt-T.txt', 100, 15),
  part('6.1/r.txt', 120, 12),
  part('6.1/C.txt', 40, 30),
  part('6.1/k.txt', 40, 20),
  part('6.1/status.txt', 8, 15),
  part('5.10/attach.txt', 0, 15),
  part('7.2/yy-Y.txt', 100, 15),
  '> write(1, "hello\\n", 6hello\n> ) = 6\n> mmap(NULL, 12288, PROT_READ, MAP_PRIVATE, -1,\n> 0) = 0x7f\n--- SIGCHLD (Child exited) @ 0 (0) ---\nexecve("/bin/a", ["a"], [/* 44 vars */]) = 0\n',
];

function pieces(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text, 'latin1');
  const at = [0, ...[...cuts].sort((one, two) => one - two), bytes.length];
  return at.slice(1).map((to, index) => bytes.subarray(at[index], to));
}

/** All that is told of a log, as text: comparing that is quick. */
function told(chunks: readonly Uint8Array[]): string {
  const { events, calls, reader } = read(chunks);
  return JSON.stringify([events, calls, reader.tally]);
}

describe('a log in pieces', () => {
  it('is the same log, wherever it is cut', () => {
    for (const sample of SAMPLES) {
      const whole = told(pieces(sample, []));
      for (let cut = 0; cut <= sample.length; cut++) {
        if (told(pieces(sample, [cut])) !== whole) expect.fail(`cut at ${cut} of ${sample}`);
      }
      const bytes = Array.from({ length: sample.length }, (_, at) => at);
      expect(told(pieces(sample, bytes))).toBe(whole);
    }
  });

  it('is the same log, also with lines that are too long', () => {
    const long = `1 write(1, "${'\\"'.repeat(LONGEST_LINE)}", 9) = 9\n1 close(1) = 0\n${'x'.repeat(LONGEST_LINE + 5)}\n2 close(2) = 0`;
    const { events, reader } = read(long);
    expect(reader.tally).toMatchObject({ calls: 3, cut: 2 });
    fc.assert(
      fc.property(fc.array(fc.nat(long.length), { maxLength: 6 }), (cuts) => {
        const again = read(pieces(long, cuts));
        expect(again.reader.tally).toEqual(reader.tally);
        expect(again.events).toEqual(events);
      }),
      { numRuns: 15 },
    );
  });
});

describe('calls that were made up', () => {
  it('come back as they were, however they are printed', () => {
    fc.assert(
      fc.property(madeLog, style, (made, how) => {
        const { calls, reader } = read(printLog(made, how), {
          originNs: BigInt(BASE_SECONDS) * 1_000_000_000n,
        });
        expect(reader.tally).toMatchObject({
          refused: 0,
          foreign: 0,
          joined: 0,
          resumedAlone: 0,
          unfinishedLeft: 0,
        });
        expect(reader.refusal()).toBe(made.length === 0 ? 'no strace records in 0 lines' : undefined);
        const begun = [...made].sort(
          (one, two) => one.beganNs - two.beganNs || made.indexOf(one) - made.indexOf(two),
        );
        expect(calls).toHaveLength(made.length);
        for (const [index, call] of calls.entries()) {
          const { tid, name, args, result, beganNs, durationNs } = begun[index]!;
          expect(call).toMatchObject({ tid, name, args: args.join(', '), state: 'done' });
          expect(call.comm).toBe(how.prefix === 'comm' ? 'a<b' : undefined);
          expect(call.durationNs).toBe(how.durations ? durationNs : Number.NaN);
          const stamp = { none: Number.NaN, unix: beganNs, 'time-of-day': 36_000e9 + beganNs }[how.stamps];
          expect(call.stampNs).toBe(stamp);
          const expected = result.startsWith('?') ? Number.NaN : Number(/^-?\w+/.exec(result)![0]);
          expect(call.result).toBe(expected);
          expect(call.errno).toBe(/^\S+ (E\w+) /.exec(result)?.[1]);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('have arguments that come back one by one', () => {
    fc.assert(
      fc.property(fc.array(madeArgument, { maxLength: 5 }), (args) => {
        const parsed = parseArguments(args.join(', '));
        expect(parsed.map(({ text }) => text)).toEqual(args);
        expect(parsed.filter(({ kind }) => kind === 'opaque')).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('have strings that come back byte by byte', () => {
    fc.assert(
      fc.property(madeString, ({ quoted, bytes }) => {
        expect(bytesOf(parseArguments(`1, ${quoted}..., 2`)[1])).toBe(bytes);
        // As a path it is text: UTF-8, if it is any.
        const ascii = bytes.replaceAll(/[^\0-\x7f]/g, '-');
        expect(targetOf(`</${quote(ascii, '<>')}>`).text).toBe(`/${ascii}`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('any text', () => {
  it('is read or refused, line by line, and no line is lost', () => {
    fc.assert(
      fc.property(hostile(SAMPLES), (text) => {
        const { reader, calls, events } = read(text);
        const { tally } = reader;
        expect(tally.lines).toBe(text.split('\n').length - (text.endsWith('\n') || text === '' ? 1 : 0));
        const records =
          tally.calls +
          tally.resumed +
          tally.signals +
          tally.exits +
          tally.messages +
          tally.summaryRows +
          tally.stackLines;
        // A message that a record was interrupted by stands on a line with it.
        expect(records + tally.joined + tally.foreign + tally.refused).toBeGreaterThanOrEqual(tally.lines);
        expect(calls).toHaveLength(tally.calls);
        // Not more than a few values for each line, and its text.
        expect(sizeOf(events)).toBeLessThan(3000 + text.length * 60);
        for (const { args, resultText } of calls) {
          parseArguments(args);
          targetOf(resultText ?? '');
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('of bytes does no harm', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        read(text);
        for (const argument of parseArguments(text)) targetOf(argument.text);
      }),
      { numRuns: 4000 },
    );
  });
});

describe('size', () => {
  it('costs in proportion: no part of a line is looked at again and again', () => {
    const cost = (text: string): number => {
      const start = process.cpuUsage();
      const { calls } = read(text);
      for (const { args } of calls) parseArguments(args);
      parseArguments(text);
      return process.cpuUsage(start).user;
    };
    const all = [
      '(',
      '[',
      '{',
      '"',
      '\\',
      '<',
      '>',
      '1<',
      ' ',
      ') = ',
      '/*',
      'a(',
      '~[',
      'x=',
      '1, ',
      '=> ',
      '|',
      '"a',
      '[pid 1] ',
      '>> ',
      '--- SIG',
      '1:',
      '0.1 ',
    ];
    for (const piece of all) {
      for (const before of ['', 'write(1, ', '1 read(', '<... read resumed>']) {
        cost(`${before}${piece.repeat(200)}\n`);
        const short = cost(`${before}${piece.repeat(4000)}\n`.repeat(4));
        const long = cost(`${before}${piece.repeat(32_000)}\n`.repeat(4));
        // Quadratic would be 64 times; below some milliseconds nothing is told.
        expect(long, `${before}${piece}`).toBeLessThan(Math.max(short, 15_000) * 24);
      }
    }
  });
});
