import { shownEnd } from '../shown.ts';
import { unquote, utf8 } from '../unquote.ts';

/** What a descriptor is, as -y, -yy or -Y show it. */
export interface FdTarget {
  /** Decoded: `/etc/passwd`, `pipe:[123]`, `TCP:[127.0.0.1:80->127.0.0.1:4711]`, `bash`. */
  readonly text: string;
  /** It was removed; strace says `(deleted)`. */
  readonly deleted: boolean;
  /** -yy of a device: `char 1:3`. */
  readonly device?: string;
  /** `pipe`, `socket`, `anon_inode`, or with -yy the protocol: `TCP`, `UDPv6`, `UNIX-STREAM`, `NETLINK`. */
  readonly type?: string;
  /** What stands in the brackets behind the type. */
  readonly inside?: string;
  readonly local?: string;
  readonly remote?: string;
}

/**
 * Reads `</etc/passwd>(deleted)`: behind numbers among arguments (`shown`), and in `StraceCall.resultText`, where more may
 * follow.
 */
export function targetOf(shown: string): FdTarget {
  const found = shown.startsWith('<') ? shownEnd(shown, 0) : -1;
  const end = found < 0 ? shown.length : found;
  const deleted = shown.startsWith('(deleted)', end);
  let inner = found < 0 ? shown : shown.slice(1, end - 1);
  const device = /<((?:char|block) \d+:\d+)>$/.exec(inner);
  if (device) inner = inner.slice(0, device.index);
  const text = utf8(unquote(inner));
  const typed = /^([\w-]+):\[(.*)\]$/s.exec(text);
  const ends = typed?.[2]?.split('->');
  return {
    text,
    deleted: deleted || text.endsWith(' (deleted)'),
    ...(device ? { device: device[1]! } : {}),
    ...(typed ? { type: typed[1]!, inside: typed[2]! } : {}),
    ...(ends?.length === 2 ? { local: ends[0]!, remote: ends[1]! } : {}),
  };
}
