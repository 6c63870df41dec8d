import type { ProcessEvidence } from '../../evidence/process.ts';
import { parseNetUnix } from '../../procfs/net-unix.ts';
import { fact, fdFact, lineFact, pointFacts, stateFact } from '../facts.ts';
import type { Fact } from '../graph.ts';
import { edge, processNode, thing } from '../nodes.ts';
import { i32, readMemory } from '../objects/memory.ts';
import { isLeftBehind, pipeEnds, pipeHops } from '../objects/pipe.ts';
import { inodeOf, peerHops, peerInodes, socketView } from '../objects/socket.ts';
import { type Hop, inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Input readiness (poll(2), epoll_ctl(2)). */
const POLLIN = 1;

/** poll, select and epoll: waits for any of a set of descriptors. Healthy, unless what it watches can never become ready. */
export const watch: Resolver = (context) => {
  const { evidence, process, thread } = context;
  const name = thread.syscallName ?? '';
  const epoll =
    inFrames(thread, /^(?:do_epoll_wait|do_epoll_pwait|ep_poll)$/, 2) || /^epoll_p?wait2?$/.test(name);
  const select =
    !epoll &&
    (inFrames(thread, /^(?:do_select|core_sys_select)$/, 3) || /^(?:p?select6?|_newselect)$/.test(name));
  const poll =
    !epoll &&
    !select &&
    (inFrames(thread, /^(?:do_sys_poll|do_poll|poll_schedule_timeout)$/, 2) || /^p?poll$/.test(name));
  if (!epoll && !select && !poll) return undefined;
  const idle = epoll ? 'idle-epoll' : 'idle-poll';
  const watched = epoll ? epollSet(context) : poll ? pollSet(context) : selectSet(context);
  const fd = thread.intArgument(0);
  const what =
    epoll && fd !== undefined
      ? `epoll ${fd}, ${watched.length} descriptors`
      : `${watched.length || ''} descriptors`.trim();
  const found = watched
    .slice(0, 64)
    .map((each) => ({ fd: each, hops: watchedHops(context, each, epoll ? fd : undefined) }));
  const hops = onlyChance(context, found);
  return waitOf(context, {
    kind: 'watch',
    point: `${name || (epoll ? 'epoll_wait' : select ? 'select' : 'poll')}(${what})`,
    idle,
    subsystem: epoll ? 'epoll' : 'poll',
    killable: true,
    facts: [...pointFacts(evidence, thread), ...(epoll && fd !== undefined ? fdFact(process, fd) : [])],
    detail: { held: hops.some((hop) => hop.soft !== true) },
    hops,
  });
};

/** Descriptors that the epoll instance watches for input, by its fdinfo. */
function epollSet({ process, thread }: WaitContext): number[] {
  const fd = thread.intArgument(0);
  const set = fd === undefined ? [] : (process.fdinfo(fd)?.epoll ?? []);
  return set.filter((entry) => (entry.events & POLLIN) !== 0).map((entry) => entry.tfd);
}

/** Descriptors of a poll call, from the array in its memory. */
function pollSet({ evidence, process, thread }: WaitContext): number[] {
  const address = thread.argument(0);
  const count = Math.min(thread.intArgument(1) ?? 0, 32);
  if (address === undefined || count <= 0 || !/^p?poll$/.test(thread.syscallName ?? '')) return [];
  const read = readMemory(evidence, process, address, count * 8);
  if (read === undefined || 'refused' in read) return [];
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    const fd = i32(read.bytes, i * 8);
    if (fd >= 0 && ((read.bytes[i * 8 + 4] ?? 0) & POLLIN) !== 0) found.push(fd);
  }
  return found;
}

/**
 * Who waits for any of several is not held up by one of them: that a peer is stopped counts only when nothing else could
 * wake this thread. What can never come (a pipe held by somebody left behind) counts always.
 */
function onlyChance({ process }: WaitContext, found: readonly { fd: number; hops: readonly Hop[] }[]): Hop[] {
  const outside = found.filter(({ fd }) => !isOwnWakeUp(process, process.fd(fd)?.target ?? ''));
  const peers = outside.map(({ hops }) => new Set(hops.map((hop) => hop.next?.pid)));
  const [first] = peers;
  const one =
    first !== undefined &&
    first.size === 1 &&
    peers.every((each) => each.size === 1 && [...first].every((pid) => each.has(pid)));
  return found.flatMap(({ hops }) => hops.filter((hop) => one || hop.soft !== true));
}

/** Descriptors by which a process wakes itself (eventfd, timers, a pipe with both ends): they bring nothing from outside. */
function isOwnWakeUp(process: ProcessEvidence, target: string): boolean {
  if (/^anon_inode:\[(?:eventfd|timerfd|signalfd)\]/.test(target)) return true;
  return target.startsWith('pipe:[') && process.fds.some((fd) => fd.target === target && fd.access !== 'r');
}

