import type { StraceCall } from './call.ts';
import { LINE, type LineReader } from './line/line.ts';

/** A call that is filled in while its lines are read. */
export type OpenCall = { -readonly [K in keyof StraceCall]: StraceCall[K] };

/** The count that ends the arguments of write, and behind it what the program wrote to the same terminal. */
const WRITTEN = /^-?\d+(?:<[^"]*>)?, "(?:[^"\\]|\\.)*"(?:\.\.\.)?, \d+(?=[^\dx,])/;
const RESUMING = /^<\.\.\. resuming interrupted ([\w?]+) \.\.\.>/;

/** The call that a line tells of. A literal: what a class with fields would cost for each record is felt. */
export function newCall(
  tid: number,
  comm: string | undefined,
  read: LineReader,
  bytes: Buffer,
  stampNs: number,
  line: number,
): OpenCall {
  const name = read.name.text;
  const { result } = read;
  const whole = read.kind === LINE.call;
  const args = read.argsTo > read.argsFrom ? read.text(bytes, read.argsFrom, read.argsTo) : '';
  return {
    tid,
    comm,
    stampNs,
    deltaNs: read.prefix.deltaNs,
    nr: read.prefix.nr,
    name,
    args: name === 'write' ? withoutOutput(args) : args,
    result: whole ? result.value : Number.NaN,
    resultText: whole ? result.text : undefined,
    errno: whole ? result.errno : undefined,
    durationNs: whole ? result.durationNs : Number.NaN,
    state: whole ? (result.lost ? 'no-return' : 'done') : read.detached ? 'detached' : 'open',
    resuming: name === 'restart_syscall' ? RESUMING.exec(args)?.[1] : undefined,
    line,
  };
}

/** The call was resumed, and ended as the line says. */
export function resume(call: OpenCall, read: LineReader, bytes: Buffer): void {
  call.args = joinedArguments(call.args, read.text(bytes, read.argsFrom, read.argsTo));
  finish(call, read);
}

/** The call ended as the line says. */
export function finish(call: OpenCall, read: LineReader): void {
  if (read.detached) {
    call.state = 'detached';
    return;
  }
  const { result } = read;
  call.result = result.value;
  call.resultText = result.text;
  call.errno = result.errno;
  call.durationNs = result.durationNs;
  call.state = result.lost ? 'no-return' : 'done';
}

function withoutOutput(args: string): string {
  if (args === '') return args;
  const last = args.charCodeAt(args.length - 1);
  return last >= 48 && last < 58 ? args : (WRITTEN.exec(args)?.[0] ?? args);
}

/** strace 4.x puts a space in front of the second half, newer ones let it begin where the first one ended. */
function joinedArguments(first: string, second: string): string {
  if (second === '' || second === ' ') return first;
  if (first === '') return second.trimStart();
  if (second.startsWith(' ') && first.endsWith(' ')) return first + second.slice(1);
  return first + second;
}
