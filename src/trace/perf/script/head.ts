import { detached } from '../texts.ts';

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

/** perf pads names to this, and the time ends before that. */
const NAME_COLUMN = 17;
const LATEST_TIME = 80;

const DIGIT_0 = 48;
const DIGIT_9 = 57;
const COLON = 58;
const BLANK = 32;
const TAB = 9;

/** `pid/tid [cpu] flags` at the end of what stands before the time. Linear: all is bounded, and anchored on the right. */
const WHO = /(?:^|\s)(-?\d{1,10})(?:\/(-?\d{1,10}))?\s*(?:\[(-?\d{1,5})\])?(?:\s+[A-Za-z.#]{1,8})?\s*$/;
const WHERE = /\[(-?\d{1,5})\]\s*$/;

const RECORD = 'PERF_RECORD_';

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
  let found: Placed | undefined;
  for (let colon = line.indexOf(':'); colon >= 0; colon = line.indexOf(':', colon + 1)) {
    if (found && colon > LATEST_TIME) break;
    const point = fractionBefore(line, colon);
    if (point < 0) continue;
    const head = headAt(line, point, colon);
    // A name may look like a number and a time: the last one counts that has no more than a name in front.
    if (head && (!found || head.threadAt <= NAME_COLUMN)) found = head;
  }
  return found?.head;
}

interface Placed {
  readonly head: Head;
  /** Where its thread's number begins. */
  readonly threadAt: number;
}

/** Where the point of a number with 6 or 9 decimals lies that ends at the colon. */
function fractionBefore(line: string, colon: number): number {
  let at = colon - 1;
  while (at >= 0 && colon - at <= 10 && isDigit(line.charCodeAt(at))) at -= 1;
  const decimals = colon - 1 - at;
  return (decimals === 6 || decimals === 9) && line[at] === '.' ? at : -1;
}

function headAt(line: string, point: number, colon: number): Placed | undefined {
  let start = point;
  while (start > 0 && point - start < 12 && isDigit(line.charCodeAt(start - 1))) start -= 1;
  if (start === point || start > LONGEST_FRONT) return undefined;
  if (start > 0 && line.charCodeAt(start - 1) > 32) return undefined;
  const who = whoIn(line.slice(0, start));
  const what = whatFollows(line, colon + 1, who.sure);
  if (!what) return undefined;
  const decimals = numberIn(line, point + 1, colon);
  const nanoseconds = colon - point === 10 ? decimals : decimals * 1000;
  const head = {
    pid: who.pid,
    tid: who.tid,
    cpu: who.cpu,
    time: { seconds: numberIn(line, start, point), nanoseconds },
    period: what.period,
    event: what.event,
    rest: what.rest,
  };
  return { head, threadAt: who.at };
}

/** The decimal number that fills this part of the line. */
function numberIn(line: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + line.charCodeAt(at) - DIGIT_0;
  return value;
}

interface Who {
  readonly pid: number;
  readonly tid: number;
  readonly cpu: number;
  /** A thread was told. */
  readonly sure: boolean;
  /** Where. */
  readonly at: number;
}

/** The same few threads and CPUs stand in front of all lines. */
const CACHED_FRONTS = 1 << 13;
const fronts = new Map<string, Who>();

function whoIn(front: string): Who {
  const known = fronts.get(front);
  if (known) return known;
  const who = readWho(front);
  if (fronts.size >= CACHED_FRONTS) fronts.clear();
  fronts.set(detached(front), who);
  return who;
}

function readWho(front: string): Who {
  const match = WHO.exec(front);
  if (!match) {
    const cpu = Number(WHERE.exec(front)?.[1] ?? -1);
    return { pid: -1, tid: -1, cpu, sure: false, at: front.length };
  }
  const [, pid, tid, cpu] = match;
  return { pid: Number(pid), tid: Number(tid ?? pid), cpu: Number(cpu ?? -1), sure: true, at: match.index };
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (line.charCodeAt(at) === BLANK || line.charCodeAt(at) === TAB) at += 1;
  return at;
}

/** Where the word ends that begins here. */
function wordEnd(line: string, from: number): number {
  let at = from;
  while (at < line.length && line.charCodeAt(at) > BLANK) at += 1;
  return at;
}

/** What stands behind the time: a period, an event with its colon. Without the event the line must be sure by its numbers. */
function whatFollows(
  line: string,
  from: number,
  sure: boolean,
): Pick<Head, 'period' | 'event' | 'rest'> | undefined {
  let start = skipBlanks(line, from);
  if (line.startsWith(RECORD, start)) {
    let end = start + RECORD.length;
    while (isNameCode(line.charCodeAt(end))) end += 1;
    return { period: 1, event: line.slice(start, end), rest: line.slice(end) };
  }
  let end = wordEnd(line, start);
  let period = 1;
  if (end > start && end - start <= 20 && isNumber(line, start, end)) {
    period = numberIn(line, start, end);
    start = skipBlanks(line, end);
    end = wordEnd(line, start);
  }
  const isEvent = end - start > 1 && line.charCodeAt(end - 1) === COLON && line.charCodeAt(end - 2) !== COLON;
  if (isEvent) return { period, event: line.slice(start, end - 1), rest: line.slice(end + 1) };
  if (sure && ADDRESS.test(line.slice(from))) return { period: 1, event: '', rest: line.slice(from) };
  return undefined;
}

function isNumber(line: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!isDigit(line.charCodeAt(at))) return false;
  return true;
}

/** Capitals, digits and underscores. */
function isNameCode(code: number): boolean {
  return (code >= 65 && code <= 90) || code === 95 || isDigit(code);
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
