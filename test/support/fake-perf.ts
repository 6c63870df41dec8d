import {
  PERF,
  type PerfBatch,
  type PerfHeader,
  type PerfKind,
  type PerfSource,
} from '../../src/trace/perf/batch.ts';

/** One row of a perf recording that is made up; what is left out is 0, or nothing. */
export interface FakeRow {
  readonly kind: keyof typeof PERF;
  readonly at: number;
  readonly pid?: number;
  readonly tid?: number;
  readonly cpu?: number;
  readonly host?: number;
  readonly a?: number;
  readonly b?: number;
  readonly stack?: readonly string[];
  readonly text?: string;
  readonly args?: string;
}

/** A recording of such rows, given in batches of `size`. */
export function fakePerf(rows: readonly FakeRow[], size = 3): PerfSource {
  const stacks: (readonly string[])[] = [];
  const texts: string[] = [];
  const sorted = rows.toSorted((a, b) => a.at - b.at);
  let next = 0;
  const header: PerfHeader = { events: [] };
  return {
    header,
    opened: undefined,
    complaints: [],
    stack: (id) => stacks[id] ?? [],
    text: (id) => texts[id] ?? '',
    next() {
      if (next >= sorted.length) return undefined;
      const part = sorted.slice(next, next + size);
      next += size;
      return batchOf(part, stacks, texts);
    },
  };
}

function batchOf(rows: readonly FakeRow[], stacks: (readonly string[])[], texts: string[]): PerfBatch {
  const numbers = (of: (row: FakeRow) => number) => Float64Array.from(rows, of);
  return {
    count: rows.length,
    kind: Uint8Array.from(rows, ({ kind }): PerfKind => PERF[kind]),
    at: numbers(({ at }) => at),
    pid: Int32Array.from(rows, ({ pid, tid }) => pid ?? tid ?? 0),
    tid: Int32Array.from(rows, ({ tid }) => tid ?? 0),
    cpu: Int32Array.from(rows, ({ cpu }) => cpu ?? 0),
    host: Int32Array.from(rows, ({ host }) => host ?? -1),
    a: numbers(({ a }) => a ?? 0),
    b: numbers(({ b }) => b ?? 0),
    stack: Int32Array.from(rows, ({ stack }) => (stack === undefined ? -1 : stacks.push(stack) - 1)),
    text: Int32Array.from(rows, ({ text }) => (text === undefined ? -1 : texts.push(text) - 1)),
    args: (row) => rows[row]?.args ?? '',
    firstWord: (row) => {
      const args = rows[row]?.args;
      return args === undefined ? undefined : Number.parseInt(args, 16) >>> 0;
    },
  };
}
