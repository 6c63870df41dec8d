import type { CommEvent, Ns, SyscallEvent, TraceEvent, TraceSink } from '../event.ts';
import type { RecordedTask } from '../recording.ts';
import { endOf, pidReturned } from './call.ts';

/** A process of the trace, as all ledgers name it. */
export interface Task {
  readonly pid: number;
  comm: string;
  /** Before the last exec. */
  formerComm?: string;
  /** Undefined where nobody saw it begin. */
  parentPid?: number;
  /** Its number in its own PID namespace; undefined until a call tells it. */
  local?: number;
  /** How many namespaces deep it lives; 1 = that of the host. */
  depth: number;
  /** Its number as its parent knows it. */
  inParent?: number;
  startNs?: Ns;
  endNs?: Ns;
}

/** Dead processes whose names are kept: their events may come late, and their parents ask for them. */
const MOST_DEAD = 8192;

/**
 * Who is who: names, parents, and the numbers of processes in their own PID namespaces. Fed before the ledgers that ask.
 */
export class Tasks implements TraceSink {
  readonly #byPid = new Map<number, Task>();
  readonly #dead: Task[] = [];
  /** Per thread the last child that it made and whose number its call has not told yet. */
  readonly #unnumbered = new Map<number, Task>();
  /** `PARENT NUMBER` to the host's number, of those in another namespace than the host's. */
  readonly #children = new Map<string, number>();
  readonly #namespaces: boolean;

  constructor(tasks: readonly RecordedTask[] = []) {
    this.#namespaces = tasks.some(({ nspid }) => nspid.length > 1);
    for (const { pid, tid, ppid, comm, nspid } of tasks) {
      if (tid !== pid && this.#byPid.has(pid)) continue;
      const depth = Math.max(1, nspid.length);
      this.#byPid.set(pid, { pid, comm, parentPid: ppid, local: nspid.at(-1) ?? pid, depth });
    }
    for (const task of tasks) {
      const child = this.#byPid.get(task.pid);
      const parent = this.#byPid.get(task.ppid);
      if (child !== undefined && parent !== undefined) this.#seenAs(child, task.nspid[parent.depth - 1]);
    }
  }

  event(event: TraceEvent): void {
    switch (event.type) {
      case 'spawn':
        if (!event.thread) this.#spawned(event);
        break;
      case 'exec':
        if (event.path !== undefined) rename(this.of(event.pid), commOf(event.path));
        break;
      case 'comm':
        if (event.pid === event.tid) this.#named(event);
        break;
      case 'exit':
        if (event.last) this.#exited(event.pid, event.startNs);
        break;
      case 'syscall':
        if (this.#unnumbered.size > 0) this.#number(event);
    }
  }

  /** The process; made up when it was never announced. */
  of(pid: number): Task {
    let task = this.#byPid.get(pid);
    if (task === undefined) {
      task = { pid, comm: '', depth: 1 };
      this.#byPid.set(pid, task);
    }
    return task;
  }

  get(pid: number): Task | undefined {
    return this.#byPid.get(pid);
  }

  comm(pid: number): string {
    return this.#byPid.get(pid)?.comm ?? '';
  }

  /** `4711 api-worker`. */
  name(pid: number): string {
    const comm = this.comm(pid);
    return comm === '' ? `${pid}` : `${pid} ${comm}`;
  }

  /** The host's number of the process that `caller` calls `number`; undefined = not of this trace, or not to be told. */
  resolve(caller: number, number: { readonly local: number; readonly host?: number }): number | undefined {
    if (number.host !== undefined) return number.host;
    if (!this.#namespaces) return number.local;
    const from = this.#byPid.get(caller);
    if (from === undefined || from.depth === 1) return number.local;
    if (from.local === number.local) return caller;
    const child = this.#children.get(`${caller} ${number.local}`);
    if (child !== undefined) return child;
    for (const task of this.#byPid.values()) {
      if (task.depth === from.depth && task.local === number.local) return task.pid;
    }
    return undefined;
  }

  /**
   * strace keeps names, and goes on telling the old one when an exec succeeds after some that failed (6.1: a search along
   * PATH): what the kernel has renamed is not named back by strace alone.
   */
  #named({ pid, comm, sources }: CommEvent): void {
    const task = this.of(pid);
    if (sources.includes('perf') || sources.length === 0) rename(task, comm);
    else if (comm !== task.formerComm) task.comm = comm;
  }

  #spawned({ pid, tid, childPid, startNs }: TraceEvent & { type: 'spawn' }): void {
    const parent = this.#byPid.get(pid);
    const known = this.#byPid.get(childPid);
    // Met before it was announced (of strace alone, the call that made it ends later); any other's number is used again.
    const child: Task =
      known !== undefined && known.parentPid === undefined && known.startNs === undefined
        ? known
        : { pid: childPid, comm: '', depth: 1 };
    child.parentPid = pid;
    child.startNs = startNs;
    child.depth = parent?.depth ?? 1;
    if (child.comm === '') child.comm = parent?.comm ?? '';
    if (child.depth === 1) {
      child.local = childPid;
      child.inParent = childPid;
    }
    this.#byPid.set(childPid, child);
    if (this.#namespaces || child.depth > 1) this.#unnumbered.set(tid, child);
  }

  /** The call that made a child returns the child's number in the namespace of the caller. */
  #number(event: SyscallEvent): void {
    const child = this.#unnumbered.get(event.tid);
    if (child === undefined || child.startNs === undefined) return;
    if (endOf(event) < child.startNs) return;
    this.#unnumbered.delete(event.tid);
    const number = pidReturned(event);
    if (number === undefined || !/fork|clone/.test(event.name)) return;
    this.#seenAs(child, number.local);
    child.local ??= /CLONE_NEWPID/.test(event.args) ? 1 : number.local;
    if (/CLONE_NEWPID/.test(event.args)) child.depth++;
  }

  #seenAs(child: Task, number: number | undefined): void {
    child.inParent = number;
    if (number !== undefined && number !== child.pid) {
      this.#children.set(`${child.parentPid} ${number}`, child.pid);
    }
  }

  #exited(pid: number, at: Ns): void {
    const task = this.of(pid);
    task.endNs = at;
    this.#dead.push(task);
    if (this.#dead.length < 2 * MOST_DEAD) return;
    for (const old of this.#dead.splice(0, MOST_DEAD)) {
      if (this.#byPid.get(old.pid) !== old) continue;
      this.#byPid.delete(old.pid);
      this.#children.delete(`${old.parentPid} ${old.inParent}`);
    }
  }
}

function rename(task: Task, comm: string): void {
  if (task.comm === comm) return;
  task.formerComm = task.comm;
  task.comm = comm;
}

/** What exec makes of a path: its last part, 15 bytes of it. The path may stand in quotes, as strace has it. */
function commOf(quoted: string): string {
  const path = quoted.replace(/^"(.*)"$/s, '$1');
  return path.slice(path.lastIndexOf('/') + 1).slice(0, 15);
}
