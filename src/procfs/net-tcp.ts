import { addressText } from './ip-address.ts';
import { decimal, hex, lines, words } from './text.ts';

/** One side of a connection. */
export interface Endpoint {
  /** `127.0.0.1`, `::1`, `::ffff:127.0.0.1` (IPv4 over an IPv6 socket). */
  readonly address: string;
  readonly port: number;
}

/** A line of /proc/PID/net/tcp or tcp6 (of that process's network namespace), proc_pid_net(5). */
export interface TcpSocket {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** `ESTABLISHED`, `LISTEN`, `CLOSE_WAIT` …; the number in hex when it is new. */
  readonly state: string;
  /** Bytes not yet acknowledged by the other end; of LISTEN 0. */
  readonly txQueue: number;
  /** Bytes not yet read by the program; of LISTEN connections not yet accepted. */
  readonly rxQueue: number;
  /** Unanswered retransmits so far. */
  readonly retransmits: number;
  readonly uid: number;
  /** 0: no descriptor any more (TIME_WAIT, and connections not accepted yet). */
  readonly inode: number;
}

/** include/net/tcp_states.h, from 1. */
const STATES = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
];

/** Lines that do not parse, the heading too, are left out. */
export function parseNetTcp(text: string): TcpSocket[] {
  return lines(text)
    .map(parseSocket)
    .filter((socket) => socket !== undefined);
}

function parseSocket(line: string): TcpSocket | undefined {
  const [, from, to, st, queues = '', , retransmitted, owner, , ino] = words(line);
  const local = endpoint(from);
  const remote = endpoint(to);
  const state = hex(st);
  const [txQueue, rxQueue] = queues.split(':').map(hex);
  const retransmits = hex(retransmitted);
  const uid = decimal(owner);
  const inode = decimal(ino);
  if (local === undefined || remote === undefined || state === undefined) return undefined;
  if (txQueue === undefined || rxQueue === undefined || retransmits === undefined) return undefined;
  if (uid === undefined || inode === undefined) return undefined;
  return { local, remote, state: STATES[state - 1] ?? st!, txQueue, rxQueue, retransmits, uid, inode };
}

function endpoint(word = ''): Endpoint | undefined {
  const [digits = '', port] = word.split(':');
  const address = addressText(digits);
  const number = hex(port);
  return address === undefined || number === undefined ? undefined : { address, port: number };
}
