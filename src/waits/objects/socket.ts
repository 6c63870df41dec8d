import type { Evidence } from '../../evidence/evidence.ts';
import { unixSockets } from '../../evidence/keys.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { parseNetTcp, type TcpSocket } from '../../procfs/net-tcp.ts';
import { parseSsUnix, type UnixSocket } from '../../procfs/ss-unix.ts';
import { fact, lineFact, partFact, stateFact } from '../facts.ts';
import type { Edge, Fact, Node } from '../graph.ts';
import { edge, processNode, thing } from '../nodes.ts';
import type { Hop } from '../wait.ts';

export interface SocketView {
  readonly inode: number;
  /** The name that the call is about, when it is not connected to it (yet). */
  readonly address?: string;
  readonly tcp?: TcpSocket;
  readonly unix?: UnixSocket;
  readonly facts: readonly Fact[];
}

export const inodeOf = (target: string | undefined): number | undefined => {
  const match = /^socket:\[(\d+)\]$/.exec(target ?? '');
  return match?.[1] === undefined ? undefined : Number(match[1]);
};

/** What a socket descriptor is, in its process's own network namespace. */
export function socketView(evidence: Evidence, process: ProcessEvidence, inode: number): SocketView {
  for (const name of ['tcp', 'tcp6']) {
    const path = `${process.dir}/net/${name}`;
    const tcp = evidence.world.parsed(path, parseNetTcp)?.find((socket) => socket.inode === inode);
    if (tcp !== undefined)
      return {
        inode,
        tcp,
        facts: partFact(
          evidence,
          path,
          new RegExp(`^ *\\d+: (\\S+ \\S+ \\S\\S) .* ${inode} `, 'm'),
          'local, remote, state',
        ),
      };
  }
  const unix = unixSocketsOf(evidence, process).find((socket) => socket.inode === inode);
  if (unix === undefined) return { inode, facts: [] };
  return {
    inode,
    unix,
    facts: lineFact(evidence, `${process.dir}/net/unix`, new RegExp(` ${inode}(?: |$)`)),
  };
}

function unixSocketsOf(evidence: Evidence, process: ProcessEvidence): readonly UnixSocket[] {
  return evidence.world.parsed(unixSockets(netOf(evidence, process)), parseSsUnix) ?? [];
}

/** The pid through which `ss` is to be asked: 0 when the process shares our own network namespace. */
function netOf(evidence: Evidence, process: ProcessEvidence): number {
  const own = evidence.process(1)?.namespace('net');
  const theirs = process.namespace('net');
  return theirs === undefined || own === undefined || theirs === own ? 0 : process.pid;
}

/** Inodes of the socket at the other end, on this host. */
export function peerInodes(evidence: Evidence, process: ProcessEvidence, view: SocketView): number[] {
  if (view.address !== undefined) {
    return unixSocketsOf(evidence, process)
      .filter(({ path, peerInode }) => path === view.address && peerInode === 0)
      .map(({ inode }) => inode);
  }
  if (view.unix !== undefined) {
    const { peerInode, state } = view.unix;
    if (peerInode !== 0) return [peerInode];
    // Connected and not accepted yet: nothing links it to the listener, but only one that has connections pending can be it.
    if (state !== 'ESTAB') return [];
    return unixSocketsOf(evidence, process)
      .filter((other) => other.state === 'LISTEN' && other.recvQ > 0)
      .map(({ inode }) => inode);
  }
  const { tcp } = view;
  if (tcp === undefined) return [];
  const all = tcpSockets(evidence, process);
  const others = all.filter(
    (other) =>
      sameEnd(other.local, tcp.remote) && sameEnd(other.remote, tcp.local) && other.inode !== view.inode,
  );
  if (others.some(({ inode }) => inode !== 0)) return others.map(({ inode }) => inode);
  // Not accepted yet, or not even answered: whoever listens there and has connections pending.
  return all
    .filter((other) => other.state === 'LISTEN' && other.rxQueue > 0 && listensAt(other, tcp))
    .map(({ inode }) => inode);
}

function tcpSockets(evidence: Evidence, { dir }: { dir: string }): readonly TcpSocket[] {
  return ['tcp', 'tcp6'].flatMap((name) => evidence.world.parsed(`${dir}/net/${name}`, parseNetTcp) ?? []);
}

/** Namespaces that are looked through for the other end of a connection. */
const NETWORKS = 64;

