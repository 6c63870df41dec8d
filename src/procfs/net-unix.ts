import { decimal, hex, lines } from './text.ts';
import { toldOnce } from './told-once.ts';

/** A line of /proc/PID/net/unix, proc_pid_net(5), net/unix/af_unix.c. It does not tell the peer: see ss-unix.ts. */
export interface NetUnixSocket {
  readonly inode: number;
  /** `@name` is abstract; undefined without a name. Raw bytes: a name with a newline can forge further lines. */
  readonly path?: string;
  readonly type: 'stream' | 'dgram' | 'seqpacket' | 'other';
  /** `UNCONNECTED` also of listeners and dgram sockets. */
  readonly state: 'FREE' | 'UNCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'DISCONNECTING' | 'other';
  readonly flags: number;
  readonly listening: boolean;
  readonly refCount: number;
}

const TYPES: Readonly<Record<number, NetUnixSocket['type']>> = { 1: 'stream', 2: 'dgram', 5: 'seqpacket' };
const STATES = ['FREE', 'UNCONNECTED', 'CONNECTING', 'CONNECTED', 'DISCONNECTING'] as const;
/** __SO_ACCEPTCON of include/uapi/linux/net.h. */
const ACCEPTS = 0x10000;

const LINE = /^[0-9A-Fa-fx]+: ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+) +(\d+)(?: (.*))?$/s;

/** Lines that do not parse, the heading too, are left out. */
export function parseNetUnix(text: string): NetUnixSocket[] {
  const sockets: NetUnixSocket[] = [];
  for (const line of lines(text)) {
    const match = LINE.exec(line);
    const [refCount, , flags, type, state] = (match?.slice(1, 6) ?? []).map(hex);
    const inode = decimal(match?.[6]);
    if (refCount === undefined || flags === undefined || type === undefined) continue;
    if (state === undefined || inode === undefined) continue;
    sockets.push({
      inode,
      path: match?.[7],
      type: TYPES[type] ?? 'other',
      state: STATES[state] ?? 'other',
      flags,
      // Exact for any width of the field, unlike `&`.
      listening: Math.floor(flags / ACCEPTS) % 2 === 1,
      refCount,
    });
  }
  return toldOnce(sockets);
}
