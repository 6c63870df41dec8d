import type { StraceExit, StraceSignal } from './call.ts';
import { signalNumber } from './signal-number.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const STOPPED = 'stopped by ';
const OLD_SIGNAL = '{si_signo=';
const EXITED = 'exited with ';
const KILLED = /^killed by (\w+)( \(core dumped\))?$/;
const SUPERSEDED = /^superseded by execve in pid (\d+)/;

/**
 * Reads what stands in `--- … ---`: `SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, …}`, of strace 4.x
 * `SIGCHLD (Child exited) @ 0 (0)`, and `stopped by SIGSTOP`.
 */
export function parseSignal(text: string, tid: number, stampNs: number): StraceSignal | undefined {
  const stopped = text.startsWith(STOPPED);
  let from = 0;
  if (stopped) from = STOPPED.length;
  else if (text.startsWith(OLD_SIGNAL)) from = OLD_SIGNAL.length;
  const signal = word(text, from);
  if (!signal.startsWith('SIG')) return undefined;
  const told: Mutable<StraceSignal> = { tid, stampNs, signal, stopped };
  if (stopped) return told;
  const code = field(text, 'si_code=');
  if (code !== '') told.code = code;
  const sender = Number.parseInt(field(text, 'si_pid='), 10);
  if (sender >= 0) told.senderPid = sender;
  const status = field(text, 'si_status=');
  // Of a child that was killed or stopped, strace names the signal.
  if (status !== '') {
    const number = Number(status);
    const meant = Number.isNaN(number) ? signalNumber(status) : number;
    if (meant !== undefined) told.status = meant;
  }
  return told;
}

/** Reads what stands in `+++ … +++`: `exited with 0`, `killed by SIGSEGV (core dumped)`, `superseded by execve in pid 12`. */
export function parseExit(text: string, tid: number, stampNs: number): StraceExit | undefined {
  if (text.startsWith(EXITED)) {
    const status = Number(text.slice(EXITED.length));
    return status >= 0 ? { tid, stampNs, status } : undefined;
  }
  const killed = KILLED.exec(text);
  if (killed) return { tid, stampNs, signal: killed[1]!, ...(killed[2] === undefined ? {} : { core: true }) };
  const superseded = SUPERSEDED.exec(text);
  return superseded ? { tid, stampNs, supersededBy: Number(superseded[1]) } : undefined;
}

/** The word behind `name=`. */
function field(text: string, name: string): string {
  const at = text.indexOf(name);
  return at < 0 ? '' : word(text, at + name.length);
}

function word(text: string, from: number): string {
  let to = from;
  while (to < text.length && isWord(text.charCodeAt(to))) to++;
  return text.slice(from, to);
}

function isWord(code: number): boolean {
  return (code >= 48 && code < 58) || (code >= 65 && code < 91) || (code >= 97 && code < 123) || code === 95;
}
