import type {
  ExecEvent,
  ExitEvent,
  Ns,
  SpawnEvent,
  SyscallEvent,
  TraceEvent,
  TraceSink,
} from '../../event.ts';
import type { RecordedTask } from '../../recording.ts';
import { endOf, pidReturned, succeeded } from '../call.ts';
import { type Capped, capped, Ends, Tally } from '../capped.ts';
import type { Tasks } from '../tasks.ts';
import type {
  FailedSpawns,
  ProcessEntry,
  ProcessLedger,
  ProcessState,
  ReapsByKernel,
  Unreaping,
  Zombie,
} from './book.ts';
import { Commands, commandOf, type Ran } from './commands.ts';
import { exitWords } from './exit-words.ts';
import { collectedBy, isWait } from './reaping.ts';

interface Record_ {
  pid: number;
  parentPid?: number;
  command?: string;
  path?: string;
  started?: ProcessEntry['started'];
  exit?: ProcessEntry['exit'];
  reaped?: ProcessEntry['reaped'];
  orphaned?: { atNs: Ns; adoptedBy?: number };
  /** Reaped without its exit having come yet. */
  waited?: { byPid: number; call: string; atNs: Ns };
  state: ProcessState;
  threadsStarted: number;
  threadsEnded: number;
  execs: number;
  reapedChildren: number;
  waits: number;
  /** Waits that returned a number of which nobody knows whose it is. */
  reapedUnknown: number;
  children: Set<Record_>;
  subreaper: boolean;
  comm: string;
  /** It ran before the trace. */
  atStart: boolean;
  /** Its user, where it or an ancestor has asked. */
  uid?: number;
  /** Its first call. */
  firstNs?: Ns;
}

const MOST_LISTED = 256;
const MOST_FAILURES = 64;
const MOST_EARLY = 1024;
/** Worth remembering of a parent that has ended. */
const MANY_ZOMBIES = 8;

const SPAWNS = new Set(['fork', 'vfork', 'clone', 'clone3']);

/** Who began, who ended how, who collected whom, and what is left uncollected. */
export class ProcessLedgerSink implements TraceSink {
  readonly #tasks: Tasks;
  readonly #kernel: ReapsByKernel;
  readonly #now = new Map<number, Record_>();
  /** Exited before anybody told whose children they are. */
  readonly #early = new Map<number, Record_>();
  readonly #over = new Ends<ProcessEntry>(MOST_LISTED);
  readonly #commands = new Commands();
  readonly #failed = new Map<string, FailedSpawns>();
  readonly #unreapingOver: Unreaping[] = [];
  readonly #spawnsFailed = new Tally();
  readonly #atStart: number;
  #spawned = 0;
  #exited = 0;
  #reaped = 0;
  #reapedByKernel = 0;
  #gone = 0;
  #orphaned = 0;
  #threadsStarted = 0;
  #threadsEnded = 0;
  #execs = 0;
  #endNs = 0;
  #sawWaits: boolean = false;
  readonly #waitsUnseen: boolean;

