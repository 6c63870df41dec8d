import type { Ns, SignalEvent, SyscallEvent, TraceEvent, TraceSink, Waker } from '../event.ts';
import { endOf, pidReturned } from '../ledgers/call.ts';
import type { DescriptorTables } from '../ledgers/descriptors/tables.ts';
import { returnedBy } from '../ledgers/processes/reaping.ts';
import type { Tasks, ToldPid } from '../ledgers/tasks.ts';
import type { Channel, Channels } from './channels.ts';
import type { Waited } from './waiting.ts';

/** How sure it is who ended a wait, where nobody recorded wake-ups: `certain` where the call's own result says it. */
export type Sureness = 'certain' | 'likely' | 'possible';

/** Who ended a wait. */
export interface Ender {
  readonly waker: Waker;
  readonly sure: Sureness;
}

/** A wait of which is asked who ended it. */
interface Asked {
  readonly tid: number;
  readonly startNs: Ns;
  readonly endNs: Ns;
  readonly keys: readonly string[];
  /** The way to the channel was by a number that may be anything. */
  readonly guessed: boolean;
  readonly answer: (ender: Ender) => void;
}

/** Something done that others may have waited for. */
interface Act {
  readonly pid: number;
  readonly tid: number;
  readonly from: Ns;
  readonly to: Ns;
  readonly how: Waker['how'];
  readonly during?: string;
}

const MOST_KEYS = 8192;
const MOST_ACTS = 64;
/** Waits that end so near each other that their order does not count; in a log without fractions of seconds, all of one second. */
const MOST_ASKED = 16_384;
/** Calls of different threads are told in the order of their ends, roughly: so much later all acts are known. */
const SETTLED_NS = 20_000_000;
/** Strace's stops lie between what ended a wait and its end: they are longer where the host is busy. */
const SOON_NS = 5_000_000;

const WRITES = /^(?:write|writev|pwrite64|send|sendto|sendmsg|sendmmsg|vmsplice)$/;
const READS = /^(?:read|readv|recv|recvfrom|recvmsg|recvmmsg)$/;
/** The descriptor that they write to is the first; of sendfile too. splice and tee write to another. */
const COPIES: ReadonlyMap<string, number> = new Map([
  ['sendfile', 0],
  ['splice', 2],
  ['tee', 1],
]);
const POLLS = /^(?:poll|ppoll|select|pselect6|epoll_wait|epoll_pwait|epoll_pwait2)$/;
const SLEEPS = /^(?:clock_)?nanosleep$/;
const FUTEX_WAKES = /^(0x[\da-f]+), FUTEX_(?:WAKE|UNLOCK_PI|REQUEUE|CMP_REQUEUE|FD)/;
const FUTEX_WAIT = /^(0x[\da-f]+), (FUTEX_\w+(?:\|\w+)*), (\d+)/;
/** Words below are states of locks, not numbers of threads. */
const LEAST_TID = 4;
const TIMER: Ender = { waker: { pid: 0, tid: 0, comm: '', how: 'timer' }, sure: 'certain' };

/**
 * Who ended a wait, where strace alone recorded: by the results of the calls, and by what others did at that moment with the
 * same pipe, socket, futex or lock, or as the child that was waited for.
 */
export class Enders implements TraceSink {
  readonly #channels: Channels;
  readonly #tasks: Tasks;
  readonly #acts = new Map<string, Act[]>();
  readonly #locked = new Set<string>();
  /** When threads and processes that are on their way out called exit. */
  readonly #exiting = new Map<number, Ns>();
  readonly #asked: Asked[] = [];
  /** The last wait of each thread that a signal may have ended: the signal is told right behind it. */
  readonly #interrupted = new Map<number, Asked>();
  /** Children by vfork of which is not known yet whether they have executed a program, or ended without. */
  readonly #vforked = new Map<number, Asked['answer']>();
  readonly #most: number;
  #hurried = 0;
  #now: Ns = 0;

