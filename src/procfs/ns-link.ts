/** Target of a link in /proc/PID/ns, namespaces(7). */
export interface NamespaceLink {
  /** `pid`, `mnt`, `net`, `user`, `cgroup`, `ipc`, `uts`, `time`. */
  readonly type: string;
  /** Its identity (with the device of nsfs, of which there is one). */
  readonly inode: number;
}

export function parseNsLink(target: string): NamespaceLink | undefined {
  const match = /^(cgroup|ipc|mnt|net|pid|time|user|uts):\[(\d{1,15})\]$/.exec(target);
  return match ? { type: match[1]!, inode: Number(match[2]) } : undefined;
}