  /** `waitsUnseen`: no call is told, wait4 neither: then nobody can say that a child was left. */
  constructor(
    tasks: Tasks,
    kernel: ReapsByKernel,
    atStart: readonly RecordedTask[] = [],
    waitsUnseen: boolean = false,
  ) {
    this.#waitsUnseen = waitsUnseen;
    this.#tasks = tasks;
    this.#kernel = kernel;
    for (const { pid, tid, ppid } of atStart) {
      if (pid !== tid) continue;
      const record = this.#of(pid);
      record.parentPid = ppid;
      record.atStart = true;
    }
    this.#atStart = this.#now.size;
    for (const record of this.#now.values()) this.#now.get(record.parentPid ?? 0)?.children.add(record);
  }

  event(event: TraceEvent): void {
    switch (event.type) {
      case 'spawn':
        this.#spawn(event);
        break;
      case 'exec':
        this.#exec(event);
        break;
      case 'exit':
        this.#exit(event);
        break;
      case 'syscall':
        this.#call(event);
        // Whoever calls lives; but what a thread of the dead did may be told late.
        if (!this.#now.has(event.pid) && this.#tasks.get(event.pid)?.endNs === undefined) {
          this.#of(event.pid).firstNs = event.startNs;
        }
        break;
      case 'state':
        return;
    }
    const end = endOf(event);
    if (end > this.#endNs) this.#endNs = end;
  }

  /** `waits`: calls that wait were recorded. If not, and none is there, nobody can say that a child was left. */
  finish(endNs: Ns = this.#endNs, waits: boolean = true): ProcessLedger {
    this.#giveUp([...this.#early.values()]);
    if (!waits && !this.#sawWaits) {
      this.#unreapingOver.length = 0;
      for (const record of [...this.#now.values()]) if (record.state === 'zombie') this.#drop(record, 'gone');
    }
    const records = [...this.#now.values()];
    const alive = records.filter(({ state }) => state === 'alive');
    const zombies = records.filter(({ state }) => state === 'zombie');
    const over = this.#over.list();
    const listed = [...zombies, ...alive].slice(0, MOST_LISTED).map((record) => this.#entry(record, endNs));
    return {
      totals: {
        atStart: this.#atStart,
        spawned: this.#spawned,
        exited: this.#exited,
        reaped: this.#reaped,
        reapedByKernel: this.#reapedByKernel,
        gone: this.#gone,
        zombies: zombies.length,
        orphaned: this.#orphaned,
        alive: alive.length,
        threadsStarted: this.#threadsStarted,
        threadsEnded: this.#threadsEnded,
        execs: this.#execs,
        spawnsFailed: this.#spawnsFailed.record(),
      },
      processes: {
        items: [...listed, ...over.items],
        more: alive.length + zombies.length - listed.length + over.more,
      },
      commands: this.#commands.finish(records.map((record) => this.#ran(record))),
      zombies: capped(
        zombies.map((record) => this.#zombie(record, endNs)).sort((a, b) => b.ageNs - a.ageNs),
        MOST_LISTED,
      ),
      unreaping: this.#unreaping(zombies, endNs),
      failedSpawns: { items: [...this.#failed.values()], more: 0 },
    };
  }

  #of(pid: number): Record_ {
    let record = this.#now.get(pid);
    if (record === undefined) {
      record = {
        pid,
        state: 'alive',
        threadsStarted: 0,
        threadsEnded: 0,
        execs: 0,
        reapedChildren: 0,
        waits: 0,
        reapedUnknown: 0,
        children: new Set(),
        subreaper: false,
        comm: '',
        atStart: false,
      };
      this.#now.set(pid, record);
    }
    return record;
  }

  #spawn({ pid, tid, childPid, thread, unsure, call, startNs }: SpawnEvent): void {
    if (unsure) return;
    const parent = this.#of(pid);
    if (thread) {
      parent.threadsStarted++;
      this.#threadsStarted++;
      return;
    }
    this.#spawned++;
    const early = this.#early.get(childPid);
    this.#early.delete(childPid);
    const old = this.#now.get(childPid);
    // Somebody has reaped the last one of this number, or it could not be used again.
    if (old !== undefined && (old.started !== undefined || old.exit !== undefined)) this.#drop(old, 'gone');
    const child = early ?? this.#of(childPid);
    child.parentPid = pid;
    child.started = {
      ...(call === undefined ? {} : { call }),
      // Of strace alone the call that made it ends after its first own ones.
      atNs: Math.min(startNs, child.exit?.atNs ?? startNs, child.firstNs ?? startNs),
      byTid: tid,
    };
    parent.children.add(child);
    if (parent.uid !== undefined) child.uid ??= parent.uid;
    if (early === undefined) return;
    this.#now.set(childPid, early);
    this.#ends(early);
  }

  #exec({ pid, path, argv }: ExecEvent): void {
    const record = this.#of(pid);
    record.execs++;
    this.#execs++;
    if (path === undefined && argv === undefined) return;
    record.path = path ?? argv ?? '';
    record.command = commandOf(path, argv);
  }

  #exit(event: ExitEvent): void {
    const record = this.#of(event.pid);
    if (!event.last) {
      record.threadsEnded++;
      this.#threadsEnded++;
      return;
    }
    if (record.exit !== undefined) return;
    this.#exited++;
    record.exit = {
      atNs: event.startNs,
      ...(event.status === undefined ? {} : { status: event.status }),
      ...(event.signal === undefined ? {} : { signal: event.signal }),
      ...(event.core === undefined ? {} : { core: event.core }),
      ...wordsOf(event.status),
    };
    record.comm = this.#tasks.comm(record.pid);
    this.#leaveChildren(record, event.startNs);
    if (record.started === undefined && !record.atStart && record.parentPid === undefined) {
      // Nobody has told yet whose it is.
      this.#now.delete(record.pid);
      this.#early.set(record.pid, record);
      if (this.#early.size > MOST_EARLY) this.#giveUp([...this.#early.values()].slice(0, MOST_EARLY / 2));
      return;
    }
    this.#ends(record);
  }

  /** Whose birth was not told is over for good. */
  #giveUp(records: readonly Record_[]): void {
    for (const record of records) {
      this.#early.delete(record.pid);
      this.#commands.count(this.#ran(record));
      this.#drop(record, 'gone');
    }
  }

  #ends(record: Record_): void {
    this.#commands.count(this.#ran(record));
    const at = record.exit?.atNs ?? this.#endNs;
    const parent = this.#now.get(record.parentPid ?? 0);
    if (record.waited !== undefined) {
      this.#collect(record, record.waited.byPid, record.waited.call, record.waited.atNs);
    } else if (parent === undefined || parent.state !== 'alive' || this.#waitsUnseen) {
      this.#drop(record, 'gone');
    } else if (this.#kernel.reapsByKernel(parent.pid)) {
      this.#reapedByKernel++;
      this.#collect(record, 0, 'SIGCHLD ignored', at);
    } else {
      record.state = 'zombie';
    }
  }

  /** Children go to the next subreaper above or the namespace's init, else out of the trace; zombies with them. */
  #leaveChildren(record: Record_, at: Ns): void {
    const adopter = this.#adopter(record);
    const dead = [...record.children].filter(({ state }) => state === 'zombie');
    if (dead.length >= MANY_ZOMBIES && this.#unreapingOver.length < MOST_FAILURES) {
      this.#unreapingOver.push(this.#unreapingOf(record.pid, dead, at, true));
    }
    for (const child of record.children) {
      if (child.state === 'alive') {
        this.#orphaned++;
        child.orphaned = adopter === undefined ? { atNs: at } : { atNs: at, adoptedBy: adopter.pid };
      }
      child.parentPid = adopter?.pid;
      if (adopter !== undefined) adopter.children.add(child);
      else if (child.state === 'zombie') this.#drop(child, 'gone');
    }
    record.children.clear();
  }

  #adopter(record: Record_): Record_ | undefined {
    const seen = new Set<Record_>([record]);
    let above = this.#now.get(record.parentPid ?? 0);
    while (above !== undefined && !seen.has(above)) {
      if (above.subreaper && above.state === 'alive') return above;
      seen.add(above);
      above = this.#now.get(above.parentPid ?? 0);
    }
    const init = this.#tasks.initOf(record.pid);
    return init === undefined || init === record.pid ? undefined : this.#now.get(init);
  }

  #call(event: SyscallEvent): void {
    switch (event.name) {
      case 'prctl':
        if (/^(?:PR_SET_CHILD_SUBREAPER|0x24), (?!0(?:x0)?\b)/.test(event.args) && succeeded(event)) {
          this.#of(event.pid).subreaper = true;
        }
        break;
      case 'getuid':
      case 'geteuid':
        if (succeeded(event)) this.#of(event.pid).uid = event.result;
        break;
      case 'setuid':
      case 'setreuid':
      case 'setresuid':
        delete this.#of(event.pid).uid;
        break;
      case 'getppid': {
        // Whom the kernel names after the parent has gone is who has adopted it.
        const orphan = this.#now.get(event.pid);
        if (orphan?.orphaned === undefined || event.startNs < orphan.orphaned.atNs) break;
        const number = pidReturned(event);
        const adopter = number === undefined ? undefined : this.#tasks.resolve(event.pid, number);
        if (adopter !== undefined) orphan.orphaned.adoptedBy = adopter;
        break;
      }
      default:
        if (isWait(event.name)) this.#waits(event);
        else if (event.errno !== undefined && SPAWNS.has(event.name)) this.#spawnFailed(event, event.errno);
    }
  }

  #waits(event: SyscallEvent): void {
    const waiter = this.#of(event.pid);
    waiter.waits++;
    this.#sawWaits = true;
    const collected = collectedBy(event);
    if (collected === undefined) return;
    const pid = this.#tasks.resolve(event.pid, collected.who);
    if (pid !== undefined) this.#waited(pid, event, collected.certain);
    else if (event.name !== 'waitid') waiter.reapedUnknown++;
  }

