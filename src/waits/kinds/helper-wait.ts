import type { ProcessEvidence } from '../../evidence/process.ts';
import type { FdInfo } from '../../procfs/fdinfo.ts';
import { fact, lineFact, pointFacts } from '../facts.ts';
import type { Subsystem } from '../frames/subsystem.ts';
import { edge, processNode, thing } from '../nodes.ts';
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
    fits: (info) => (info?.fanotify ?? []).some((mark) => ((mark.mask ?? 0) & 0x70000) !== 0),
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
  },
  {
    kind: 'seccomp-notify',
    subsystem: 'unknown',
    frames: /^seccomp_do_user_notification$/,
    descriptor: 'anon_inode:seccomp notify',
    name: 'seccomp listener',
    point: 'the answer of its seccomp supervisor',
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

function helperHops({ evidence, process, node }: WaitContext, helper: Helper): Hop[] {
  const holders = evidence.host.holders(helper.descriptor);
  const known = holders
    .map((holder) => ({ holder, by: evidence.process(holder.pid) }))
    .filter(
      (entry): entry is { holder: (typeof holders)[number]; by: ProcessEvidence } => entry.by !== undefined,
    );
  const fitting =
    helper.fits === undefined ? [] : known.filter(({ holder, by }) => helper.fits?.(by.fdinfo(holder.fd)));
  // A supervisor keeps the only copy as a rule; a supervised child that inherited it is not the one that answers.
  const others = known.filter(({ by }) => by.pid !== process.pid);
  // A listener that waits for events has answered all it took.
  const busy = fitting.filter(
    ({ by }) => !by.threads.some((thread) => inFrames(thread, /^fanotify_read$/, 3)),
  );
  const chosen = busy.length > 0 ? busy : fitting.length > 0 ? fitting : others.length > 0 ? others : known;
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
          unique.length === 1
            ? 'the only holder of such a descriptor that fits'
            : 'one of several holders of such a descriptor',
          [link, ...line],
          unique.length === 1 ? 'likely' : 'possible',
        ),
      ],
    };
  });
}
