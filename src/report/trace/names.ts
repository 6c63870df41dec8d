import type { TraceEvent } from '../../trace/event.ts';
import type { TraceHead } from './output.ts';

/** TASK_COMM_LEN of include/linux/sched.h, without the NUL. */
const COMM_LENGTH = 15;

/** How threads are called, as far as the events up to now tell. */
export class ThreadNames {
  readonly #names = new Map<number, string>();
  readonly #leaders = new Map<number, number>();

  constructor(head: TraceHead) {
    this.#names.set(head.target.pid, head.target.comm);
    for (const { pid, tid, comm } of head.tasks) {
      this.#names.set(tid, comm);
      this.#leaders.set(tid, pid);
    }
  }

  /** To be told of every event, before its names are asked for. Gives the threads whose name is new. */
  note(event: TraceEvent): readonly number[] {
    if (event.type === 'comm') return this.#set(event.tid, event.comm);
    if (event.type === 'exec' && event.path !== undefined) return this.#set(event.tid, commOf(event.path));
    if (event.type !== 'spawn') return [];
    this.#leaders.set(event.childTid, event.childPid);
    // The child's first events may come before its parent's call is over, its own name with them.
    const inherited = this.#names.get(event.tid);
    if (inherited === undefined || this.#names.has(event.childTid)) return [];
    return this.#set(event.childTid, inherited);
  }

  /** The thread's name; its process's where it has none; else its number in words. Not sanitised. */
  of(tid: number): string {
    const leader = this.#leaders.get(tid);
    return (
      this.#names.get(tid) ?? (leader === undefined ? undefined : this.#names.get(leader)) ?? `thread ${tid}`
    );
  }

  #set(tid: number, comm: string): readonly number[] {
    if (this.#names.get(tid) === comm) return [];
    this.#names.set(tid, comm);
    return [tid];
  }
}

/** What the kernel calls a process after execve of this path (begin_new_exec in fs/exec.c). */
function commOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).slice(0, COMM_LENGTH);
}
