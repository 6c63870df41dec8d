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
import { Ends } from '../capped.ts';
import type { Tasks } from '../tasks.ts';
import type { ProcessEntry, ProcessLedger, ReapsByKernel } from './book.ts';
import { Commands, commandOf, type Ran } from './commands.ts';
import { exitWords } from './exit-words.ts';
import { isSpawn, SpawnFailures } from './failed-spawns.ts';
import { type Life, newLife } from './life.ts';
import { collectedBy, isWait } from './reaping.ts';
import { Uncollected } from './uncollected.ts';

const MOST_LISTED = 256;
const MOST_EARLY = 1024;

/** Who began, who ended how, who collected whom, and what is left uncollected. */
export class ProcessLedgerSink implements TraceSink {
  readonly #tasks: Tasks;
  readonly #kernel: ReapsByKernel;
  readonly #now = new Map<number, Life>();
  /** Exited before anybody told whose children they are. */
  readonly #early = new Map<number, Life>();
  readonly #over = new Ends<ProcessEntry>(MOST_LISTED);
  readonly #commands = new Commands();
  readonly #failures = new SpawnFailures();
  readonly #uncollected = new Uncollected({
    comm: (pid) => this.#tasks.comm(pid),
    life: (pid) => this.#now.get(pid),
    beginNs: () => this.#tasks.beginNs,
  });
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
      const life = this.#of(pid);
      life.parentPid = ppid;
      life.atStart = true;
    }
    this.#atStart = this.#now.size;
    for (const life of this.#now.values()) this.#now.get(life.parentPid ?? 0)?.children.add(life);
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
      this.#uncollected.forget();
      for (const life of [...this.#now.values()]) if (life.state === 'zombie') this.#drop(life, 'gone');
    }
    const lives = [...this.#now.values()];
    const alive = lives.filter(({ state }) => state === 'alive');
    const zombies = lives.filter(({ state }) => state === 'zombie');
    const over = this.#over.list();
    const listed = [...zombies, ...alive].slice(0, MOST_LISTED).map((life) => this.#entry(life, endNs));
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
        spawnsFailed: this.#failures.byErrno.record(),
      },
      processes: {
        items: [...listed, ...over.items],
        more: alive.length + zombies.length - listed.length + over.more,
      },
      commands: this.#commands.finish(lives.map((life) => this.#ran(life))),
      zombies: this.#uncollected.zombies(zombies, endNs),
      unreaping: this.#uncollected.parents(zombies, endNs),
      failedSpawns: { items: this.#failures.list(), more: 0 },
    };
  }

  #of(pid: number): Life {
    let life = this.#now.get(pid);
    if (life === undefined) {
      life = newLife(pid);
      this.#now.set(pid, life);
    }
    return life;
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
    const life = this.#of(pid);
    life.execs++;
    this.#execs++;
    if (path === undefined && argv === undefined) return;
    life.path = path ?? argv ?? '';
    life.command = commandOf(path, argv);
  }

  #exit(event: ExitEvent): void {
    const life = this.#of(event.pid);
    if (!event.last) {
      life.threadsEnded++;
      this.#threadsEnded++;
      return;
    }
    if (life.exit !== undefined) return;
    this.#exited++;
    life.exit = {
      atNs: event.startNs,
      ...(event.status === undefined ? {} : { status: event.status }),
      ...(event.signal === undefined ? {} : { signal: event.signal }),
      ...(event.core === undefined ? {} : { core: event.core }),
      ...wordsOf(event.status),
    };
    life.comm = this.#tasks.comm(life.pid);
    this.#leaveChildren(life, event.startNs);
    if (life.started === undefined && !life.atStart && life.parentPid === undefined) {
      // Nobody has told yet whose it is.
      this.#now.delete(life.pid);
      this.#early.set(life.pid, life);
      if (this.#early.size > MOST_EARLY) this.#giveUp([...this.#early.values()].slice(0, MOST_EARLY / 2));
      return;
    }
    this.#ends(life);
  }

  /** Whose birth was not told is over for good. */
  #giveUp(lives: readonly Life[]): void {
    for (const life of lives) {
      this.#early.delete(life.pid);
      this.#commands.count(this.#ran(life));
      this.#drop(life, 'gone');
    }
  }

  #ends(life: Life): void {
    this.#commands.count(this.#ran(life));
    const at = life.exit?.atNs ?? this.#endNs;
    const parent = this.#now.get(life.parentPid ?? 0);
    if (life.waited !== undefined) {
      this.#collect(life, life.waited.byPid, life.waited.call, life.waited.atNs);
    } else if (parent === undefined || parent.state !== 'alive' || this.#waitsUnseen) {
      this.#drop(life, 'gone');
    } else if (this.#kernel.reapsByKernel(parent.pid)) {
      this.#reapedByKernel++;
      this.#collect(life, 0, 'SIGCHLD ignored', at);
    } else {
      life.state = 'zombie';
    }
  }

  /** Children go to the next subreaper above or the namespace's init, else out of the trace; zombies with them. */
  #leaveChildren(life: Life, at: Ns): void {
    const adopter = this.#adopter(life);
    const dead = [...life.children].filter(({ state }) => state === 'zombie');
    this.#uncollected.left(life.pid, dead, at);
    for (const child of life.children) {
      if (child.state === 'alive') {
        this.#orphaned++;
        child.orphaned = adopter === undefined ? { atNs: at } : { atNs: at, adoptedBy: adopter.pid };
      }
      child.parentPid = adopter?.pid;
      if (adopter !== undefined) adopter.children.add(child);
      else if (child.state === 'zombie') this.#drop(child, 'gone');
    }
    life.children.clear();
  }

  #adopter(life: Life): Life | undefined {
    const seen = new Set<Life>([life]);
    let above = this.#now.get(life.parentPid ?? 0);
    while (above !== undefined && !seen.has(above)) {
      if (above.subreaper && above.state === 'alive') return above;
      seen.add(above);
      above = this.#now.get(above.parentPid ?? 0);
    }
    const init = this.#tasks.initOf(life.pid);
    return init === undefined || init === life.pid ? undefined : this.#now.get(init);
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
        else if (event.errno !== undefined && isSpawn(event.name)) this.#spawnFailed(event, event.errno);
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
    const life = this.#now.get(pid);
    if (life === undefined) {
      this.#of(event.pid).reapedUnknown++;
      return;
    }
    if (life.exit !== undefined) this.#collect(life, event.pid, event.name, at);
    else if (certain) life.waited = { byPid: event.pid, call: event.name, atNs: at };
  }

  #collect(life: Life, byPid: number, call: string, at: Ns): void {
    if (life.state === 'reaped' || life.exit === undefined) return;
    life.reaped = {
      byPid,
      byComm: byPid === 0 ? '' : this.#tasks.comm(byPid),
      call,
      atNs: at,
      afterNs: Math.max(0, at - life.exit.atNs),
    };
    this.#reaped++;
    const reaper = this.#now.get(byPid);
    if (reaper !== undefined) reaper.reapedChildren++;
    if (life.orphaned !== undefined && byPid !== 0) life.orphaned.adoptedBy = byPid;
    this.#drop(life, 'reaped');
  }

  /** It is over: told in the lists, kept no longer. */
  #drop(life: Life, state: 'reaped' | 'gone'): void {
    if (state === 'gone') this.#gone++;
    life.state = state;
    this.#now.get(life.parentPid ?? 0)?.children.delete(life);
    if (this.#now.get(life.pid) === life) this.#now.delete(life.pid);
    this.#over.add(this.#entry(life, life.exit?.atNs ?? this.#endNs));
  }

  #spawnFailed(event: SyscallEvent, errno: string): void {
    const comm = this.#tasks.comm(event.pid);
    this.#failures.add(event, errno, { comm, uid: this.#now.get(event.pid)?.uid });
  }

  #ran(life: Life): Ran {
    return { ...life, comm: life.comm || this.#tasks.comm(life.pid) };
  }

  #entry(life: Life, endNs: Ns): ProcessEntry {
    const task = this.#tasks.get(life.pid);
    const from = life.started?.atNs;
    const to = life.exit?.atNs ?? endNs;
    return {
      pid: life.pid,
      ...(task?.local === undefined || task.local === life.pid ? {} : { local: task.local }),
      comm: life.comm || (task?.comm ?? ''),
      ...(life.parentPid === undefined ? {} : { parentPid: life.parentPid }),
      ...(life.command === undefined ? {} : { command: life.command }),
      ...(life.started === undefined ? {} : { started: life.started }),
      state: life.state,
      ...(life.exit === undefined ? {} : { exit: life.exit }),
      ...(from === undefined ? {} : { lifetimeNs: Math.max(0, to - from) }),
      ...(life.reaped === undefined ? {} : { reaped: life.reaped }),
      ...(life.orphaned === undefined ? {} : { orphaned: life.orphaned }),
      threadsStarted: life.threadsStarted,
      threadsEnded: life.threadsEnded,
      execs: life.execs,
    };
  }
}

function wordsOf(status: number | undefined): { words?: string } {
  const words = status === undefined ? undefined : exitWords(status);
  return words === undefined ? {} : { words };
}
