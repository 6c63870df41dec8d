import { parseNetUnix } from '../../procfs/net-unix.ts';
import { fact, fdFact, lineFact, pointFacts, stateFact } from '../facts.ts';
import type { Fact } from '../graph.ts';
import { edge, processNode, thing } from '../nodes.ts';
import { isLeftBehind, pipeEnds, pipeHops } from '../objects/pipe.ts';
import { inodeOf, peerHops, peerInodes, socketName, socketView } from '../objects/socket.ts';
import { type Watched, watchedSet } from '../objects/watched-set.ts';
import { type Hop, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** poll, select and epoll: waits for any of a set of descriptors. Healthy, unless what it watches can never become ready. */
export const watch: Resolver = (context) => {
  const { evidence, process, thread } = context;
  const set = watchedSet(context);
  if (set === undefined) return undefined;
  const { call, watched } = set;
  const epoll = call === 'epoll';
  const name = thread.syscallName ?? '';
  const idle = epoll ? 'idle-epoll' : 'idle-poll';
  const fd = thread.intArgument(0);
  const what =
    epoll && fd !== undefined
      ? `epoll ${fd}, ${countOf(watched.length)}`
      : watched.length === 0
        ? 'descriptors'
        : countOf(watched.length);
  const sole = watched.length <= FEW && process.tids.length === 1;
  const found = byDescriptor(watched)
    .slice(0, 64)
    .map((each): Found => {
      return {
        isOwn: isOwnWakeUp(context, each.fd),
        hops: each.input ? watchedHops(context, each.fd, epoll ? fd : undefined, sole) : [],
        ...(each.output ? { output: outputOf(context, each.fd, each.edge) } : {}),
      };
    });
  const peers = peersOf(found);
  const one = peers === 1;
  const output = found.find((each) => !each.isOwn && each.output !== undefined)?.output;
  if (one && output !== undefined) {
    return waitOf(context, {
      kind: output.kind,
      point: `${name || 'poll'}(${what}): ${output.what}`,
      subsystem: epoll ? 'epoll' : 'poll',
      killable: true,
      facts: [...pointFacts(evidence, thread), ...output.facts],
      detail: output.detail,
      hops: output.hops,
      // Clients poll again and again while they connect, to show how far they are: the socket in it says that nothing came.
      ...(output.kind === 'connect' ? { restless: true } : {}),
    });
  }
  const hops = found.flatMap((each) =>
    each.hops
      .filter((hop) => peers > 0 || hop.soft !== true)
      .map((hop) => (one || hop.soft !== true ? hop : unlessFree(context, hop))),
  );
  return waitOf(context, {
    kind: 'watch',
    point: `${name || (epoll ? 'epoll_wait' : call)}(${what})`,
    idle,
    subsystem: epoll ? 'epoll' : 'poll',
    killable: true,
    facts: [...pointFacts(evidence, thread), ...(epoll && fd !== undefined ? fdFact(process, fd) : [])],
    detail: { held: hops.some((hop) => hop.soft !== true) },
    ...(output === undefined || output.kind === 'connect'
      ? {}
      : { beside: { ...output, kind: output.kind } }),
    hops,
  });
};

/** A process of one thread that watches no more than this may wait for one peer alone. */
const FEW = 4;

/** One descriptor may be watched by two entries, for input and for output. */
function byDescriptor(watched: readonly Watched[]): Watched[] {
  const found = new Map<number, Watched>();
  for (const each of watched) {
    const known = found.get(each.fd);
    found.set(
      each.fd,
      known === undefined
        ? each
        : { ...each, input: known.input || each.input, output: known.output || each.output },
    );
  }
  return [...found.values()];
}

/** What was found out of a watched descriptor. */
interface Found {
  readonly isOwn: boolean;
  readonly hops: readonly Hop[];
  readonly output?: Output | undefined;
}

/**
 * Who waits for any of several is not held up by one of them: that a peer is stopped, or does not read, counts only when
 * nobody else could wake this thread: how many processes stand behind each descriptor, all of them the same; else 0. What
 * can never come (a pipe held by somebody left behind) counts always.
 */
function peersOf(found: readonly Found[]): number {
  const outside = found.filter(({ isOwn }) => !isOwn);
  const all = outside.map(
    ({ hops, output }) => new Set([...hops, ...(output?.hops ?? [])].map((hop) => hop.edges.at(-1)?.to.id)),
  );
  const [first] = all;
  const areSame =
    first !== undefined &&
    first.size > 0 &&
    all.every((each) => each.size === first.size && [...first].every((peer) => each.has(peer)));
  return areSame ? first.size : 0;
}

/** A shell and the command that it waits for have the same output: only what holds up both of them counts. */
function unlessFree({ evidence }: WaitContext, hop: Hop): Hop {
  const alone = evidence.process(hop.next?.pid)?.tids.length === 1;
  return { ...hop, unlessFree: true, stopsOnly: !alone };
}

/** What a thread waits for that watches a descriptor for room to write. */
interface Output {
  readonly kind: 'pipe-write' | 'socket-write' | 'connect';
  readonly what: string;
  readonly facts: readonly Fact[];
  readonly hops: readonly Hop[];
  readonly detail: Readonly<Record<string, string | number>>;
}

function outputOf({ evidence, process, node }: WaitContext, fd: number, edge = false): Output | undefined {
  const target = process.fd(fd)?.target ?? '';
  const facts = fdFact(process, fd);
  if (target.startsWith('pipe:[')) {
    const ends = pipeEnds(evidence, target, 'r');
    if (edge || process.fd(fd)?.access === 'r' || ends.holders.length === 0) return undefined;
    const hops = pipeHops(evidence, node, target, 'waits for room in', 'r', ends, false);
    const detail = { pipe: target, readers: ends.holders.length };
    return { kind: 'pipe-write', what: `room in ${target}`, facts, hops, detail };
  }
  const inode = inodeOf(target);
  if (inode === undefined) return undefined;
  const view = socketView(evidence, process, inode);
  const to = socketName(view);
  if (view.tcp?.state === 'SYN_SENT') {
    const hops = peerHops(evidence, process, node, view, 'waits for the answer of', 'is');
    return { kind: 'connect', what: `connect to ${to}`, facts, hops, detail: { to } };
  }
  if (edge) return undefined;
  if (view.tcp?.state !== 'ESTABLISHED' && view.unix?.state !== 'ESTAB') return undefined;
  const hops = peerHops(evidence, process, node, view, 'waits for room in', 'to be read by', { anyOf: true });
  return { kind: 'socket-write', what: `room in ${to}`, facts, hops, detail: { to } };
}

/** Descriptors by which a process wakes itself (eventfd, timers, a pipe or pair with both ends): they bring nothing from outside. */
function isOwnWakeUp(context: WaitContext, fd: number): boolean {
  const { process } = context;
  const target = process.fd(fd)?.target ?? '';
  if (/^anon_inode:\[(?:eventfd|timerfd|signalfd)\]/.test(target)) return true;
  if (inodeOf(target) !== undefined)
    return pairOf(context, target)?.holders.some(({ pid }) => pid === process.pid) === true;
  if (!target.startsWith('pipe:[')) return false;
  const ends = process.fds.filter((fd) => fd.target === target).map(({ access }) => access);
  return ends.some((access) => access !== 'r') && ends.some((access) => access !== 'w');
}

function watchedHops(context: WaitContext, fd: number, epoll: number | undefined, sole: boolean): Hop[] {
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
    if (left.length !== ends.holders.length || ends.late) {
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
    return socketHops(context, link.target, [...proof, fact(process.fdPath(fd), link.target)], sole);
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

/** A connected unix socket without a name (socketpair(2)), and who has its other end. */
function pairOf({ evidence, process }: WaitContext, target: string) {
  const inode = inodeOf(target);
  const listed = evidence.world
    .parsed(`${process.dir}/net/unix`, parseNetUnix)
    ?.find((socket) => socket.inode === inode);
  if (inode === undefined || listed === undefined || (listed.path ?? '') !== '') return undefined;
  const view = socketView(evidence, process, inode);
  const peers = peerInodes(evidence, process, view).flatMap((peer) =>
    evidence.host.holders(`socket:[${peer}]`),
  );
  const holders = [...new Set(peers.map(({ pid }) => pid))]
    .map((pid) => evidence.process(pid))
    .filter((by) => by !== undefined);
  return { view, holders };
}

/** A pair of unix sockets in place of a pipe, as Node gives its children: the same story, told by sock_diag. */
function socketHops(context: WaitContext, target: string, facts: readonly Fact[], sole: boolean): Hop[] {
  const { evidence, process, node } = context;
  // Only a connected, nameless one can be somebody's standard output; of all others the peer is a client or a server.
  const pair = pairOf(context, target);
  if (pair === undefined) return sole ? connectionHops(context, target) : [];
  if (pair.holders.length === 0) return [];
  const { view, holders } = pair;
  // A loop's own wake-up pair has both ends in one process.
  if (holders.some(({ pid }) => pid === process.pid)) return [];
  if (evidence.host.fdCoverage.late > 0 || !holders.every((by) => isLeftBehind(evidence, by, process))) {
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

const countOf = (count: number): string => `${count} ${count === 1 ? 'descriptor' : 'descriptors'}`;

/** A client's connection: what holds up its server holds it up. */
function connectionHops({ evidence, process, node }: WaitContext, target: string): Hop[] {
  const inode = inodeOf(target);
  const view = inode === undefined ? undefined : socketView(evidence, process, inode);
  if (view?.tcp?.state !== 'ESTABLISHED') return [];
  return peerHops(evidence, process, node, view, 'watches for data of', 'written by', {
    soft: true,
    stopsOnly: true,
  });
}
