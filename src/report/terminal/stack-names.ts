/** `comm:pid`, as the kernel writes it. */
export function nameOf({ comm, pid }: { comm: string | null; pid: number | null }): string {
  if (comm === null) return pid === null ? 'a task without a name' : `pid ${pid}`;
  return pid === null ? comm : `${comm}:${pid}`;
}
