import { decimal, lines } from './text.ts';
import { toldOnce } from './told-once.ts';

/** A line of `ss -xanH` (iproute2; sock_diag(7)), the only teller of a unix socket's peer. */
export interface UnixSocket {
  readonly inode: number;
  /** 0: none, closed, or in another network namespace. */
  readonly peerInode: number;
  /** `@name` is abstract; undefined without a name. */
  readonly path?: string;
  /** `ESTAB`, `LISTEN`, `UNCONN` … */
  readonly state: string;
  /** Bytes; of LISTEN connections not yet accepted. */
  readonly recvQ: number;
  /** Bytes; of LISTEN the backlog. */
  readonly sendQ: number;
  /** `u_str`, `u_dgr`, `u_seq`. */
  readonly netid: string;
}

/** No path is longer than 108 bytes: longer lines are none of ss. */
const LONGEST = 512;

/** Lines that do not parse are left out. Paths may hold blanks; the peer's name is `*` or has none. */
export function parseSsUnix(text: string): UnixSocket[] {
  const sockets: UnixSocket[] = [];
  for (const line of lines(text)) {
    if (line.length > LONGEST) continue;
    const head = /^(u_[a-z]+) +([A-Z0-9-]+) +(\d+) +(\d+) +/.exec(line);
    // From the end, so that a path with blanks and digits stays whole.
    const tail = /^(.*?) +(\d+) +(?:\*|[/@]\S*) +(\d+) *$/s.exec(line.slice(head?.[0].length ?? 0));
    const [recvQ, sendQ] = [decimal(head?.[3]), decimal(head?.[4])];
    const [inode, peerInode] = [decimal(tail?.[2]), decimal(tail?.[3])];
    if (recvQ === undefined || sendQ === undefined || inode === undefined || peerInode === undefined)
      continue;
    const path = tail?.[1];
    sockets.push({
      inode,
      peerInode,
      path: path === '*' ? undefined : path,
      state: head![2]!,
      recvQ,
      sendQ,
      netid: head![1]!,
    });
  }
  return toldOnce(sockets);
}
