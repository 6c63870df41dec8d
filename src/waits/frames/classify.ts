import { writesToFs } from './frozen-fs.ts';
import { familyOf, ruleOf } from './lookup.ts';
import { moduleSubsystem, ownsItsNames } from './modules.ts';
import { canonicalName } from './names.ts';
import type { FrameRule } from './rule.ts';
import type { Subsystem } from './subsystem.ts';

/** What is known of the thread besides its stack. */
export interface FrameContext {
  /** R S D T t Z X I, as in /proc/PID/stat: the same frames mean a healthy sleep in S and a lock in D. */
  readonly state?: string;
  readonly comm?: string;
  /** The system call's name. */
  readonly syscall?: string;
  readonly kthread?: boolean;
  /** The names are all leftovers (`?`): functions without a meaning between the others are chance. */
  readonly uncertain?: boolean;
  /** The modules of the frames, by the same index. */
  readonly modules?: readonly (string | undefined)[];
}

/** What a thread sleeps in, as its kernel stack tells. */
export interface FrameClass {
  readonly subsystem: Subsystem;
  /** One clause: "the answer of an NFS server (RPC reply)". */
  readonly waitsFor: string;
  /** true: an idle, healthy sleep; false: blocked; null: the stack alone cannot tell. */
  readonly benign: boolean | null;
  /** The kind of lock or page wait, where the subsystem says something else. */
  readonly mechanism?: Subsystem;
  /** The function that decided. */
  readonly frame?: string;
  /** SIGKILL ends the sleep; null: unknown. */
  readonly killable?: boolean | null;
}

/** Callers further than this from a lock's code do not name the lock. */
const LOCK_REACH = 3;

/**
 * What a thread waits for, from the names on its kernel stack (innermost first, compiler suffixes stripped). The walk goes
 * outwards: lock, page and generic wait functions tell the mechanism, the first function with a meaning of its own tells
 * the subsystem. See `Tier` in rule.ts.
 */
export function classifyFrames(all: readonly string[], context: FrameContext = {}): FrameClass {
  const leftovers = aboveScheduler(all);
  if (leftovers > 0) {
    const { modules } = context;
    return classifyFrames(all.slice(leftovers), {
      ...context,
      ...(modules ? { modules: modules.slice(leftovers) } : {}),
    });
  }
  return classify(all, context);
}

const SLEPT = /^(?:_{0,2}schedule|io_schedule|(?:io_)?schedule_timeout|__switch_to)$/;
/** Leftovers further up are none. */
const LEFTOVERS = 8;

/**
 * How many functions stand above the scheduler. Kernels without frame pointers (2.6 and older) print whatever looks like an
 * address on the stack of a sleeping thread, without `?`.
 */
function aboveScheduler(frames: readonly string[]): number {
  for (let at = 0; at <= LEFTOVERS && at < frames.length; at++) if (SLEPT.test(frames[at]!)) return at;
  return 0;
}

function classify(frames: readonly string[], context: FrameContext): FrameClass {
  const byState = stateAlone(frames, context);
  if (byState) return byState;
  const found = refine(frames, walk(frames, context));
  return context.state === 'R' ? { ...found, benign: null } : found;
}

interface Seen {
  lock?: FrameRule;
  lockFrame?: string;
  page?: FrameRule;
  pageFrame?: string;
  event?: FrameRule;
  /** Functions without a meaning passed since. */
  distance: number;
  /** The scheduler or a lock is on the stack: nothing is hidden, as in logs. */
  shown: boolean;
  firstOther?: string;
}

function walk(frames: readonly string[], context: FrameContext): FrameClass {
  const seen: Seen = { distance: 0, shown: false };
  for (const [index, name] of frames.entries()) {
    if (seen.lock && seen.distance > LOCK_REACH) break;
    if (seen.lock?.subsystem === 'percpu-rwsem' && writesToFs(canonicalName(name))) {
      return {
        subsystem: 'fsfreeze',
        waitsFor: 'a frozen file system to be thawed (fsfreeze)',
        benign: false,
        mechanism: 'percpu-rwsem',
        frame: name,
        killable: false,
      };
    }
    const rule = ruleOf(name);
    const module = context.modules?.[index];
    if (!rule || (module !== undefined && ownsItsNames(module, rule))) {
      const idle = kernelThread(frames, index, seen, context);
      if (idle) return idle;
      const byModule = moduleClass(module, name, seen);
      if (byModule) return byModule;
      if (context.uncertain) continue;
      seen.distance++;
      seen.firstOther ??= name;
      continue;
    }
    const decided = apply(rule, name, seen, context, frames[index + 1]);
    if (decided) return decided;
  }
  return fallback(seen, context);
}

