import { PERF } from '../batch.ts';

/** What the text of an event says, as the columns of its row. */
export interface Payload {
  readonly kind: number;
  readonly a?: number;
  readonly b?: number;
  readonly text?: string;
  /** Arguments of a call, hexadecimal without 0x, between them a comma and a blank. */
  readonly args?: string;
  /** Of records about another thread than the one that ran. */
  readonly pid?: number;
  readonly tid?: number;
  /** The host's number of the thread that ran. */
  readonly host?: number;
}

/** A path has at most 4096 bytes, all other fields are short: longer text is none of these events. */
const LONGEST_PAYLOAD = 8192;

type Reader = (rest: string) => Payload | undefined | null;

const ENTER = /^\s*NR (-?\d{1,19}) \(([0-9a-f, ]{0,200})\)/;
const EXIT = /^\s*NR (-?\d{1,19}) = (-?\d{1,20})/;

/** `[\s\S]*` takes what it can: names are cut off from the right, whatever they hold. Mail may have wrapped the line. */
const SWITCH =
  /^\s*prev_comm=([\s\S]*)\sprev_pid=(-?\d+)\s+prev_prio=-?\d+\s+prev_state=(\S+)\s+==>\s+next_comm=[\s\S]*\snext_pid=(-?\d+)\s+next_prio=-?\d+/;
const SWITCH_SHORT = /^\s*([\s\S]*):(-?\d+) \[-?\d+\] (\S+) ==> [\s\S]*:(-?\d+) \[-?\d+\]/;
const WAKE = /^\s*comm=([\s\S]*)\spid=(-?\d+)\s+prio=-?\d+(?:\s+success=\d+)?\s+target_cpu=(\d+)/;
const WAKE_SHORT = /^\s*([\s\S]*):(-?\d+) \[-?\d+\](?: success=\d+)? CPU:(\d+)/;
const FORK = /^\s*comm=[\s\S]*\spid=(-?\d+)\s+child_comm=([\s\S]*)\schild_pid=(-?\d+)/;
const EXEC = /^\s*filename=([\s\S]*)\spid=(-?\d+)\s+old_pid=(-?\d+)/;
const ENDED = /^\s*comm=([\s\S]*)\spid=(-?\d+)\s+prio=-?\d+(?:\s+group_dead=(true|false|[01]))?/;

/** include/linux/sched.h, as the kernel prints them (trace-events of sched). */
const STATES: Readonly<Record<string, number>> = {
  R: 0,
  S: 1,
  D: 2,
  T: 4,
  t: 8,
  X: 16,
  Z: 32,
  P: 64,
  I: 128,
  '+': 256,
};

/** `S`, `R+`, `D|K`, or the number itself. */
function stateBits(text: string): number {
  if (/^(?:0x[0-9a-f]+|\d+)$/.test(text)) return Number(text);
  let bits = 0;
  for (const letter of text) bits |= STATES[letter] ?? 0;
  return bits;
}

const wake =
  (kind: number): Reader =>
  (rest) => {
    const match = WAKE.exec(rest) ?? WAKE_SHORT.exec(rest);
    if (!match) return undefined;
    const b = kind === PERF.waking ? Number(match[3]) : 0;
    return { kind, text: match[1]!, a: Number(match[2]), b };
  };

const READERS: Readonly<Record<string, Reader>> = {
  'raw_syscalls:sys_enter': (rest) => {
    const match = ENTER.exec(rest);
    return match && { kind: PERF.enter, a: Number(match[1]), args: match[2]! };
  },
  'raw_syscalls:sys_exit': (rest) => {
    const match = EXIT.exec(rest);
    return match && { kind: PERF.exit, a: Number(match[1]), b: Number(match[2]) };
  },
  'sched:sched_switch': (rest) => {
    const match = SWITCH.exec(rest) ?? SWITCH_SHORT.exec(rest);
    if (!match) return undefined;
    const [, text, prev, state, next] = match;
    const tid = Number(prev);
    return { kind: PERF.switch, text: text!, a: stateBits(state!), b: Number(next), tid, host: tid };
  },
  'sched:sched_waking': wake(PERF.waking),
  'sched:sched_wakeup_new': wake(PERF.wakeupNew),
  'sched:sched_process_fork': (rest) => {
    const match = FORK.exec(rest);
    if (!match) return undefined;
    const [, pid, text, child] = match;
    return { kind: PERF.schedFork, a: Number(pid), b: Number(child), text: text!, host: Number(pid) };
  },
  'sched:sched_process_exec': (rest) => {
    const match = EXEC.exec(rest);
    if (!match) return undefined;
    const [, text, pid, formerly] = match;
    return { kind: PERF.schedExec, text: text!, a: Number(pid), b: Number(formerly), host: Number(pid) };
  },
  'sched:sched_process_exit': (rest) => {
    const match = ENDED.exec(rest);
    if (!match) return undefined;
    const [, text, pid, dead] = match;
    return { kind: PERF.schedExit, text: text!, a: Number(pid), b: deadness(dead), host: Number(pid) };
  },
  'sched:sched_process_wait': (rest) => {
    const match = ENDED.exec(rest);
    return match && { kind: PERF.schedWait, a: Number(match[2]) };
  },
};

