/** The first line of a record of perf script: `comm pid/tid [cpu] time: period event: rest`, parts of it left out by -F. */
export interface Head {
  /** -1: not told. */
  readonly pid: number;
  readonly tid: number;
  readonly cpu: number;
  /** Whole seconds and the nanoseconds behind; undefined when the text has no times. */
  readonly time: { readonly seconds: number; readonly nanoseconds: number } | undefined;
  /** 1 where it is not shown. */
  readonly period: number;
  /** `''`: not shown. Of the task's own records: `PERF_RECORD_COMM` and so on. */
  readonly event: string;
  readonly rest: string;
}

/** What stands in front of the time is a name of 15 characters and some numbers. */
const LONGEST_FRONT = 120;

const DIGIT_0 = 48;
const DIGIT_9 = 57;

/** `pid/tid [cpu] flags` at the end of what stands before the time. Linear: all is bounded, and anchored on the right. */
const WHO = /(?:^|\s)(-?\d{1,10})(?:\/(-?\d{1,10}))?\s*(?:\[(-?\d{1,5})\])?(?:\s+[A-Za-z.#]{1,8})?\s*$/;
const WHERE = /\[(-?\d{1,5})\]\s*$/;

/** A period, and the event with its colon. */
const WHAT = /^\s*(?:(\d{1,20})\s+)?(\S*[^\s:]):(?:\s|$)/;

const RECORD = /^\s*(PERF_RECORD_[A-Z0-9_]+)/;

/** Where times are left out: `comm pid event: rest`. */
const UNTIMED =
  /^\s{0,20}(?:\S.{0,40}?\s+)?(-?\d{1,10})(?:\/(-?\d{1,10}))?\s+(?:\[(-?\d{1,5})\]\s+)?(?:(\d{1,20})\s+)?([A-Za-z_][^\s:]*(?::[^\s:]+)*):(?:\s|$)/;

/** Text of an address, all that a line without an event may go on with. */
const ADDRESS = /^\s*(?:[0-9a-f]{1,16}(?:\s|$)|$)/;

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}

/** A line with a time; undefined for all others. */
export function parseTimedHead(line: string): Head | undefined {
  for (let colon = line.indexOf(':'); colon >= 0; colon = line.indexOf(':', colon + 1)) {
    const point = fractionBefore(line, colon);
    if (point < 0) continue;
    const head = headAt(line, point, colon);
    if (head) return head;
  }
  return undefined;
}

/** Where the point of a number with 6 or 9 decimals lies that ends at the colon. */
function fractionBefore(line: string, colon: number): number {
  let at = colon - 1;
  while (at >= 0 && colon - at <= 10 && isDigit(line.charCodeAt(at))) at -= 1;
  const decimals = colon - 1 - at;
  return (decimals === 6 || decimals === 9) && line[at] === '.' ? at : -1;
}

function headAt(line: string, point: number, colon: number): Head | undefined {
  let start = point;
  while (start > 0 && point - start < 12 && isDigit(line.charCodeAt(start - 1))) start -= 1;
  if (start === point || start > LONGEST_FRONT) return undefined;
  if (start > 0 && line.charCodeAt(start - 1) > 32) return undefined;
  const front = line.slice(0, start);
  const who = WHO.exec(front);
  const what = whatFollows(line.slice(colon + 1), who !== null);
  if (!what) return undefined;
  const pid = who ? Number(who[1]) : -1;
  const decimals = line.slice(point + 1, colon);
  const nanoseconds = decimals.length === 9 ? Number(decimals) : Number(decimals) * 1000;
  return {
    pid,
    tid: who?.[2] === undefined ? pid : Number(who[2]),
    cpu: Number(who ? (who[3] ?? -1) : (WHERE.exec(front)?.[1] ?? -1)),
    time: { seconds: Number(line.slice(start, point)), nanoseconds },
    ...what,
  };
}

/** What stands behind the time. Without a name of an event the line must be sure by its numbers. */
function whatFollows(text: string, sure: boolean): Pick<Head, 'period' | 'event' | 'rest'> | undefined {
  const record = RECORD.exec(text);
  if (record) return { period: 1, event: record[1]!, rest: text.slice(record[0].length) };
  const what = WHAT.exec(text);
  if (what) return { period: Number(what[1] ?? 1), event: what[2]!, rest: text.slice(what[0].length) };
  if (sure && ADDRESS.test(text)) return { period: 1, event: '', rest: text };
  return undefined;
}

/** A line of a text without times; undefined for all others. */
export function parseUntimedHead(line: string): Head | undefined {
  const match = UNTIMED.exec(line);
  if (!match) return undefined;
  const [all, pid, tid, cpu, period, event] = match;
  return {
    pid: Number(pid),
    tid: Number(tid ?? pid),
    cpu: Number(cpu ?? -1),
    time: undefined,
    period: Number(period ?? 1),
    event: event!,
    rest: line.slice(all.length),
  };
}
