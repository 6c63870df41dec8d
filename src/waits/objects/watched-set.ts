import { inFrames, type WaitContext } from '../wait.ts';
import { i32, readMemory } from './memory.ts';

/** Readiness (poll(2), epoll_ctl(2)). */
const POLLIN = 1;
const POLLOUT = 4;
/** Told only when it changes. */
const EPOLLET = 0x8000_0000;
/** Of a longer array only this many are read. */
const POLLED = 32;
/** Bits of an fd_set. */
const SELECTED = 1024;

/** A descriptor of a set, and for what it is watched. */
export interface Watched {
  readonly fd: number;
  readonly input: boolean;
  /** Asleep with this, it is proved that there is no room: the kernel would have woken it at once. */
  readonly output: boolean;
  /** Only a change wakes it: it may sleep with room to write. */
  readonly edge?: boolean;
}

/** What a thread in poll, select or epoll watches. */
export interface WatchedSet {
  readonly call: 'epoll' | 'select' | 'poll';
  readonly watched: readonly Watched[];
  /** The whole set could be read: what is not in it is not watched. */
  readonly isWhole: boolean;
}

/** What the thread watches; undefined when it is in none of these calls. */
export function watchedSet(context: WaitContext): WatchedSet | undefined {
  const { thread } = context;
  const name = thread.syscallName ?? '';
  if (inFrames(thread, /^(?:do_epoll_wait|do_epoll_pwait|ep_poll)$/, 2) || /^epoll_p?wait2?$/.test(name))
    return set('epoll', epollSet(context));
  if (inFrames(thread, /^(?:do_select|core_sys_select)$/, 3) || /^(?:p?select6?|_newselect)$/.test(name))
    return set('select', selectSet(context));
  if (inFrames(thread, /^(?:do_sys_poll|do_poll|poll_schedule_timeout)$/, 2) || /^p?poll$/.test(name))
    return set('poll', pollSet(context), (thread.intArgument(1) ?? 0) <= POLLED);
  return undefined;
}

const set = (
  call: WatchedSet['call'],
  found: readonly Watched[] | undefined,
  isWhole = true,
): WatchedSet => ({
  call,
  watched: found ?? [],
  isWhole: isWhole && found !== undefined,
});

/** What the epoll instance watches, by its fdinfo. */
function epollSet({ process, thread }: WaitContext): Watched[] | undefined {
  const fd = thread.intArgument(0);
  return (fd === undefined ? undefined : process.fdinfo(fd)?.epoll)
    ?.map(({ tfd, events }) => ({
      fd: tfd,
      input: (events & POLLIN) !== 0,
      output: (events & POLLOUT) !== 0,
      edge: (events & EPOLLET) !== 0,
    }))
    .filter(({ input, output }) => input || output);
}

/** What a poll call watches, from the array in its memory. */
function pollSet({ evidence, process, thread }: WaitContext): Watched[] | undefined {
  const address = thread.argument(0);
  const count = thread.intArgument(1) ?? 0;
  if (address === undefined || !/^p?poll$/.test(thread.syscallName ?? '')) return undefined;
  if (count <= 0) return [];
  const read = readMemory(evidence, process, address, Math.min(count, POLLED) * 8);
  if (read === undefined || 'refused' in read) return undefined;
  const found: Watched[] = [];
  for (let i = 0; i < Math.min(count, POLLED); i++) {
    const fd = i32(read.bytes, i * 8);
    const events = read.bytes[i * 8 + 4] ?? 0;
    const [input, output] = [(events & POLLIN) !== 0, (events & POLLOUT) !== 0];
    if (fd >= 0 && (input || output)) found.push({ fd, input, output });
  }
  return found;
}

/** What a select call watches, from the sets in its memory (fd_set: bit n of byte n/8). */
function selectSet(context: WaitContext): Watched[] | undefined {
  const { thread } = context;
  const count = Math.min(thread.intArgument(0) ?? 0, SELECTED);
  if (!/^(?:p?select6?|_newselect)$/.test(thread.syscallName ?? '')) return undefined;
  if (count <= 0) return [];
  const input = fdSet(context, thread.argument(1), count);
  const output = fdSet(context, thread.argument(2), count);
  if (input === undefined || output === undefined) return undefined;
  return [...new Set([...input, ...output])]
    .sort((a, b) => a - b)
    .map((fd) => ({ fd, input: input.has(fd), output: output.has(fd) }));
}

function fdSet(
  { evidence, process }: WaitContext,
  address: bigint | undefined,
  count: number,
): Set<number> | undefined {
  if (address === undefined || address === 0n) return new Set();
  const read = readMemory(evidence, process, address, Math.ceil(count / 8));
  if (read === undefined || 'refused' in read) return undefined;
  const { bytes } = read;
  const all = Array.from({ length: count }, (_, fd) => fd);
  return new Set(all.filter((fd) => ((bytes[fd >> 3] ?? 0) & (1 << (fd & 7))) !== 0));
}
