import { signalName } from '../../../procfs/signals.ts';
import type { ExitEvent, Ns, SignalEvent, SyscallEvent, TraceEvent, TraceSink } from '../../event.ts';
import type { RecordingMeta } from '../../recording.ts';
import { type Call, callOf, descriptorAt, endOf, isRaw, pidAt } from '../call.ts';
import { capped, Tally } from '../capped.ts';
import type { DescriptorTables } from '../descriptors/tables.ts';
import type { ReapsByKernel } from '../processes/book.ts';
import type { Tasks } from '../tasks.ts';
import type { DeliveredSignals, Disposition, SentSignals, SignalLedger, UndeliveredSignal } from './book.ts';
import { Dispositions } from './dispositions.ts';
import { plainSignal, signalNumber } from './sets.ts';

const MOST_LISTED = 128;
/** Detaching took strace 6.1 some 1.5 ms, 17 ms at worst: what is sent about then may be swallowed. */
const DETACH_NS = 100_000_000;
const SIGKILL = 9;
const SIGSTOP = 19;
/** Where target and signal stand. */
const SENDERS: Readonly<Record<string, readonly [target: number, signal: number]>> = {
  kill: [0, 1],
  tkill: [0, 1],
  tgkill: [0, 2],
  rt_sigqueueinfo: [0, 1],
  rt_tgsigqueueinfo: [0, 2],
  pidfd_send_signal: [0, 1],
};

interface Sent extends Omit<SentSignals, 'failed' | 'count' | 'lastNs' | 'firstNs'> {
  count: number;
  failed: Tally;
  /** strace saw the last: it would have seen the signal arrive, too. */
  straced: boolean;
  firstNs: Ns;
  lastNs: Ns;
}

interface Delivered extends Omit<DeliveredSignals, 'count' | 'lastNs' | 'met'> {
  count: number;
  lastNs: Ns;
  met: Disposition;
}

/** Signals: sent, arrived, and what stood in their way. */
export class SignalLedgerSink implements TraceSink, ReapsByKernel {
  readonly #tasks: Tasks;
  readonly #dispositions: Dispositions;
  readonly #sent = new Map<string, Sent>();
  readonly #delivered = new Map<string, Delivered>();
  readonly #bySignal = new Tally(64);
  readonly #tables: DescriptorTables;
  readonly #detachedNs: Ns | undefined;
  #sentMore = 0;
  #deliveredMore = 0;
  #sendCount = 0;
  #sendsFailed = 0;
  #deliveredCount = 0;
  #ignoredCount = 0;
  #endNs = 0;

  /** `detachedNs`: when strace let go. */
  constructor(tasks: Tasks, tables: DescriptorTables, start: RecordingMeta['signals'] = [], detachedNs?: Ns) {
    this.#tasks = tasks;
    this.#detachedNs = detachedNs;
    this.#tables = tables;
    this.#dispositions = new Dispositions(tasks, start);
  }

  reapsByKernel(pid: number): boolean {
    return this.#dispositions.reapsByKernel(pid);
  }

