import { shownEnd } from './shown.ts';

/** What stands behind `= `. */
export interface CallResult {
  /** NaN for `?`. */
  readonly value: number;
  readonly errno?: string | undefined;
  /** Words behind the number, without the parentheses around them; the meaning of `errno` where there is one. */
  readonly text?: string | undefined;
  /** -T; NaN without. */
  readonly durationNs: number;
  /** `?` without an errno: the thread is gone. */
  readonly lost: boolean;
}

const DURATION = /(?:^| )<(\d{1,9})(?:\.(\d{1,9}))?>$/;
const NUMBER = /^(-?)(?:0x([0-9a-f]+)|(\d+))/;
const ERRNO = /^(E[A-Z0-9_]+)(?: |$)/;

/**
 * Reads the text behind `= `: `3</etc/passwd>`, `0x8001 (flags O_WRONLY|O_LARGEFILE)`, `-1 EAGAIN (Resource temporarily
 * unavailable)`, `? ERESTARTSYS (To be restarted if SA_RESTART is set)`, `1 ([{fd=3, revents=POLLIN}]) <0.000012>`,
 * `0 (INJECTED)`. `'open'`: it begins so and has no end; undefined: it is none.
 */
export function parseResult(line: string): CallResult | 'open' | undefined {
  let rest = line.trim();
  let durationNs = Number.NaN;
  const duration = DURATION.exec(rest);
  if (duration) {
    durationNs = Number(duration[1]) * 1e9 + Number((duration[2] ?? '').padEnd(9, '0'));
    rest = rest.slice(0, duration.index).trimEnd();
  }
  if (rest === '') return duration ? undefined : 'open';
  if (rest.startsWith('?')) return unknown(rest.slice(1).trimStart(), durationNs);
  const number = NUMBER.exec(rest);
  if (!number) return rest === '-' ? 'open' : undefined;
  const value = numberOf(number);
  const behind = rest.slice(number[0].length);
  if (behind === '') return { value, durationNs, lost: false };
  const text = behind.trimStart();
  const errno = text === behind ? null : ERRNO.exec(text);
  if (errno) {
    const meaning = worded(text.slice(errno[0].length));
    if (meaning === 'open' || meaning === undefined) return meaning;
    return { value, errno: errno[1], text: meaning, durationNs, lost: false };
  }
  const words = text === behind ? shown(behind) : worded(text);
  if (words === 'open' || words === undefined) return words;
  return { value, text: words, durationNs, lost: false };
}

/** What it may be besides a number: `?`, for a call that does not return, or one to be restarted. */
function unknown(text: string, durationNs: number): CallResult | 'open' | undefined {
  if (text === '') return { value: Number.NaN, durationNs, lost: true };
  const errno = ERRNO.exec(text);
  if (errno) {
    const meaning = worded(text.slice(errno[0].length));
    if (meaning === 'open' || meaning === undefined) return meaning;
    return { value: Number.NaN, errno: errno[1], text: meaning, durationNs, lost: false };
  }
  // `? <unavailable>`, and of strace 4.x `? <unfinished ... exit status 0>`.
  if (/^<[^<>]+>$/.test(text)) return { value: Number.NaN, text: text.slice(1, -1), durationNs, lost: true };
  if (text.startsWith('<') || text.startsWith('E')) return 'open';
  // sigreturn of strace 4.x: `? (mask now [])`.
  const words = worded(text);
  return words === 'open' || words === undefined
    ? words
    : { value: Number.NaN, text: words, durationNs, lost: false };
}

function numberOf([, minus, hex, digits]: RegExpExecArray): number {
  let value: number;
  if (hex !== undefined) value = Number.parseInt(hex, 16);
  else if (digits!.length > 1 && digits!.startsWith('0')) value = Number.parseInt(digits!, 8);
  else value = Number(digits);
  return minus === '-' ? -value : value;
}

/** `</etc/passwd>(deleted)`, `<bash>`, with more words behind it. */
function shown(text: string): string | 'open' | undefined {
  if (!text.startsWith('<')) return undefined;
  const end = shownEnd(text, 0);
  if (end < 0) return 'open';
  const more = worded(text.slice(end));
  return more === 'open' || more === undefined ? more : text;
}

// Groups in parentheses, and comments: `(Timeout)`, `(in [3], left {tv_sec=1})`, `(INJECTED)`, `/* 18097 in strace's PID NS */`.
function worded(text: string): string | 'open' | undefined {
  if (text === '') return '';
  let at = 0;
  let groups = 0;
  while (at < text.length) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) return 'open';
      at = end + 2;
    } else if (text[at] === '(') {
      const end = closing(text, at);
      if (end < 0) return 'open';
      at = end + 1;
    } else return undefined;
    groups++;
  }
  return groups === 1 && text.startsWith('(') && text.endsWith(')') ? text.slice(1, -1) : text;
}

function closing(text: string, from: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    const code = text[at];
    if (quoted) {
      if (code === '\\') at++;
      else if (code === '"') quoted = false;
    } else if (code === '"') quoted = true;
    else if (code === '(') depth++;
    else if (code === ')' && --depth === 0) return at;
  }
  return -1;
}