function apply(
  rule: FrameRule,
  name: string,
  seen: Seen,
  context: FrameContext,
  caller: string | undefined,
): FrameClass | undefined {
  const here = seen.distance === 0;
  switch (rule.tier) {
    case 'pass':
      if (here) seen.shown = true;
      return undefined;
    case 'lock':
      if (here) {
        seen.shown = true;
        if (!seen.lock || rule.subsystem === 'percpu-rwsem') seen.lock = rule;
        seen.lockFrame ??= name;
      }
      return undefined;
    case 'page':
      if (here && !seen.lock) {
        seen.shown = true;
        if (!seen.page || rule.subsystem === 'page-writeback') seen.page = rule;
        seen.pageFrame ??= name;
      }
      return undefined;
    case 'event':
      // The outer of two says more: io_schedule() in a wait for a buffer, or for congestion.
      if (
        here &&
        (!seen.event || (/^(?:unknown|block-io)$/.test(seen.event.subsystem) && rule.subsystem !== 'unknown'))
      ) {
        seen.event = rule;
      }
      return undefined;
    case 'here':
      if (here && !seen.lock && !seen.page) return decide(rule, name, seen, context);
      seen.distance++;
      return undefined;
    case 'taker':
      return taker(rule, name, seen, context) ?? beyondLock(name, seen, context, caller);
    case 'wait':
    case 'family': {
      if (seen.page && !(rule.pages === 'anywhere' || (rule.pages === 'adjacent' && here))) return undefined;
      // A lock in code that has no name of its own among the subsystems is told by its kind, and a wait for I/O by that.
      if (seen.lock && rule.subsystem === 'unknown') return lockIn(seen.lock, name, rule.waitsFor);
      if (rule.subsystem === 'unknown' && rule.tier === 'family') {
        if (context.uncertain) return undefined;
        if (seen.event && seen.event.subsystem !== 'unknown') return eventIn(seen.event, name, rule, context);
      }
      if (seen.lock && here && rule.lock !== undefined) return lockIn(seen.lock, name);
      const asleepInMain =
        rule.tier === 'family' &&
        here &&
        caller === 'kthread' &&
        !seen.lock &&
        !seen.page &&
        context.state !== 'D';
      return asleepInMain ? idleThread(name, context) : decide(rule, name, seen, context);
    }
  }
}

/** A function that takes a lock: it stands just outside of the lock's code, or on top where that is hidden. */
function taker(rule: FrameRule, name: string, seen: Seen, context: FrameContext): FrameClass | undefined {
  const here = seen.distance === 0;
  if (here && seen.lock && rule.subsystem !== 'page-lock') {
    // An inode's lock was a mutex before 4.7.
    const other = rule.subsystem === 'rwsem' && seen.lock.subsystem !== 'rwsem';
    if (rule.subsystem === 'unknown' || other) return lockIn(seen.lock, name, rule.waitsFor);
    return decide(rule, name, seen, context);
  }
  const hidden = here && !seen.shown && !seen.event && (context.state === undefined || context.state === 'D');
  if (!hidden || seen.lock || seen.page) return undefined;
  if (rule.subsystem !== 'page-lock') return decide(rule, name, seen, context);
  // The page's owner may be a network file system, further out.
  seen.page = rule;
  seen.pageFrame = name;
  return undefined;
}

/** A function that takes a lock, but sleeps for something else now: its family may still tell. */
function beyondLock(
  name: string,
  seen: Seen,
  context: FrameContext,
  caller: string | undefined,
): FrameClass | undefined {
  const family = familyOf(name);
  const tells = family !== undefined && (family.tier === 'family' || family.tier === 'wait');
  const decided = tells ? apply(family, name, seen, context, caller) : undefined;
  if (decided) return decided;
  seen.distance++;
  seen.firstOther ??= name;
  return undefined;
}

