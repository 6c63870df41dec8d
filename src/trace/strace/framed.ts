import { signalNumber } from './signal-number.ts';

/** What `--- … ---` tells. */
export interface SignalText {
  readonly signal: string;
  readonly code?: string;
  readonly senderPid?: number;
  readonly status?: number;
  readonly stopped: boolean;
}

/** What `+++ … +++` tells. */
export interface ExitText {
  readonly status?: number;
  readonly signal?: string;
  readonly core?: boolean;
  readonly supersededBy?: number;
}

/**
 * `SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, …}`, of strace 4.x `SIGCHLD (Child exited) @ 0 (0)`, and
 * `stopped by SIGSTOP`.
 */
export function parseSignal(text: string): SignalText | undefined {
  const stopped = /^stopped by (SIG\w+)/.exec(text);
  if (stopped) return { signal: stopped[1]!, stopped: true };
  const signal = /^(SIG\w+)(?: |$)/.exec(text)?.[1] ?? /^\{si_signo=(SIG\w+)/.exec(text)?.[1];
  if (signal === undefined) return undefined;
  const code = /\bsi_code=([\w?]+)/.exec(text)?.[1];
  const sender = /\bsi_pid=(\d+)/.exec(text)?.[1];
  const status = /\bsi_status=(\w+)/.exec(text)?.[1];
  const number = status === undefined ? undefined : statusOf(status);
  return {
    signal,
    ...(code === undefined ? {} : { code }),
    ...(sender === undefined ? {} : { senderPid: Number(sender) }),
    ...(number === undefined ? {} : { status: number }),
    stopped: false,
  };
}

/** Of a child that was killed or stopped, strace names the signal. */
function statusOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : signalNumber(text);
}

/** `exited with 0`, `killed by SIGSEGV (core dumped)`, `superseded by execve in pid 18691`. */
export function parseExit(text: string): ExitText | undefined {
  const exited = /^exited with (\d+)$/.exec(text);
  if (exited) return { status: Number(exited[1]) };
  const killed = /^killed by (\w+)( \(core dumped\))?$/.exec(text);
  if (killed) return { signal: killed[1]!, ...(killed[2] === undefined ? {} : { core: true }) };
  const superseded = /^superseded by execve in pid (\d+)/.exec(text);
  return superseded ? { supersededBy: Number(superseded[1]) } : undefined;
}
