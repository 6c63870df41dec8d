import { fdFact, pointFacts } from '../facts.ts';
import { dataFd } from '../objects/data-fd.ts';
import { inodeOf, peerHops, socketName, socketView } from '../objects/socket.ts';
import { unixAddress } from '../objects/unix-address.ts';
import { inFrames, isBlind, type Resolver, waitOf } from '../wait.ts';

const SEND_FULL =
  /^(?:sock_alloc_send_pskb|sock_alloc_send_skb|sock_wait_for_wmem|sk_stream_wait_memory|unix_wait_for_peer|unix_dgram_sendmsg|skb_wait_for_space|sctp_wait_for_sndbuf|tcp_sendmsg_locked)$/;
const CONNECT =
  /^(?:__inet_stream_connect|inet_stream_connect|inet_wait_for_connect|unix_stream_connect|vsock_connect|sctp_wait_for_connect)$/;
const ACCEPT =
  /^(?:inet_csk_accept|inet_csk_wait_for_connect|unix_accept|vsock_accept|tcp_accept|sctp_wait_for_accept)$/;
const RECEIVE =
  /^(?:__skb_wait_for_more_packets|unix_stream_read_generic|unix_stream_data_wait|sk_wait_data|tcp_recvmsg|tcp_recvmsg_locked|tcp_data_wait|unix_dgram_recvmsg|__unix_dgram_recvmsg|__skb_recv_datagram|skb_recv_datagram|netlink_recvmsg|packet_recvmsg|udp_recvmsg|inet_recvmsg|inet6_recvmsg|mptcp_recvmsg|vsock_\w+recvmsg|tls_\w+)$/;

/** Sockets: full send buffers, unanswered connects, accepts and receives. */
export const socket: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (thread.state === 'D') return undefined;
  const name = thread.syscallName ?? '';
  const fd = dataFd(thread, inFrames(thread, SEND_FULL, 4) ? 'to' : 'from');
  const target = fd === undefined ? undefined : process.fd(fd)?.target;
  const inode = inodeOf(target);
  const blind = isBlind(thread) && inode !== undefined;
  // wait_woken and the poll of a socket are generic: the caller's name decides, and send before receive.
  const connect = inFrames(thread, CONNECT, 4) || (blind && name === 'connect');
  const accept =
    inFrames(thread, ACCEPT, 4) ||
    (blind && /^accept4?$/.test(name)) ||
    (/^accept4?$/.test(name) && inFrames(thread, RECEIVE, 4));
  const send =
    inFrames(thread, SEND_FULL, 4) ||
    (blind && /^(?:send|write|sendto|sendmsg|writev|sendmmsg|sendfile)/.test(name));
  const receive = inFrames(thread, RECEIVE, 4) || (blind && /^(?:recv|read)/.test(name));
  if (!connect && !accept && !send && !receive) return undefined;
  const facts = [...pointFacts(evidence, thread), ...(fd === undefined ? [] : fdFact(process, fd))];
  const base = { subsystem: 'socket' as const, killable: true, facts };
  if (fd === undefined || inode === undefined) {
    const idle = accept ? 'idle-accept' : receive ? 'idle-read' : undefined;
    const kind = accept ? 'accept' : receive ? 'socket-read' : connect ? 'connect' : 'socket-write';
    return waitOf(context, { ...base, kind, point: name || kind, ...(idle === undefined ? {} : { idle }) });
  }
  if (accept && !connect) {
    return waitOf(context, {
      ...base,
      kind: 'accept',
      point: `${name}(${fd}, ${target})`,
      idle: 'idle-accept',
      subsystem: 'accept',
    });
  }
  const address = connect || send ? unixAddress(context) : undefined;
  const view = { ...socketView(evidence, process, inode), ...(address === undefined ? {} : { address }) };
  const point = `${name}(${fd}, ${socketName(view)})`;
  if (connect) {
    const hops = peerHops(evidence, process, node, view, 'waits for the answer of', 'is');
    return waitOf(context, { ...base, kind: 'connect', point, hops, detail: { to: socketName(view) } });
  }
  if (send) {
    const hops = peerHops(evidence, process, node, view, 'waits for room in', 'to be read by', {
      anyOf: true,
    });
    return waitOf(context, { ...base, kind: 'socket-write', point, hops, detail: { to: socketName(view) } });
  }
  // One thread of a server that serves one client each is not the server: its peer's stop is the client's matter.
  const alone = process.tids.length === 1;
  const hops = alone
    ? peerHops(evidence, process, node, view, 'waits for data from', 'written by', {
        soft: true,
        stopsOnly: true,
      })
    : [];
  return waitOf(context, { ...base, kind: 'socket-read', point, idle: 'idle-read', hops });
};