  /** `most`: waits that are kept until all is told that may have ended them. */
  constructor(channels: Channels, tables: DescriptorTables, tasks: Tasks, most: number = MOST_ASKED) {
    this.#most = most;
    this.#channels = channels;
    this.#tasks = tasks;
    tables.observe({
      closed: ({ pid }, { description, fd }, how, atNs) => {
        const channel = channels.ofDescription(description);
        const during = how === 'exit' || how === 'exec' ? how : 'close';
        // What a dying process closes is closed well before strace tells of its end.
        const from = how === 'exit' ? (this.#exiting.get(pid) ?? atNs - SOON_NS) : atNs;
        const act = { pid, tid: pid, from, to: atNs, during };
        if (channel !== undefined && description.refs <= 0)
          this.#act(`closed ${channel.writes}`, { ...act, how: channel.kind });
        if (this.#locked.delete(`lock ${pid} ${fd}`))
          this.#act(`lock ${description.what}`, { ...act, how: 'other' });
      },
    });
  }

  event(event: TraceEvent): void {
    const end = endOf(event);
    if (end > this.#now) {
      this.#now = end;
      if (this.#asked.length > 0) this.#settle(end - SETTLED_NS);
    }
    if (event.type === 'syscall') this.#call(event);
    else if (event.type === 'signal') this.#signal(event);
    else if (event.type === 'exit') {
      const { pid, tid, startNs } = event;
      const from = this.#exiting.get(tid) ?? startNs - SOON_NS;
      this.#exiting.delete(tid);
      this.#act(`exit ${tid}`, { pid, tid, from, to: startNs, how: 'thread-exit' });
      this.#vforked.get(tid)?.({ waker: child(tid, 'child-exit'), sure: 'certain' });
      this.#vforked.delete(tid);
    } else if (event.type === 'exec') {
      const { pid, tid, startNs } = event;
      this.#act(`exec ${tid}`, { pid, tid, from: startNs, to: startNs, how: 'exec' });
      this.#vforked.delete(tid);
    }
  }

  /** Asks who ended the wait that this call was; `answer` is called now, later, or never. */
  ask(event: SyscallEvent, { kind }: Waited, answer: (ender: Ender) => void): void {
    const { tid, startNs, name, result, errno } = event;
    if (event.open !== undefined) return;
    const endNs = endOf(event);
    if (errno === 'ETIMEDOUT' || (result === 0 && (SLEEPS.test(name) || POLLS.test(name)))) {
      answer(TIMER);
      return;
    }
    const asked = { tid, startNs, endNs, keys: [] as string[], guessed: false, answer };
    if (errno !== undefined || name === 'rt_sigtimedwait') {
      const sender = /\bsi_pid=(\d+)/.exec(event.args)?.[1];
      if (name === 'rt_sigtimedwait' && sender !== undefined)
        this.#numbered(event.pid, { local: Number(sender) }, answer, (pid) =>
          signaller(pid, /\bCLD_/.test(event.args)),
        );
      else if (errno === 'EINTR' || errno?.startsWith('ERESTART')) this.#interrupted.set(tid, asked);
      return;
    }
    if (result === undefined) return;
    if (kind === 'vfork') {
      const made = pidReturned(event);
      const pid = made === undefined ? undefined : this.#tasks.resolve(event.pid, made);
      if (pid !== undefined) this.#vforkOver(pid, startNs, answer);
      return;
    }
    if (kind === 'wait-child') {
      const returned = returnedBy(event);
      if (returned !== undefined)
        this.#numbered(event.pid, returned.who, answer, (pid) =>
          child(pid, returned.lives ? 'other' : 'child-exit'),
        );
      return;
    }
    const { keys, guessed } = this.#keysOf(event);
    if (keys.length === 0) return;
    const wait = { ...asked, keys, guessed };
    if (!this.#answered(wait, false)) this.#asked.push(wait);
    if (this.#asked.length > this.#most) this.#hurry();
  }

  /** One whom the call itself names, by the number that he has for the caller; it may be that nobody can say who that is. */
  #numbered(caller: number, told: ToldPid, answer: Asked['answer'], waker: (pid: number) => Waker): void {
    const pid = this.#tasks.resolve(caller, told);
    if (pid !== undefined) answer({ waker: waker(pid), sure: 'certain' });
  }

  /** The child has executed a program, unless it ends before it is told to. */
  #vforkOver(tid: number, startNs: Ns, answer: Asked['answer']): void {
    const ended = this.#acts.get(`exit ${tid}`)?.some(({ to }) => to >= startNs) ?? false;
    const executed = this.#acts.get(`exec ${tid}`)?.some(({ to }) => to >= startNs) ?? false;
    answer({ waker: child(tid, ended && !executed ? 'child-exit' : 'exec'), sure: 'certain' });
    if (!ended && !executed && this.#vforked.size < MOST_KEYS) this.#vforked.set(tid, answer);
  }

  /** Waits of which it was not found who ended them, since too many came together to wait for what others would tell. */
  get hurried(): number {
    return this.#hurried;
  }

  finish(): void {
    this.#settle(Number.POSITIVE_INFINITY);
  }

  /** What others must have done for the call to come back. */
  #keysOf(event: SyscallEvent): { readonly keys: readonly string[]; readonly guessed: boolean } {
    const { name, args, pid, result } = event;
    if (name === 'futex') {
      const [, address, operation = '', value] = FUTEX_WAIT.exec(args) ?? [];
      if (address === undefined) return NOBODY;
      const keys = [`futex ${pid} ${address}`];
      // pthread_join waits for the number of the thread to be taken away, which the kernel does when it ends: never privately.
      if (!operation.includes('PRIVATE') && Number(value) >= LEAST_TID) keys.push(`exit ${value}`);
      return { keys, guessed: false };
    }
    if (name === 'flock' || name.startsWith('fcntl')) {
      const what = lockedBy(event, this.#channels);
      return what === undefined ? NOBODY : { keys: [`lock ${what}`], guessed: false };
    }
    if (POLLS.test(name)) return this.#readyOf(event);
    const channel = this.#channels.of(event);
    if (channel === undefined) return NOBODY;
    if (READS.test(name)) return { keys: readable(channel, result), guessed: false };
    return WRITES.test(name) ? { keys: [`read ${channel.writes}`], guessed: false } : NOBODY;
  }

  /** Of poll and its like: the first descriptor that was ready. */
  #readyOf({ name, args, resultText, pid }: SyscallEvent): { keys: readonly string[]; guessed: boolean } {
    const epoll = name.startsWith('epoll');
    const text = epoll ? args : (resultText ?? '');
    const ready = epoll
      ? /\bdata=(?:\{u32=)?(\d+)/.exec(text)?.[1]
      : (/\bfd=(\d+)[^}]*revents=/.exec(text) ?? /\bin \[(\d+)/.exec(text))?.[1];
    const channel = ready === undefined ? undefined : this.#channels.at(pid, Number(ready));
    return channel === undefined ? NOBODY : { keys: readable(channel, undefined), guessed: epoll };
  }

  #call(event: SyscallEvent): void {
    const { name, args, pid, tid, startNs, result, errno } = event;
    if (name === 'exit' || name === 'exit_group') {
      if (this.#exiting.size >= MOST_KEYS) this.#exiting.clear();
      this.#exiting.set(tid, startNs);
      if (name === 'exit_group') this.#exiting.set(pid, startNs);
    }
    if (errno !== undefined || result === undefined || result < 0) return;
    const act = (how: Waker['how']): Act => ({
      pid,
      tid,
      from: startNs,
      to: endOf(event),
      how,
      during: name,
    });
    if (name === 'futex') {
      const address = result > 0 ? FUTEX_WAKES.exec(args)?.[1] : undefined;
      if (address !== undefined) this.#act(`futex ${pid} ${address}`, act('futex'));
      return;
    }
    if (name === 'flock' || (name.startsWith('fcntl') && args.includes('SETLK')))
      this.#lock(event, act('other'));
    if (result === 0 && name !== 'sendmsg') return;
    if (WRITES.test(name) || name === 'sendfile') {
      const channel = this.#channels.of(event);
      if (channel !== undefined) this.#act(`wrote ${channel.writes}`, act(channel.kind));
    } else if (READS.test(name)) {
      const channel = this.#channels.of(event);
      if (channel !== undefined) this.#act(`read ${channel.reads}`, act(channel.kind));
    } else if (COPIES.has(name)) {
      const fd = Number.parseInt(args.split(', ', 3)[COPIES.get(name)!] ?? '', 10);
      const channel = fd >= 0 ? this.#channels.at(pid, fd) : undefined;
      if (channel !== undefined) this.#act(`wrote ${channel.writes}`, act(channel.kind));
    }
  }

  #lock(event: SyscallEvent, act: Act): void {
    const what = lockedBy(event, this.#channels);
    if (what === undefined) return;
    const held = `lock ${event.pid} ${Number.parseInt(event.args, 10)}`;
    if (/LOCK_UN|F_UNLCK/.test(event.args)) {
      this.#locked.delete(held);
      this.#act(`lock ${what}`, act);
    } else if (this.#locked.size < MOST_KEYS) this.#locked.add(held);
  }

  /** Told behind the call that it interrupted. */
  #signal({ pid, tid, code, senderPid, startNs, stopped }: SignalEvent): void {
    const wait = this.#interrupted.get(tid);
    if (wait === undefined || stopped) return;
    this.#interrupted.delete(tid);
    if (senderPid === undefined || senderPid <= 0 || startNs - wait.endNs > SETTLED_NS) return;
    this.#numbered(pid, { local: senderPid }, wait.answer, (sender) =>
      signaller(sender, code?.startsWith('CLD_') === true),
    );
  }

  #act(key: string, act: Act): void {
    const acts = this.#acts.get(key) ?? [];
    acts.push(act);
    if (acts.length >= 2 * MOST_ACTS) acts.splice(0, MOST_ACTS);
    // What is done last stands last.
    this.#acts.delete(key);
    if (this.#acts.size >= MOST_KEYS) this.#forget();
    this.#acts.set(key, acts);
  }

  /** The half of which nothing was told for longest. */
  #forget(): void {
    let left = MOST_KEYS / 2;
    for (const key of this.#acts.keys()) {
      if (left-- <= 0) return;
      this.#acts.delete(key);
    }
  }

