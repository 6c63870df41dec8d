import type { TraceEvent } from './event.ts';
import type { RecordingMeta } from './recording.ts';

/** How the shell that holds a command names itself ($0): the exec of a command has no such word. */
const HELD_NAME = 'procdiag-held';

/**
 * A traced command is held by a shell of ours until the recorders are ready. What that shell does (it reads, moves and closes
 * the descriptors that it is held by) is none of the command's: of its thread, only what comes with the exec counts.
 */
export class Hold {
  #tid: number | undefined;

  /** `tid`: of the shell, and then of the command; undefined where a process was attached to. */
  constructor(tid: number | undefined) {
    this.#tid = tid;
  }

  /** Whether an event is of the shell. Asked of each event once, in their order. */
  has(event: TraceEvent): boolean {
    if (event.tid !== this.#tid) return false;
    switch (event.type) {
      case 'exec':
        // With an interpreter before it, the shell itself is executed in the trace.
        if (event.argv?.includes(HELD_NAME)) return true;
        this.#tid = undefined;
        return false;
      case 'syscall':
        return !event.name.startsWith('execve') || event.args.includes(HELD_NAME);
      case 'state':
      case 'signal':
        return true;
      default:
        return false;
    }
  }
}

/** The descriptor that the shell is held by, and where it puts its input aside while it reads from there. */
const HELD_BY = 3;
const PUT_ASIDE = 10;

/** The descriptors that the command begins with, of those that its shell had while it held it. */
export function commandsOwn(
  descriptors: RecordingMeta['descriptors'],
  pid: number,
): RecordingMeta['descriptors'] {
  return descriptors.map((one) => {
    if (one.pid !== pid) return one;
    const targets = new Map(one.fds);
    const reads = targets.get(0) !== undefined && targets.get(0) === targets.get(HELD_BY);
    const aside = reads ? targets.get(PUT_ASIDE) : undefined;
    if (aside !== undefined) {
      targets.set(0, aside);
      targets.delete(PUT_ASIDE);
    }
    targets.delete(HELD_BY);
    return { pid, fds: [...targets] };
  });
}
