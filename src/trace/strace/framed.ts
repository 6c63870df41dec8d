import type { StraceExit, StraceSignal } from './call.ts';
import { signalNumber } from './signal-number.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const STOPPED = 'stopped by ';
const SIGNAL = /^(?:\{si_signo=)?(SIG\w+)/;
const EXITED = /^exited with (\d+)$/;
const KILLED = /^killed by (\w+)( \(core dumped\))?$/;
const SUPERSEDED = /^superseded by execve in pid (\d+)/;

/**
 * Reads what stands in `--- … ---`: `SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, …}`, of strace 4.x
 * `SIGCHLD (Child exited) @ 0 (0)`, and `stopped by SIGSTOP`.
 */
export function parseSignal(text: string, tid: number, stampNs: number): StraceSignal | undefined {
  const stopped = text.startsWith(STOPPED);
  const signal = SIGNAL.exec(stopped ? text.slice(STOPPED.length) : text)?.[1];
  if (signal === undefined) return undefined;
  const told: Mutable<StraceSignal> = { tid, stampNs, signal, stopped };
  const code = field(text, 'si_code=');
  if (code !== '') told.code = code;
  const sender = field(text, 'si_pid=');
  if (sender !== '' && isNumber(sender)) told.senderPid = Number(sender);
  const status = field(text, 'si_status=');
  // Of a child that was killed or stopped, strace names the signal.
  const number = isNumber(status) ? Number(status) : signalNumber(status);
  if (number !== undefined) told.status = number;
  return told;
}

/** Reads what stands in `+++ … +++`: `exited with 0`, `killed by SIGSEGV (core dumped)`, `superseded by execve in pid 12`. */
export function parseExit(text: string, tid: number, stampNs: number): StraceExit | undefined {
  const exited = EXITED.exec(text);
  if (exited) return { tid, stampNs, status: Number(exited[1]) };
  const killed = KILLED.exec(text);
  if (killed) return { tid, stampNs, signal: killed[1]!, ...(killed[2] === undefined ? {} : { core: true }) };
  const superseded = SUPERSEDED.exec(text);
  return superseded ? { tid, stampNs, supersededBy: Number(superseded[1]) } : undefined;
}

/** The word behind `name=`. */
function field(text: string, name: string): string {
  const at = text.indexOf(name);
  if (at < 0) return '';
  const from = at + name.length;
  let to = from;
  while (to < text.length && isWord(text.charCodeAt(to))) to++;
  return text.slice(from, to);
}

function isWord(code: number): boolean {
  return (code >= 48 && code < 58) || (code >= 65 && code < 91) || (code >= 97 && code < 123) || code === 95;
}

function isNumber(text: string): boolean {
  return text !== '' && !Number.isNaN(Number(text));
}
