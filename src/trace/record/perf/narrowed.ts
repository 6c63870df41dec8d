import { type Abi, type Arch, syscallsOf } from '../../../procfs/syscall-names.ts';
import { nameInStrace } from '../../correlate/call-names.ts';
import type { RecordingMeta } from '../../recording.ts';
import { callsIn, hasNoClass } from '../../syscall-set.ts';

/**
 * Calls that perf records whatever is asked for: births, execs, ends and who waited for whom; and what gives back, so that
 * nothing seems to be left over that was not.
 */
const ALWAYS = `fork vfork clone clone3 execve execveat exit exit_group wait4 waitid waitpid restart_syscall
  close close_range dup2 dup3 inotify_rm_watch`.split(/\s+/);

/**
 * The kernel takes a filter of 4 kB. To look through so many takes a call that is none of them 2 μs, which is less than to record
 * it; more are no narrow set.
 */
const MOST_NUMBERS = 300;

const tablesOf = (arch: Arch): readonly Abi[] => (arch === 'x64' ? ['x64', 'i386'] : [arch]);

/**
 * Filter for raw_syscalls of the calls in a set and those above: by number in all tables of the host, so that it
 * lets a call of another name pass now and then, and keeps none back. Undefined where it would be too long, or strace alone
 * knows what the set holds.
 */
export function filterOf(set: string, arch: Arch, besideStrace: boolean): string | undefined {
  // A call that strace takes for one of a class and we do not would seem to be lost by perf.
  if (besideStrace && !hasNoClass(set)) return undefined;
  const wanted = shownBy(set, arch);
  if (wanted === undefined) return undefined;
  const numbers = new Set<number>();
  for (const abi of tablesOf(arch))
    for (const [number, name] of syscallsOf(abi))
      if (wanted(name) || ALWAYS.includes(name)) numbers.add(number);
  if (numbers.size > MOST_NUMBERS) return undefined;
  return [...numbers]
    .sort((a, b) => a - b)
    .map((number) => `id==${number}`)
    .join('||');
}

/** Whether a call was asked for, and a sentence on it. Of what strace shows all was. */
export function narrowedBy({ syscalls, host, strace, perf }: RecordingMeta): {
  readonly shows?: (name: string) => boolean;
  readonly notes: readonly string[];
} {
  if (syscalls === undefined || perf === undefined) return { notes: [] };
  const only = `Only the calls of ${syscalls} were asked for (--syscalls)`;
  const shows = shownBy(syscalls, host.arch as Arch);
  if (shows !== undefined)
    return {
      shows,
      notes: [`${only}: perf's others are not shown; births, execs and ends are known all the same.`],
    };
  if (strace !== undefined)
    return {
      shows: () => false,
      notes: [
        `${only}, and strace alone knows which these are: a call that it missed is not shown, though perf may have seen it.`,
      ],
    };
  return { notes: [`${only}, but strace alone knows which these are: perf shows all calls.`] };
}

function shownBy(set: string, arch: Arch): ((name: string) => boolean) | undefined {
  const known = new Set(tablesOf(arch).flatMap((abi) => [...syscallsOf(abi).values()]));
  const found = callsIn(set, [...known]);
  if (found === undefined) return undefined;
  const names = new Set([...found].map(nameInStrace));
  return (name) => names.has(nameInStrace(name));
}