  event(event: TraceEvent): void {
    this.#dispositions.event(event);
    switch (event.type) {
      case 'state':
        return;
      case 'signal':
        if (!event.stopped) this.#deliver(event);
        break;
      case 'syscall':
        if (Object.hasOwn(SENDERS, event.name)) this.#send(event);
        break;
      case 'exit':
        if (event.last && event.signal === 'SIGKILL') this.#killed(event);
        break;
    }
    const end = endOf(event);
    if (end > this.#endNs) this.#endNs = end;
  }

  finish(endNs: Ns = this.#endNs): SignalLedger {
    const sent = [...this.#sent.values()];
    const undelivered = this.#undelivered(sent, endNs);
    const delivered = [...this.#delivered.values()].sort((a, b) => b.count - a.count);
    return {
      totals: {
        sent: this.#sendCount,
        sendsFailed: this.#sendsFailed,
        delivered: this.#deliveredCount,
        ignored: this.#ignoredCount,
        dispositionChanges: this.#dispositions.actions,
        maskChanges: this.#dispositions.maskChanges,
        undelivered: undelivered.reduce((sum, { count }) => sum + count, 0),
        deliveredBySignal: this.#bySignal.record(),
      },
      sent: {
        items: sent.map(({ straced: _, ...item }) => ({ ...item, failed: item.failed.record() })),
        more: this.#sentMore,
      },
      delivered: { items: delivered, more: this.#deliveredMore },
      undelivered: capped(undelivered, MOST_LISTED),
      dispositions: this.#dispositions.finish(),
    };
  }

  #send(event: SyscallEvent): void {
    const [at, signalAt] = SENDERS[event.name] ?? [0, 1];
    const call = callOf(event);
    const n = signalNumber(call.args[signalAt] ?? '');
    const target = this.#target(call, at);
    // Signal 0 only asks whether the process is there.
    if (n === undefined || target === undefined) return;
    const failed = event.errno !== undefined;
    if (failed) this.#sendsFailed++;
    else this.#sendCount++;
    const signal = signalName(n);
    const key = `${event.pid} ${event.name} ${target.number} ${signal}`;
    let sent = this.#sent.get(key);
    if (sent === undefined) {
      if (this.#sent.size >= MOST_LISTED) {
        this.#sentMore++;
        return;
      }
      sent = {
        fromPid: event.pid,
        fromComm: this.#tasks.comm(event.pid),
        target: target.number,
        ...(target.pid === undefined ? {} : { toPid: target.pid, toComm: this.#tasks.comm(target.pid) }),
        signal,
        call: event.name,
        count: 0,
        failed: new Tally(16),
        straced: false,
        firstNs: event.startNs,
        lastNs: event.startNs,
      };
      this.#sent.set(key, sent);
    }
    if (event.errno !== undefined) sent.failed.add(event.errno);
    else {
      sent.count++;
      sent.straced = !isRaw(event);
      sent.lastNs = event.startNs;
    }
  }

  #target(call: Call, at: number): { number: number; pid?: number } | undefined {
    const { event } = call;
    if (event.name === 'pidfd_send_signal') {
      const fd = descriptorAt(call, at)?.fd;
      if (fd === undefined) return undefined;
      const told = this.#tables.get(event.pid)?.slots.get(fd)?.description.pidfdOf;
      const pid = told === undefined ? undefined : this.#tasks.resolve(event.pid, told);
      return pid === undefined ? { number: fd } : { number: pid, pid };
    }
    const number = pidAt(call, at);
    if (number === undefined) return undefined;
    if (number.local <= 0) return { number: number.local };
    const pid = this.#tasks.resolve(event.pid, number);
    return pid === undefined ? { number: number.local } : { number: number.local, pid };
  }

  #deliver(event: SignalEvent): void {
    this.#deliveredCount++;
    const signal = plainSignal(event.signal);
    this.#bySignal.add(signal);
    const n = signalNumber(event.signal);
    const met =
      (n === undefined ? undefined : this.#dispositions.get(event.pid)?.dispositions.get(n)) ?? 'default';
    // strace shows ignored signals too: a tracer makes the kernel keep them (kernel/signal.c, sig_ignored).
    if (met === 'ignored') this.#ignoredCount++;
    const key = `${event.pid} ${signal} ${event.code} ${signal === 'SIGCHLD' ? '' : event.senderPid}`;
    const known = this.#delivered.get(key);
    if (known !== undefined) {
      known.count++;
      known.lastNs = event.startNs;
      known.met = met;
    } else if (this.#delivered.size >= 4 * MOST_LISTED) {
      this.#deliveredMore++;
    } else {
      this.#delivered.set(key, {
        pid: event.pid,
        comm: this.#tasks.comm(event.pid),
        signal,
        ...(event.code === undefined ? {} : { code: event.code }),
        ...(event.senderPid === undefined || signal === 'SIGCHLD' ? {} : { senderPid: event.senderPid }),
        count: 1,
        firstNs: event.startNs,
        lastNs: event.startNs,
        met,
      });
    }
  }

  /** No tracer is told of a SIGKILL on its way: that it arrived, the death by it says. */
  #killed({ pid, tid, startNs, sources }: ExitEvent): void {
    const senders = [...this.#sent.values()].filter(
      ({ toPid, signal, count }) => toPid === pid && signal === 'SIGKILL' && count > 0,
    );
    const [sender] = senders.length === 1 ? senders : [];
    this.#deliver({
      type: 'signal',
      pid,
      tid,
      startNs,
      sources,
      signal: 'SIGKILL',
      ...(sender === undefined ? {} : { senderPid: sender.fromPid }),
    });
  }

  #undelivered(sent: readonly Sent[], endNs: Ns): UndeliveredSignal[] {
    return sent.flatMap((item): UndeliveredSignal[] => {
      const { toPid } = item;
      const n = signalNumber(item.signal);
      if (toPid === undefined || item.count === 0 || n === undefined || n === SIGKILL || n === SIGSTOP)
        return [];
      const target = this.#tasks.get(toPid);
      // It ended: by this one or by another; nobody can say.
      if (target === undefined || target.endNs !== undefined) return [];
      if (target.startNs === undefined && this.#dispositions.get(toPid) === undefined) return [];
      const arrived = [...this.#delivered.values()].filter(
        ({ pid, signal, lastNs }) => pid === toPid && signal === item.signal && lastNs >= item.lastNs,
      );
      if (arrived.length > 0) return [];
      return [
        {
          signal: item.signal,
          toPid,
          toComm: target.comm,
          fromPid: item.fromPid,
          fromComm: item.fromComm,
          count: item.count,
          lastNs: item.lastNs,
          why: this.#why(item, toPid, n, endNs),
        },
      ];
    });
  }

  #why({ lastNs: at, straced }: Sent, pid: number, n: number, endNs: Ns): UndeliveredSignal['why'] {
    const state = this.#dispositions.get(pid);
    if (state?.taken.has(n) || this.#readsSignals(pid)) return 'taken';
    const masks = [...(state?.masks.values() ?? [])];
    if (masks.length > 0 && masks.every((mask) => mask.has(n))) return 'blocked';
    if (!straced) return 'unseen';
    return (this.#detachedNs ?? endNs) - at < DETACH_NS ? 'lost-at-detach' : 'unknown';
  }

  /** It had a signalfd before the trace: of which signals, nobody knows. */
  #readsSignals(pid: number): boolean {
    for (const { made, description } of this.#tables.get(pid)?.slots.values() ?? []) {
      if (made.how === 'start' && description.kind === 'signalfd') return true;
    }
    return false;
  }
}