/** The other end of a connection to another network namespace of this host, where no address is translated on the way. */
function peersInOtherNetworks(
  evidence: Evidence,
  process: ProcessEvidence,
  tcp: TcpSocket,
): { inodes: number[]; facts: Fact[] } {
  const none = { inodes: [], facts: [] };
  const to = plain(tcp.remote.address);
  if (tcp.state === 'SYN_SENT' || to.startsWith('127.') || to === '::1') return none;
  const own = process.namespace('net');
  const others = [...evidence.host.networks].filter(([network]) => network !== own).slice(0, NETWORKS);
  for (const [, pid] of others) {
    const dir = `/proc/${pid}`;
    const all = tcpSockets(evidence, { dir });
    const other = all.find((each) => sameEnd(each.local, tcp.remote) && sameEnd(each.remote, tcp.local));
    if (other === undefined) continue;
    // Not accepted yet: whoever listens there.
    const ends =
      other.inode === 0 ? all.filter((each) => each.state === 'LISTEN' && takes(each, tcp)) : [other];
    const inodes = ends.map(({ inode }) => inode);
    return {
      inodes,
      facts: inodes.flatMap((inode) =>
        ['tcp', 'tcp6'].flatMap((name) =>
          partFact(
            evidence,
            `${dir}/net/${name}`,
            new RegExp(`^ *\\d+: (\\S+ \\S+ \\S\\S) .* ${inode} `, 'm'),
            'local, remote, state, in another network namespace',
          ),
        ),
      ),
    };
  }
  return none;
}

const takes = ({ local }: TcpSocket, tcp: TcpSocket) =>
  local.port === tcp.remote.port &&
  ['0.0.0.0', '::', plain(tcp.remote.address)].includes(plain(local.address));

/** Does a listener of this host take connections to where `tcp` is connected? */
function listensAt({ local }: TcpSocket, tcp: TcpSocket): boolean {
  if (local.port !== tcp.remote.port) return false;
  const [at, to] = [plain(local.address), plain(tcp.remote.address)];
  const here = to === plain(tcp.local.address) || to.startsWith('127.') || to === '::1';
  return at === to || (here && (at === '0.0.0.0' || at === '::'));
}

const plain = (address: string) => address.replace(/^::ffff:/i, '');
const sameEnd = (a: { address: string; port: number }, b: { address: string; port: number }) =>
  a.port === b.port && plain(a.address) === plain(b.address);

/** From a waiter over its socket to the processes at the other end; to the remote address when that is elsewhere. */
export function peerHops(
  evidence: Evidence,
  process: ProcessEvidence,
  from: Node,
  view: SocketView,
  relation: string,
  to: string,
  extra: Partial<Hop> = {},
): Hop[] {
  const name = socketName(view);
  const socket = thing('socket', String(view.inode), name);
  const waits = edge(from, socket, relation, name, 'the descriptor of its system call', view.facts);
  const near = peerInodes(evidence, process, view).filter((inode) => inode !== 0);
  // Whom a blocked one waits for is worth a look through all namespaces.
  const far =
    near.length === 0 && view.tcp !== undefined && extra.soft !== true
      ? peersInOtherNetworks(evidence, process, view.tcp)
      : undefined;
  const peers = far?.inodes ?? near;
  const holders = peers.flatMap((inode) => evidence.host.holders(`socket:[${inode}]`));
  const unique = [...new Map(holders.map((holder) => [holder.pid, holder])).values()].slice(0, 8);
  if (unique.length === 0) {
    if (view.tcp === undefined) return [{ ...extra, edges: [waits] }];
    const remote = `${view.tcp.remote.address}:${view.tcp.remote.port}`;
    return [
      {
        ...extra,
        edges: [
          waits,
          edge(
            socket,
            thing('remote', remote, remote),
            view.tcp.state === 'SYN_SENT' ? 'goes to' : 'connected to',
            remote,
            '/proc/PID/net/tcp',
            view.facts,
          ),
        ],
      },
    ];
  }
  // Any listener's backlog would do, and that of one with newlines in its name cannot be read.
  const guessed = view.address === undefined && view.unix?.peerInode === 0;
  const listens =
    view.tcp !== undefined &&
    tcpSockets(evidence, process).some(({ inode, state }) => state === 'LISTEN' && peers.includes(inode));
  return unique.flatMap((holder) => {
    const by = evidence.process(holder.pid);
    if (by === undefined) return [];
    const last: Edge = edge(
      socket,
      processNode(by),
      to,
      `the other end, fd ${holder.fd}`,
      far !== undefined
        ? 'it has the other end of these addresses, in another network namespace'
        : guessed
          ? 'the peer is not told: a listener with connections it has not accepted'
          : view.unix === undefined
            ? listens
              ? 'it listens at that address, and has connections that it has not accepted'
              : 'it has the other end of these addresses'
            : 'peer inode by sock_diag',
      [
        fact(`/proc/${by.pid}/fd/${holder.fd}`, holder.target),
        ...(far?.facts ?? []),
        ...stateFact(evidence, by),
      ],
      // A listener's address may be another's too, in another network namespace behind the same port.
      guessed ? 'possible' : unique.length === 1 && !listens && far === undefined ? 'certain' : 'likely',
    );
    return [{ ...extra, next: { pid: by.pid }, edges: [waits, last] }];
  });
}

/** Its addresses where they are known, else its inode. */
export function socketName(view: SocketView): string {
  if (view.tcp !== undefined) {
    const { local, remote } = view.tcp;
    return `tcp ${local.address}:${local.port} → ${remote.address}:${remote.port}`;
  }
  if (view.address !== undefined) return `unix ${view.address}`;
  if (view.unix?.path !== undefined && view.unix.path !== '*') return `unix ${view.unix.path}`;
  return `socket:[${view.inode}]`;
}