  /** `certain`: its words say that the child is over; else only if its exit has been seen. */
  #waited(pid: number, event: SyscallEvent, certain: boolean): void {
    const at = endOf(event);
    const early = this.#early.get(pid);
    if (early !== undefined) {
      early.waited = { byPid: event.pid, call: event.name, atNs: at };
      return;
    }
    const record = this.#now.get(pid);
    if (record === undefined) {
      this.#of(event.pid).reapedUnknown++;
      return;
    }
    if (record.exit !== undefined) this.#collect(record, event.pid, event.name, at);
    else if (certain) record.waited = { byPid: event.pid, call: event.name, atNs: at };
  }

  #collect(record: Record_, byPid: number, call: string, at: Ns): void {
    if (record.state === 'reaped' || record.exit === undefined) return;
    record.reaped = {
      byPid,
      byComm: byPid === 0 ? '' : this.#tasks.comm(byPid),
      call,
      atNs: at,
      afterNs: Math.max(0, at - record.exit.atNs),
    };
    this.#reaped++;
    const reaper = this.#now.get(byPid);
    if (reaper !== undefined) reaper.reapedChildren++;
    if (record.orphaned !== undefined && byPid !== 0) record.orphaned.adoptedBy = byPid;
    this.#drop(record, 'reaped');
  }

  /** It is over: told in the lists, kept no longer. */
  #drop(record: Record_, state: 'reaped' | 'gone'): void {
    if (state === 'gone') this.#gone++;
    record.state = state;
    this.#now.get(record.parentPid ?? 0)?.children.delete(record);
    if (this.#now.get(record.pid) === record) this.#now.delete(record.pid);
    this.#over.add(this.#entry(record, record.exit?.atNs ?? this.#endNs));
  }

  #spawnFailed(event: SyscallEvent, errno: string): void {
    // The kernel's own codes for a call that a signal interrupted: it is made again.
    if (errno.startsWith('ERESTART')) return;
    this.#spawnsFailed.add(errno);
    const key = `${event.pid} ${event.name} ${errno}`;
    const known = this.#failed.get(key);
    if (known === undefined && this.#failed.size >= MOST_FAILURES) return;
    const uid = this.#now.get(event.pid)?.uid;
    this.#failed.set(key, {
      pid: event.pid,
      comm: this.#tasks.comm(event.pid),
      errno,
      call: event.name,
      count: (known?.count ?? 0) + 1,
      firstNs: known?.firstNs ?? event.startNs,
      lastNs: event.startNs,
      ...(uid === undefined ? {} : { uid }),
    });
  }

  #ran(record: Record_): Ran {
    return { ...record, comm: record.comm || this.#tasks.comm(record.pid) };
  }

  #entry(record: Record_, endNs: Ns): ProcessEntry {
    const task = this.#tasks.get(record.pid);
    const from = record.started?.atNs;
    const to = record.exit?.atNs ?? endNs;
    return {
      pid: record.pid,
      ...(task?.local === undefined || task.local === record.pid ? {} : { local: task.local }),
      comm: record.comm || (task?.comm ?? ''),
      ...(record.parentPid === undefined ? {} : { parentPid: record.parentPid }),
      ...(record.command === undefined ? {} : { command: record.command }),
      ...(record.started === undefined ? {} : { started: record.started }),
      state: record.state,
      ...(record.exit === undefined ? {} : { exit: record.exit }),
      ...(from === undefined ? {} : { lifetimeNs: Math.max(0, to - from) }),
      ...(record.reaped === undefined ? {} : { reaped: record.reaped }),
      ...(record.orphaned === undefined ? {} : { orphaned: record.orphaned }),
      threadsStarted: record.threadsStarted,
      threadsEnded: record.threadsEnded,
      execs: record.execs,
    };
  }

  #zombie(record: Record_, endNs: Ns): Zombie {
    const exitedNs = record.exit?.atNs ?? endNs;
    return {
      pid: record.pid,
      comm: record.comm,
      parentPid: record.parentPid ?? 0,
      parentComm: this.#tasks.comm(record.parentPid ?? 0),
      exitedNs,
      ageNs: Math.max(0, endNs - exitedNs),
    };
  }

  #unreaping(zombies: readonly Record_[], endNs: Ns): Capped<Unreaping> {
    const byParent = new Map<number, Record_[]>();
    for (const record of zombies) {
      const list = byParent.get(record.parentPid ?? 0) ?? [];
      list.push(record);
      byParent.set(record.parentPid ?? 0, list);
    }
    const parents = [...byParent].map(([pid, dead]) => this.#unreapingOf(pid, dead, endNs, false));
    return capped([...parents.sort((a, b) => b.zombies - a.zombies), ...this.#unreapingOver], MOST_FAILURES);
  }

  #unreapingOf(pid: number, dead: readonly Record_[], endNs: Ns, ended: boolean): Unreaping {
    const parent = this.#now.get(pid);
    const fromNs = parent?.started?.atNs ?? 0;
    const span = Math.max(1, endNs - fromNs);
    const quarters = [0, 0, 0, 0];
    let oldest = endNs;
    for (const { exit } of dead) {
      const at = exit?.atNs ?? endNs;
      oldest = Math.min(oldest, at);
      const quarter = Math.min(3, Math.max(0, Math.floor((4 * (at - fromNs)) / span)));
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    return {
      pid,
      comm: this.#tasks.comm(pid),
      zombies: dead.length,
      oldestNs: endNs - oldest,
      quarters,
      reaped: parent?.reapedChildren ?? 0,
      waits: parent?.waits ?? 0,
      reapedUnknown: parent?.reapedUnknown ?? 0,
      ended,
    };
  }
}

function wordsOf(status: number | undefined): { words?: string } {
  const words = status === undefined ? undefined : exitWords(status);
  return words === undefined ? {} : { words };
}
