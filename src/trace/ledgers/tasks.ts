import type { CommEvent, Ns, SpawnEvent, SyscallEvent, TraceEvent, TraceSink } from '../event.ts';
import type { RecordedTask } from '../recording.ts';
import { callOf, endOf, flagAt, isRaw, pidReturned, succeeded } from './call.ts';

/** A process of the trace, as all ledgers name it. */
export interface Task {
  readonly pid: number;
  comm: string;
  /** Before it was last renamed. */
  formerComm?: string;
  /** Before its last exec. */
  staleComm?: string;
  /** Undefined where nobody saw it begin. */
  parentPid?: number;
  /** Its number in its own PID namespace; undefined until a call tells it. */
  local?: number;
  /** Its PID namespace: 0 is that of the host, or of whoever traced. */
  namespace: number;
  startNs?: Ns;
  endNs?: Ns;
}

/** A number as a call has it, and as the host has it where strace says so. */
export interface ToldPid {
  readonly local: number;
  readonly host?: number;
}

/** Dead processes whose names are kept: their events may come late, and their parents ask for them. */
const MOST_DEAD = 8192;
/** include/uapi/linux/sched.h */
const CLONE_NEWPID = 0x2000_0000;

/**
 * Who is who: names, parents, and the numbers of processes in their own PID namespaces. Fed before the ledgers that ask.
 */
export class Tasks implements TraceSink {
  readonly #byPid = new Map<number, Task>();
  readonly #dead: Task[] = [];
  /** Per thread the last child that it made and whose number its call has not told yet. */
  readonly #unnumbered = new Map<number, Task>();
  /** `NAMESPACE NUMBER` to the host's number, where the two differ. */
  readonly #byLocal = new Map<string, number>();
  /** Namespaces that threads have made for their children to come: unshare(2). */
  readonly #forChildren = new Map<number, number>();
  #namespaces = 0;
  #beginNs: Ns | undefined;