const TRACEPOINTS: ReadonlyMap<string, Reader> = new Map(Object.entries(READERS));

function deadness(text: string | undefined): number {
  if (text === undefined) return -1;
  return text === 'true' || text === '1' ? 1 : 0;
}

/** `dfd: 0xffffff9c, filename: 0x7ffd8f0f2a3b, flags: 0x00080000`: values of a call's own event. */
function namedValues(text: string): string {
  const values = text.matchAll(/\w+: 0x0*([0-9a-f]{1,16})(?![0-9a-f])/g);
  return Array.from(values, ([, value]) => value!).join(', ');
}

const OWN_EVENT = /^(?:syscalls:)?sys_(enter|exit)_(\w+)$/;

/** Of `syscalls:sys_enter_openat` the number is not shown: the name is in `text`, `a` is -1. */
function ownEvent(event: string, rest: string): Payload | undefined {
  const match = OWN_EVENT.exec(event);
  if (!match) return undefined;
  const [, way, text] = match;
  if (way === 'enter') return { kind: PERF.enter, a: -1, text: text!, args: namedValues(rest) };
  const value = /^\s*(0x[0-9a-f]{1,16}|-?\d{1,20})/.exec(rest)?.[1];
  if (value === undefined) return undefined;
  return { kind: PERF.exit, a: -1, b: Number(BigInt.asIntN(64, BigInt(value))), text: text! };
}

const PAIRS = /^\((-?\d+):(-?\d+)\):\((-?\d+):(-?\d+)\)/;

/** Of the task's own records: undefined, it cannot be read; null, it is of no use here. */
export function readTaskRecord(event: string, rest: string, untimed: boolean): Payload | undefined | null {
  if (rest.length > LONGEST_PAYLOAD) return undefined;
  switch (event) {
    case 'PERF_RECORD_FORK':
    case 'PERF_RECORD_EXIT': {
      const match = PAIRS.exec(rest);
      if (!match) return undefined;
      const born = untimed ? PERF.existing : PERF.fork;
      const [pid, tid, a, b] = match.slice(1).map(Number);
      return { kind: event === 'PERF_RECORD_FORK' ? born : PERF.taskExit, pid, tid, a, b };
    }
    case 'PERF_RECORD_COMM': {
      const match = /^( exec)?: ([\s\S]*):(-?\d+)\/(-?\d+)/.exec(rest);
      if (!match) return undefined;
      const [, exec, text, pid, tid] = match;
      return { kind: PERF.comm, a: exec ? 1 : 0, text: text!, pid: Number(pid), tid: Number(tid) };
    }
    case 'PERF_RECORD_SWITCH':
    case 'PERF_RECORD_SWITCH_CPU_WIDE': {
      const match = /^ (OUT|IN)( preempt)?/.exec(rest);
      if (!match) return undefined;
      return { kind: match[1] === 'IN' ? PERF.in : PERF.out, a: match[2] ? 1 : 0 };
    }
    case 'PERF_RECORD_LOST':
    case 'PERF_RECORD_LOST_SAMPLES': {
      const lost = /lost (\d+)/.exec(rest);
      return lost ? { kind: PERF.lost, a: Number(lost[1]), pid: -1, tid: -1 } : undefined;
    }
    default:
      return null;
  }
}

/** The payload of a tracepoint with rows of its own; undefined: it cannot be read; null: it is another event. */
export function readPayload(event: string, rest: string): Payload | undefined | null {
  if (rest.length > LONGEST_PAYLOAD) return undefined;
  // perf 3.x left out the name of the subsystem.
  const reader = TRACEPOINTS.get(event) ?? (event.includes(':') ? undefined : bare(event));
  if (reader) return reader(rest) ?? undefined;
  return OWN_EVENT.test(event) ? ownEvent(event, rest) : null;
}

function bare(event: string): Reader | undefined {
  return TRACEPOINTS.get(event.startsWith('sched_') ? `sched:${event}` : `raw_syscalls:${event}`);
}