  #settle(before: Ns): void {
    let settled = 0;
    for (const wait of this.#asked) {
      if (wait.endNs > before) break;
      this.#answered(wait, true);
      settled++;
    }
    if (settled > 0) this.#asked.splice(0, settled);
  }

  /** There is no room to wait for more: the older half is told by what is known. */
  #hurry(): void {
    for (const wait of this.#asked.splice(0, this.#asked.length >> 1))
      if (!this.#answered(wait, true)) this.#hurried++;
  }

  /** `last`: no more acts will come. */
  #answered(wait: Asked, last: boolean): boolean {
    const acts = wait.keys
      .flatMap((key) => this.#acts.get(key) ?? [])
      .filter(({ tid, from, to }) => tid !== wait.tid && from <= wait.endNs && to >= wait.startNs);
    const soon = acts.filter(({ to }) => wait.endNs - to < SOON_NS);
    // The first that could end it did; but what was long before the end did not.
    const [act] = (soon.length > 0 ? soon : last ? acts.slice(-1) : []).sort((a, b) => a.to - b.to);
    if (act === undefined) return false;
    const { pid, tid, how, during } = act;
    wait.answer({
      waker: { pid, tid, comm: '', how, ...(during === undefined ? {} : { during }) },
      sure: soon.length > 0 && !wait.guessed ? 'likely' : 'possible',
    });
    return true;
  }
}

const NOBODY = { keys: [], guessed: false } as const;

function readable(channel: Channel, result: number | undefined): readonly string[] {
  if (result === 0) return [`closed ${channel.reads}`];
  return result === undefined
    ? [`wrote ${channel.reads}`, `closed ${channel.reads}`]
    : [`wrote ${channel.reads}`];
}

function child(tid: number, how: Waker['how']): Waker {
  return { pid: tid, tid, comm: '', how };
}

function signaller(pid: number, child: boolean): Waker {
  return { pid, tid: pid, comm: '', how: child ? 'child-exit' : 'signal' };
}

/** The file that a call locks or unlocks. */
function lockedBy(event: SyscallEvent, channels: Channels): string | undefined {
  return /^\d+<([^>]*)>/.exec(event.args)?.[1] ?? channels.whatAt(event.pid, Number.parseInt(event.args, 10));
}
