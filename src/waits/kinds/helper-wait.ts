import type { Holder } from '../../evidence/host.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { FdInfo } from '../../procfs/fdinfo.ts';
import { fact, lineFact, pointFacts } from '../facts.ts';
import type { Subsystem } from '../frames/subsystem.ts';
import { edge, processNode, thing } from '../nodes.ts';
import { callTarget } from '../objects/call-target.ts';
import { isAncestor } from '../objects/pipe.ts';
import { type Hop, inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** A kernel facility that asks a user-space process and waits for its answer, and how that process is known. */
interface Helper {
  readonly kind: string;
  readonly subsystem: Subsystem;
  readonly frames: RegExp;
  /** Link target of the helper's descriptor. */
  readonly descriptor: string;
  /** What its descriptor is called. */
  readonly name: string;
  readonly point: string;
  /** Is this holder's descriptor the likely one? (line of its fdinfo that says so) */
  readonly line?: string;
  readonly fits?: (info: FdInfo | undefined) => boolean;
  /** Where a holder sleeps that takes requests: it has answered all it took, and would have taken this one. */
  readonly takes: RegExp;
}

const HELPERS: readonly Helper[] = [
  {
    kind: 'fanotify',
    subsystem: 'fanotify',
    frames: /^(?:fanotify_handle_event|fanotify_get_response)$/,
    descriptor: 'anon_inode:[fanotify]',
    name: 'fanotify group',
    point: 'the permission of a fanotify listener',
    line: 'fanotify ',
    fits: (info) => permissionMarks(info).length > 0,
    takes: /^fanotify_read$/,
  },
  {
    kind: 'userfaultfd',
    subsystem: 'userfaultfd',
    frames: /^handle_userfault$/,
    descriptor: 'anon_inode:[userfaultfd]',
    name: 'userfaultfd',
    point: 'a page of memory that a userfaultfd handler has to supply',
    line: 'pending:',
    fits: (info) => (info?.userfaultPending ?? 0) + (info?.userfaultTotal ?? 0) > 0,
    takes: /^userfaultfd_(?:ctx_)?read/,
  },
  {
    kind: 'seccomp-notify',
    subsystem: 'unknown',
    frames: /^seccomp_do_user_notification$/,
    descriptor: 'anon_inode:seccomp notify',
    name: 'seccomp listener',
    point: 'the answer of its seccomp supervisor',
    takes: /^seccomp_notify_(?:ioctl|recv)$/,
  },
];

/** fanotify, userfaultfd and seccomp: waits for the process that holds the listener's descriptor. */
export const helperWait: Resolver = (context) => {
  const { evidence, thread } = context;
  const helper = HELPERS.find(({ frames }) => inFrames(thread, frames, 4));
  if (helper === undefined) return undefined;
  return waitOf(context, {
    kind: helper.kind,
    point: `${thread.syscallName ?? 'page fault'}: waits for ${helper.point}`,
    ...(helper.subsystem === 'unknown' ? {} : { subsystem: helper.subsystem }),
    killable: true,
    facts: pointFacts(evidence, thread),
    hops: helperHops(context, helper),
  });
};

/** Marks of permission events: those for which the opener waits. */
const permissionMarks = (info: FdInfo | undefined) =>
  (info?.fanotify ?? []).filter((mark) => ((mark.mask ?? 0) & 0x70000) !== 0);

interface Answerer {
  readonly holder: Holder;
  readonly by: ProcessEvidence;
}

function helperHops(context: WaitContext, helper: Helper): Hop[] {
  const { evidence, process, node } = context;
  const known = evidence.host
    .holders(helper.descriptor)
    .map((holder) => ({ holder, by: evidence.process(holder.pid) }))
    .filter((entry): entry is Answerer => entry.by !== undefined);
  const { chosen, why } = chooseOf(context, helper, known);
  const unique = [...new Map(chosen.map((entry) => [entry.by.pid, entry])).values()].slice(0, 8);
  return unique.map(({ holder, by }) => {
    const listener = thing('kernel', `${helper.kind}:${process.pid}`, helper.name);
    const link = fact(`/proc/${by.pid}/fd/${holder.fd}`, holder.target);
    const line = helper.line === undefined ? [] : lineFact(evidence, by.fdinfoPath(holder.fd), helper.line);
    return {
      next: { pid: by.pid },
      edges: [
        edge(node, listener, 'waits for', helper.point, 'the function it sleeps in', []),
        edge(
          listener,
          processNode(by),
          'answered by',
          `${holder.target}, fd ${holder.fd}`,
          unique.length === 1 ? why : 'one of several holders of such a descriptor',
          [link, ...line],
          unique.length === 1 ? 'likely' : 'possible',
        ),
      ],
    };
  });
}

/** Of all that hold such a descriptor, those that can be meant: each look narrows them as long as any is left. */
function chooseOf(
  context: WaitContext,
  helper: Helper,
  known: readonly Answerer[],
): { chosen: readonly Answerer[]; why: string } {
  const { process } = context;
  const fitting = known.filter(({ holder, by }) => helper.fits?.(by.fdinfo(holder.fd)) === true);
  // A supervisor keeps the only copy as a rule; a supervised child that inherited it is not the one that answers.
  const others = known.filter(({ by }) => by.pid !== process.pid);
  let chosen = fitting.length > 0 ? fitting : others.length > 0 ? others : known;
  let why = 'the only holder of such a descriptor that fits';
  const narrow = (left: readonly Answerer[], reason?: string) => {
    if (left.length === 0 || left.length === chosen.length) return;
    chosen = left;
    why = reason ?? why;
  };
  // With all of its threads in the wait it cannot answer itself, though it kept the descriptor.
  narrow(
    chosen.filter(
      ({ by }) => by.pid !== process.pid || by.threads.some((thread) => !inFrames(thread, helper.frames, 4)),
    ),
  );
  narrow(chosen.filter(({ by }) => !by.threads.some((thread) => inFrames(thread, helper.takes, 3))));
  if (helper.kind === 'fanotify') {
    narrow(chosen.filter((entry) => isMarkedFor(context, entry)));
    return { chosen, why };
  }
  const nearest = Math.max(...chosen.map(({ by }) => kinship(context, by)));
  narrow(
    chosen.filter(({ by }) => kinship(context, by) === nearest),
    'of several holders of such a descriptor the next of kin',
  );
  return { chosen, why };
}

/** Does one of its marks cover the file system of the call's file? */
function isMarkedFor(context: WaitContext, { holder, by }: Answerer): boolean {
  const { mount } = callTarget(context);
  if (mount === undefined) return false;
  return permissionMarks(by.fdinfo(holder.fd)).some(
    ({ mntId, sdev }) => mntId === mount.id || sdev === mount.major * 2 ** 20 + mount.minor,
  );
}

/** How near a process is to the waiter: its parent's line or its own, brothers, the same session; 0: a stranger. */
function kinship({ evidence, process }: WaitContext, by: ProcessEvidence): number {
  if (by.pid === process.pid || isAncestor(evidence, by.pid, process)) return 3;
  if (isAncestor(evidence, process.pid, by)) return 3;
  const parent = process.status?.ppid ?? 0;
  if (parent > 1 && by.status?.ppid === parent) return 2;
  const session = process.stat?.session ?? 0;
  return session > 1 && by.stat?.session === session ? 1 : 0;
}
