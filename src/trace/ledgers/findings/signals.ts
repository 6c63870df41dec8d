import type { TraceFinding } from '../../finding.ts';
import type { DeliveredSignals } from '../signals/book.ts';
import type { Context } from './context.ts';
import { count, named, span, times } from './words.ts';

/** Signals by which people and supervisors ask a process to end. */
const ASKING = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']);
/** Sent by a process or a thread, not made by the kernel. */
const SENT = new Set(['SI_USER', 'SI_QUEUE', 'SI_TKILL']);
const PATIENCE_NS = 1_000_000_000;

/** Asked to end, and the program ignores it. */
export function findIgnored(context: Context): TraceFinding[] {
  const { signals, processes } = context.books;
  return signals.delivered.items
    .filter(
      ({ met, signal, code }) =>
        met === 'ignored' && ASKING.has(signal) && (SENT.has(code ?? '') || code === 'SI_KERNEL'),
    )
    .map((delivered): TraceFinding => {
      const { pid, comm, signal, senderPid, lastNs } = delivered;
      const lives = processes.processes.items.some((entry) => entry.pid === pid && entry.state === 'alive');
      return {
        cause: 'signal-ignored',
        family: 'signal',
        // nohup ignores SIGHUP, and a shell makes background jobs ignore SIGINT and SIGQUIT: on purpose.
        severity: signal === 'SIGTERM' && lives ? 'warning' : 'info',
        confidence: 'certain',
        because: 'strace saw it arrive while its disposition was SIG_IGN',
        title: `${named(pid, comm)} ignores ${signal}`,
        summary: `${times(delivered.count, signal)}${senderPid === undefined || senderPid === 0 ? '' : ` from ${senderPid}`} reached ${named(pid, comm)}, which ignores it${since(context, delivered)}${lives ? ' and lives on' : ''}.`,
        culprit: { pid, comm },
        facts: [{ text: `${signal} {si_code=${delivered.code}} with SIG_IGN`, pid, atNs: lastNs }],
        remedies: [
          {
            command: `grep -E '^Sig(Ign|Cgt|Blk)' /proc/${pid}/status`,
            effect: 'shows what is ignored, handled and blocked now',
            risk: 'none: reads only',
          },
          {
            command: `kill -KILL ${pid}`,
            effect: 'cannot be ignored',
            risk: 'it cannot clean up; its children live on',
          },
        ],
      };
    });
}

function since({ books }: Context, { pid, signal }: DeliveredSignals): string {
  const entry = books.signals.dispositions.items.find((item) => item.pid === pid);
  if (entry === undefined) return '';
  if (entry.inheritedIgnored.includes(signal)) {
    return ' (since before the trace or its exec: it may come from whoever started it)';
  }
  const set = entry.changes.items.findLast((change) => change.signal === signal && change.to === 'ignored');
  return set === undefined ? '' : ` (thread ${set.byTid} set SIG_IGN ${span(set.atNs)} into the trace)`;
}

/** Sent, and blocked by all threads to the end. */
export function findBlocked(context: Context): TraceFinding[] {
  return context.books.signals.undelivered.items
    .filter(
      ({ why, signal, lastNs }) =>
        why === 'blocked' && signal !== 'SIGCHLD' && context.endNs - lastNs >= PATIENCE_NS,
    )
    .map(
      ({ signal, toPid, toComm, fromPid, fromComm, count: sent, lastNs }): TraceFinding => ({
        cause: 'signal-blocked-pending',
        family: 'signal',
        severity: ASKING.has(signal) ? 'warning' : 'info',
        confidence: 'likely',
        because: 'each thread whose mask is known blocks it, and nobody took it by signalfd or sigwait',
        title: `${signal} for ${named(toPid, toComm)} is blocked`,
        summary: `${named(fromPid, fromComm)} sent ${times(sent, signal)} to ${named(toPid, toComm)}, which blocks it: it has been pending for ${span(context.endNs - lastNs)}.`,
        culprit: { pid: toPid, comm: toComm },
        facts: [{ text: `${count(sent, signal)} sent and not delivered`, pid: toPid, atNs: lastNs }],
        remedies: [
          {
            command: `grep -E '^(Sig|Shd)(Blk|Pnd)' /proc/${toPid}/task/*/status`,
            effect: 'shows what each thread blocks, and what is pending',
            risk: 'none: reads only',
          },
          {
            command: `kill -KILL ${toPid}`,
            effect: 'cannot be blocked',
            risk: 'it cannot clean up; its children live on',
          },
        ],
      }),
    );
}