/** Descriptors of a select call that are watched for input, from the set in its memory (fd_set: bit n of byte n/8). */
function selectSet({ evidence, process, thread }: WaitContext): number[] {
  const count = Math.min(thread.intArgument(0) ?? 0, 1024);
  const address = thread.argument(1);
  if (
    address === undefined ||
    address === 0n ||
    count <= 0 ||
    !/^(?:p?select6?|_newselect)$/.test(thread.syscallName ?? '')
  )
    return [];
  const read = readMemory(evidence, process, address, Math.ceil(count / 8));
  if (read === undefined || 'refused' in read) return [];
  return Array.from({ length: count }, (_, fd) => fd).filter(
    (fd) => ((read.bytes[fd >> 3] ?? 0) & (1 << (fd & 7))) !== 0,
  );
}

function watchedHops(context: WaitContext, fd: number, epoll: number | undefined): Hop[] {
  const { evidence, process, node } = context;
  const link = process.fd(fd);
  if (link === undefined) return [];
  const proof =
    epoll === undefined ? [] : lineFact(evidence, process.fdinfoPath(epoll), new RegExp(`^tfd:\\s+${fd}\\s`));
  if (link.target.startsWith('pipe:[') && link.access === 'r') {
    const ends = pipeEnds(evidence, link.target, 'w');
    // A loop's own wake-up pipe has both ends in one process.
    if (ends.holders.length === 0 || ends.holders.some(({ process: by }) => by.pid === process.pid))
      return [];
    const left = ends.holders.filter(({ process: by }) => isLeftBehind(evidence, by, process));
    if (left.length !== ends.holders.length) {
      return pipeHops(evidence, node, link.target, 'watches for data or the end of', 'w', ends, true).map(
        (hop) => ({ ...hop, stopsOnly: true }),
      );
    }
    const hops = pipeHops(
      evidence,
      node,
      link.target,
      'watches for data or the end of',
      'w',
      { ...ends, holders: left },
      false,
    );
    const facts = [...proof, fact(process.fdPath(fd), link.target)];
    return hops.map((hop) => ({
      ...hop,
      edges: hop.edges.map((e, i) => (i === 0 ? { ...e, facts } : { ...e, confidence: 'likely' as const })),
    }));
  }
  if (inodeOf(link.target) !== undefined)
    return socketHops(context, link.target, [...proof, fact(process.fdPath(fd), link.target)]);
  if (link.target === 'anon_inode:[pidfd]') {
    const pid = process.fdinfo(fd)?.pidfdPid;
    const child = evidence.process(pid);
    if (child === undefined || child.status?.ppid !== process.pid) return [];
    const pidfd = thing('process', `pidfd:${process.pid}:${fd}`, `pidfd ${fd}`);
    const facts = [...proof, ...lineFact(evidence, process.fdinfoPath(fd), 'Pid:')];
    return [
      {
        soft: true,
        stopsOnly: true,
        next: { pid: child.pid },
        edges: [
          edge(node, pidfd, 'watches', `pidfd ${fd}`, 'readable when that process ends', facts),
          edge(
            pidfd,
            processNode(child),
            'is',
            `process ${child.pid}`,
            'fdinfo of the pidfd',
            stateFact(evidence, child),
          ),
        ],
      },
    ];
  }
  return [];
}

/** A pair of unix sockets in place of a pipe, as Node gives its children: the same story, told by sock_diag. */
function socketHops({ evidence, process, node }: WaitContext, target: string, facts: readonly Fact[]): Hop[] {
  const inode = inodeOf(target);
  const listed = evidence.world
    .parsed(`${process.dir}/net/unix`, parseNetUnix)
    ?.find((socket) => socket.inode === inode);
  // Only a connected, nameless one can be somebody's standard output; of all others the peer is a client or a server.
  if (inode === undefined || listed === undefined || (listed.path ?? '') !== '') return [];
  const view = socketView(evidence, process, inode);
  const peers = peerInodes(evidence, process, view).flatMap((peer) =>
    evidence.host.holders(`socket:[${peer}]`),
  );
  const holders = [...new Set(peers.map(({ pid }) => pid))]
    .map((pid) => evidence.process(pid))
    .filter((by) => by !== undefined);
  if (holders.length === 0) return [];
  if (!holders.every((by) => isLeftBehind(evidence, by, process))) {
    return peerHops(evidence, process, node, view, 'watches for data of', 'written by', {
      soft: true,
      stopsOnly: true,
    });
  }
  return peerHops(evidence, process, node, view, 'watches for data or the end of', 'kept open by').map(
    (hop) => ({
      ...hop,
      edges: hop.edges.map((e, i) => (i === 0 ? { ...e, facts } : { ...e, confidence: 'likely' as const })),
    }),
  );
}