  /** `tasks`: of a recording of our own, which begins at 0; others begin with their first event. */
  constructor(tasks?: readonly RecordedTask[]) {
    if (tasks === undefined) return;
    this.#beginNs = 0;
    for (const { pid, tid, ppid, comm, nspid } of tasks) {
      if (tid !== pid && this.#byPid.has(pid)) continue;
      // Which one it is, NSpid does not say: those of one depth are taken for one.
      const namespace = Math.max(1, nspid.length) - 1;
      this.#namespaces = Math.max(this.#namespaces, namespace);
      const task: Task = { pid, comm, parentPid: ppid, namespace };
      this.#byPid.set(pid, task);
      this.#number(task, nspid.at(-1) ?? pid);
    }
  }

  /** The first moment of the trace, as far as it is known by now. */
  get beginNs(): Ns {
    return this.#beginNs ?? 0;
  }

  event(event: TraceEvent): void {
    if (this.#beginNs === undefined && event.type !== 'comm') this.#beginNs = event.startNs;
    switch (event.type) {
      case 'spawn':
        if (!event.thread) this.#spawned(event);
        break;
      case 'exec':
        if (event.path !== undefined) executed(this.of(event.pid), commOf(event.path));
        break;
      case 'comm':
        if (event.pid === event.tid) this.#named(event);
        break;
      case 'exit':
        if (event.last) this.#exited(event.pid, event.startNs);
        break;
      case 'syscall':
        if (this.#unnumbered.size > 0) this.#numberOfChild(event);
        if (event.name === 'unshare' && succeeded(event) && makesNamespace(event)) {
          this.#forChildren.set(event.tid, ++this.#namespaces);
        }
    }
  }

  /** The process; made up when it was never announced. */
  of(pid: number): Task {
    let task = this.#byPid.get(pid);
    if (task === undefined) {
      task = { pid, comm: '', namespace: 0 };
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

  /** The host's number of the process that `caller` calls `number`; undefined = not of this trace, or not to be told. */
  resolve(caller: number, number: ToldPid): number | undefined {
    if (number.host !== undefined) return number.host;
    const namespace = this.#byPid.get(caller)?.namespace ?? 0;
    return namespace === 0 ? number.local : this.#byLocal.get(`${namespace} ${number.local}`);
  }

  /** The living init of its PID namespace: who adopts the orphans there. Undefined in that of the host. */
  initOf(pid: number): number | undefined {
    const namespace = this.#byPid.get(pid)?.namespace ?? 0;
    if (namespace === 0) return undefined;
    const init = this.#byLocal.get(`${namespace} 1`);
    return init === undefined || this.#byPid.get(init)?.endNs !== undefined ? undefined : init;
  }

  /**
   * strace keeps names, and goes on telling the old one when an exec succeeds after some that failed (6.1: a search along
   * PATH); a recorder that joins late tells what it read before: nobody is called again as before its exec.
   */
  #named({ pid, comm }: CommEvent): void {
    const task = this.of(pid);
    if (comm !== task.staleComm) rename(task, comm);
  }

  #spawned({ pid, tid, childPid, startNs }: SpawnEvent): void {
    const parent = this.#byPid.get(pid);
    const known = this.#byPid.get(childPid);
    // Met before it was announced (of strace alone, the call that made it ends later); any other's number is used again.
    const child: Task =
      known !== undefined && known.parentPid === undefined && known.startNs === undefined
        ? known
        : { pid: childPid, comm: '', namespace: 0 };
    child.parentPid = pid;
    child.startNs = startNs;
    child.namespace = this.#forChildren.get(tid) ?? parent?.namespace ?? 0;
    if (child.comm === '') child.comm = parent?.comm ?? '';
    this.#byPid.set(childPid, child);
    if (child.namespace === 0) child.local = childPid;
    else if (child.namespace !== parent?.namespace && !this.#byLocal.has(`${child.namespace} 1`)) {
      this.#number(child, 1);
    }
    this.#unnumbered.set(tid, child);
  }

  #number(task: Task, local: number): void {
    task.local = local;
    if (task.namespace !== 0) this.#byLocal.set(`${task.namespace} ${local}`, task.pid);
  }

  /** The call that made a child returns the child's number in the namespace of the caller. */
  #numberOfChild(event: SyscallEvent): void {
    const child = this.#unnumbered.get(event.tid);
    if (child === undefined || child.startNs === undefined || endOf(event) < child.startNs) return;
    this.#unnumbered.delete(event.tid);
    const number = pidReturned(event);
    if (number === undefined || !/fork|clone/.test(event.name)) return;
    if (makesNamespace(event)) {
      child.namespace = ++this.#namespaces;
      this.#number(child, 1);
    } else if (child.local === undefined && this.#byPid.get(event.pid)?.namespace === child.namespace) {
      this.#number(child, number.local);
    }
  }

  #exited(pid: number, at: Ns): void {
    const task = this.of(pid);
    task.endNs = at;
    this.#forChildren.delete(pid);
    this.#dead.push(task);
    if (this.#dead.length < 2 * MOST_DEAD) return;
    for (const old of this.#dead.splice(0, MOST_DEAD)) {
      if (this.#byPid.get(old.pid) !== old) continue;
      this.#byPid.delete(old.pid);
      const key = `${old.namespace} ${old.local}`;
      if (this.#byLocal.get(key) === old.pid) this.#byLocal.delete(key);
    }
  }
}

/** By its first argument; fork and vfork have none, and clone3 has its flags in memory. */
function makesNamespace(event: SyscallEvent): boolean {
  if (!isRaw(event)) return event.args.includes('CLONE_NEWPID');
  return (
    /^(?:clone|unshare)$/.test(event.name) && flagAt(callOf(event), 0, 'CLONE_NEWPID', CLONE_NEWPID) === true
  );
}

/** The kernel tells the new name before it tells of the exec. */
function executed(task: Task, comm: string): void {
  const before = task.comm === comm ? task.formerComm : task.comm;
  rename(task, comm);
  if (before === undefined || before === comm) delete task.staleComm;
  else task.staleComm = before;
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
