/**
 * Sockets of which only one line speaks. The path of a unix socket may hold newlines, which neither the kernel nor ss
 * escapes, and so whole lines about another's socket: where two lines speak of one inode, neither can be believed.
 */
export function toldOnce<T extends { readonly inode: number }>(sockets: readonly T[]): T[] {
  const times = new Map<number, number>();
  for (const { inode } of sockets) times.set(inode, (times.get(inode) ?? 0) + 1);
  // 0: not accepted yet, and so nobody's.
  return sockets.filter(({ inode }) => inode === 0 || times.get(inode) === 1);
}