function decide(rule: FrameRule, name: string, seen: Seen, context: FrameContext): FrameClass {
  const mechanism = seen.lock ?? seen.page;
  const hiddenLock = context.state === 'D' && !seen.shown && !seen.event && seen.distance === 0;
  if (hiddenLock && rule.lock !== undefined) {
    return {
      subsystem: rule.lock,
      waitsFor: `the lock of ${name}(), held by another task`,
      benign: false,
      frame: name,
      killable: null,
    };
  }
  return {
    subsystem: rule.subsystem,
    waitsFor: rule.waitsFor,
    benign: benignIn(rule, seen, context),
    ...(mechanism && mechanism.subsystem !== rule.subsystem ? { mechanism: mechanism.subsystem } : {}),
    frame: name,
    killable: context.state === 'S' && rule.killable === null ? true : rule.killable,
  };
}

function benignIn(rule: FrameRule, seen: Seen, context: FrameContext): boolean | null {
  if (seen.lock || seen.page) return false;
  // A driver's own interruptible sleep may be a read that nothing came for yet, or a service at rest; msleep() a poll.
  if (rule.tier === 'family' && (context.state === 'S' || seen.event?.benign === true)) return null;
  if (rule.benign === false) return false;
  if (context.state === 'D') {
    // Healthy waits for somebody else's doing are interruptible: in D it is another wait inside the same function. What
    // is frozen may be so on purpose.
    const open = rule.subsystem === 'unknown' || rule.subsystem === 'freezer';
    return open || rule.tier === 'here' || rule.benign === true ? null : false;
  }
  return rule.benign === true && seen.distance > 0 ? null : rule.benign;
}

function lockIn(lock: FrameRule, name: string, where?: string): FrameClass {
  return {
    subsystem: lock.subsystem,
    waitsFor: `${lock.waitsFor}, in ${name}()${where === undefined ? '' : `: ${where}`}`,
    benign: false,
    frame: name,
    killable: null,
  };
}

function eventIn(event: FrameRule, name: string, where: FrameRule, context: FrameContext): FrameClass {
  return {
    subsystem: event.subsystem,
    waitsFor: `${event.waitsFor}, in ${name}(): ${where.waitsFor}`,
    benign: context.state === 'D' ? false : null,
    frame: name,
    killable: null,
  };
}

function moduleClass(module: string | undefined, name: string, seen: Seen): FrameClass | undefined {
  if (module === undefined) return undefined;
  const known = moduleSubsystem(module);
  if (!known) return undefined;
  const remote = /^(?:nfs|smb|ceph|9p|netfs|fuse)$/.test(known.subsystem);
  if (seen.page && !remote) return undefined;
  const mechanism = seen.lock ?? seen.page;
  return {
    ...known,
    benign: mechanism ? false : null,
    ...(mechanism ? { mechanism: mechanism.subsystem } : {}),
    frame: name,
    killable: null,
  };
}

/** Asleep directly in the main function of a kernel thread that the vocabulary does not know. */
function kernelThread(
  frames: readonly string[],
  index: number,
  seen: Seen,
  context: FrameContext,
): FrameClass | undefined {
  const main = seen.distance === 0 && !seen.lock && !seen.page && frames[index + 1] === 'kthread';
  return main && context.state !== 'D' ? idleThread(frames[index]!, context) : undefined;
}

function idleThread(name: string, context: FrameContext): FrameClass {
  return {
    subsystem: 'kthread-idle',
    waitsFor: `work (a kernel thread asleep in its main function ${name}())`,
    benign: context.state === undefined ? null : true,
    frame: name,
    killable: false,
  };
}

function fallback(seen: Seen, context: FrameContext): FrameClass {
  const generic = seen.lock ?? seen.page ?? seen.event;
  const where = seen.firstOther ?? seen.lockFrame ?? seen.pageFrame;
  const inside = seen.firstOther === undefined || generic === seen.page ? '' : `, in ${seen.firstOther}()`;
  if (generic) {
    return {
      subsystem: generic.subsystem,
      waitsFor: `${generic.waitsFor}${inside}`,
      benign:
        generic === seen.event
          ? generic.subsystem !== 'unknown' && context.state === 'D'
            ? false
            : null
          : false,
      ...(where === undefined ? {} : { frame: where }),
      killable: context.state === 'S' ? true : null,
    };
  }
  return {
    subsystem: 'unknown',
    waitsFor:
      seen.firstOther === undefined
        ? 'something that its stack does not show'
        : `something inside ${seen.firstOther}()`,
    benign: null,
    ...(where === undefined ? {} : { frame: where }),
    killable: context.state === 'S' ? true : null,
  };
}

