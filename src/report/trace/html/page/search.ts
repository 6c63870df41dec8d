import type { Model } from './model.ts';

/** What is looked for: all of it must be true of a call. */
export interface Query {
  /** Lower case; in the name, the arguments, the result, the thread's name, the waker or the stack. */
  readonly words: readonly string[];
  readonly tid?: number;
  readonly failed?: boolean;
  readonly fromNs?: number;
  readonly toNs?: number;
}

export interface Matches {
  /** How many match before each place: one more than there are calls. */
  readonly before: Uint32Array;
  /** Places of calls in the order of their begins. */
  readonly places: Uint32Array;
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };
const DURATION = /^([<>])(\d+(?:\.\d+)?)(ns|us|µs|ms|s)$/;

/** Reads `openat failed >1ms tid:4711 /etc`. Undefined: nothing is asked for. */
export function parsedQuery(text: string): Query | undefined {
  const words: string[] = [];
  const query: { -readonly [Key in keyof Query]: Query[Key] } = { words };
  for (const term of text.toLowerCase().split(/\s+/).filter(Boolean)) {
    const [, sign, number, unit] = DURATION.exec(term) ?? [];
    const tid = /^tid:(\d+)$/.exec(term)?.[1];
    if (number !== undefined && unit !== undefined) {
      const ns = Number(number) * UNITS[unit]!;
      if (sign === '>') query.fromNs = ns;
      else query.toNs = ns;
    } else if (tid !== undefined) query.tid = Number(tid);
    else if (term === 'failed') query.failed = true;
    else words.push(term);
  }
  return text.trim() === '' ? undefined : query;
}

/** Looks through texts once, and then through the numbers of all calls. */
export function found(model: Model, query: Query): Matches {
  const { about, calls, rows } = model;
  const before = new Uint32Array(calls.start.length + 1);
  const tests = query.words.map((word) => wordTest(model, word));
  const places: number[] = [];
  for (const [row, { calls: lane }] of rows.entries()) {
    const thread = about.threads[row]!;
    if (query.tid !== undefined && query.tid !== thread.tid) continue;
    for (let at = lane.first; at < lane.end; at++) {
      if (query.failed === true && calls.errno[at] === 0) continue;
      const duration = calls.duration[at]!;
      if (query.fromNs !== undefined && duration < query.fromNs) continue;
      if (query.toNs !== undefined && duration > query.toNs) continue;
      if (!tests.every((test) => test(row, at))) continue;
      before[at + 1] = 1;
      places.push(at);
    }
  }
  for (let at = 1; at < before.length; at++) before[at]! += before[at - 1]!;
  places.sort((a, b) => calls.start[a]! - calls.start[b]! || a - b);
  return { before, places: Uint32Array.from(places) };
}

function wordTest({ about, texts, calls }: Model, word: string): (row: number, at: number) => boolean {
  const holds = (text: string) => text.toLowerCase().includes(word);
  const hits = (list: readonly string[]) => numbersOf(list.map(holds));
  const threads = numbersOf(about.threads.map(({ name, tid }) => holds(name) || String(tid) === word));
  const names = hits(about.names);
  const inTexts = hits(texts);
  const results = hits(about.results);
  const wakers = numbersOf(
    about.wakers.map(({ comm, tid, interrupt }) => !interrupt && (holds(comm) || String(tid) === word)),
  );
  const frames = about.frames.map(holds);
  const stacks = numbersOf(about.stacks.map((stack) => stack.some((frame) => frames[frame])));
  return (row, at) =>
    (threads[row + 1]! |
      names[calls.name[at]!]! |
      inTexts[calls.args[at]!]! |
      results[calls.result[at]!]! |
      wakers[calls.waker[at]!]! |
      stacks[calls.stack[at]!]!) !==
    0;
}

/** By the numbers that the columns have, in which 0 is nothing. */
function numbersOf(hits: readonly boolean[]): Uint8Array {
  const numbers = new Uint8Array(hits.length + 1);
  for (const [at, hit] of hits.entries()) if (hit) numbers[at + 1] = 1;
  return numbers;
}
