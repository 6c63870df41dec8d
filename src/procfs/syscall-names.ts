import { SYSCALLS_ARM64 } from './syscall-table-arm64.ts';
import { SYSCALLS_X64 } from './syscall-table-x64.ts';

/** Runs of names: the number of the first, and the names by blanks, one a number. */
export type SyscallTable = readonly (readonly [first: number, names: string])[];

/** The CPU architecture, by the names of process.arch. */
export type Arch = 'x64' | 'arm64';

const NAMES: Readonly<Record<Arch, ReadonlyMap<number, string>>> = {
  x64: byNumber(SYSCALLS_X64),
  arm64: byNumber(SYSCALLS_ARM64),
};

/** The kernel's name of a system call (`newfstatat`, `pread64`); undefined for numbers not in the table. `arch` as process.arch. */
export function syscallName(nr: number, arch: Arch): string | undefined {
  return NAMES[arch].get(nr);
}

function byNumber(table: SyscallTable): Map<number, string> {
  const names = new Map<number, string>();
  for (const [first, run] of table) {
    for (const [index, name] of run.split(/\s+/).entries()) names.set(first + index, name);
  }
  return names;
}
