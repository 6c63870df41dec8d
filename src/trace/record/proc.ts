import { errnoOf, readNow } from '../../evidence/live/lock-free.ts';
import { type ProcStatus, parseStatus } from '../../procfs/status.ts';

export { errnoOf };

/** Where programs are looked for when PATH is not set. */
export const DEFAULT_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/** A file of /proc that can be read without waiting for anybody (see evidence/live/lock-free.ts); undefined when it cannot be read. */
export function procText(path: string): string | undefined {
  const outcome = readNow(path);
  return outcome.kind === 'text' ? outcome.text : undefined;
}

/** Status of a thread; undefined when it is gone. */
export function statusOf(pid: number, tid = pid): ProcStatus | undefined {
  const text = procText(tid === pid ? `/proc/${pid}/status` : `/proc/${pid}/task/${tid}/status`);
  return text === undefined ? undefined : parseStatus(text);
}

/** Bits of capabilities(7). */
export const CAP_SYS_PTRACE = 19n;
export const CAP_SYS_ADMIN = 21n;
export const CAP_PERFMON = 38n;

/** Whether we have it in effect. */
export function hasCapability(bit: bigint): boolean {
  return (((statusOf(process.pid)?.capEff ?? 0n) >> bit) & 1n) === 1n;
}

/** kernel.perf_event_paranoid; undefined where it cannot be read. */
export function perfEventParanoid(): number | undefined {
  const value = Number.parseInt(procText('/proc/sys/kernel/perf_event_paranoid') ?? '', 10);
  return Number.isNaN(value) ? undefined : value;
}