/** States in which the frames do not say what is waited for. */
function stateAlone(frames: readonly string[], context: FrameContext): FrameClass | undefined {
  const top = frames.find((name) => ruleOf(name)?.tier !== 'pass');
  switch (context.state) {
    case 'R':
      // In the scheduler: it was woken, or gave way, and its frames still tell where.
      return /^_*(?:schedule|switch_to)/.test(frames[0] ?? '')
        ? undefined
        : { subsystem: 'unknown', waitsFor: 'nothing (runs, or is ready to run)', benign: null };
    case 'Z':
    case 'X':
    case 'x':
      return { subsystem: 'unknown', waitsFor: 'its parent to reap it: it is dead', benign: null };
    case 't':
      return {
        subsystem: 'ptrace',
        waitsFor: 'its tracer to let it go on (tracing stop)',
        benign: false,
        killable: true,
      };
    case 'T':
      return frames.some((name) => name.startsWith('ptrace_'))
        ? undefined
        : {
            subsystem: 'signal-wait',
            waitsFor: 'SIGCONT (stopped by a signal)',
            benign: null,
            killable: true,
          };
    case 'I':
      // From 6.1 on the threads that wait for a core dump are in this state too; all others are idle kernel threads.
      return top === 'do_exit' || top === 'coredump_task_exit'
        ? undefined
        : {
            subsystem: 'kthread-idle',
            waitsFor: 'work (an idle kernel thread)',
            benign: true,
            ...(top === undefined ? {} : { frame: top }),
            killable: false,
          };
    default:
      return undefined;
  }
}

/** Outer functions which give an inner wait another meaning. */
function refine(frames: readonly string[], found: FrameClass): FrameClass {
  if (found.subsystem === 'wait-child' && frames.includes('zap_pid_ns_processes')) {
    return {
      subsystem: 'pidns-zap',
      waitsFor: 'the members of its PID namespace to be gone (dying init)',
      benign: false,
      frame: 'zap_pid_ns_processes',
      killable: false,
    };
  }
  if (found.subsystem === 'netfs') return ofServer(frames, found);
  if (found.subsystem === 'workqueue-flush') return ofWorkOwner(frames, found);
  if (['pipe', 'socket', 'unknown'].includes(found.subsystem)) {
    const dump = frames.find((name) => /^(?:do_coredump|vfs_coredump|elf_core_dump|dump_emit)$/.test(name));
    if (dump !== undefined) {
      return {
        subsystem: 'coredump',
        waitsFor: 'its core dump to be taken by the handler that should read it',
        benign: false,
        mechanism: found.subsystem,
        frame: dump,
        killable: true,
      };
    }
  }
  return found;
}

/** netfs is a library: the file system that calls it knows whose server it is. */
function ofServer(frames: readonly string[], found: FrameClass): FrameClass {
  const frame = frames.find((name) => /^(?:9p|ceph|nfs|smb)$/.test(ruleOf(name)?.subsystem ?? ''));
  const rule = frame === undefined ? undefined : ruleOf(frame);
  return rule ? { ...found, subsystem: rule.subsystem, waitsFor: rule.waitsFor, mechanism: 'netfs' } : found;
}

/** Who flushes work so as to wait for something of his own (a log, a quota) says what is waited for. */
function ofWorkOwner(frames: readonly string[], found: FrameClass): FrameClass {
  const begin = frames.indexOf(found.frame ?? '') + 1;
  const name = frames.slice(begin).find((frame) => ruleOf(frame)?.subsystem !== 'workqueue-flush');
  const rule = name === undefined ? undefined : ruleOf(name);
  if (name === undefined || !/^(?:xfs-log|xfs|quota|jbd2|fuse|tty)$/.test(rule?.subsystem ?? ''))
    return found;
  if (rule?.tier !== 'wait') return found;
  return {
    ...found,
    subsystem: rule.subsystem,
    waitsFor: rule.waitsFor,
    mechanism: 'workqueue-flush',
    frame: name,
  };
}
