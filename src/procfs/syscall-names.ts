import type { SyscallTable } from './syscall-table.ts';
import { SYSCALLS_ARM64 } from './syscall-table-arm64.ts';
import { SYSCALLS_X64 } from './syscall-table-x64.ts';

/** The CPU architecture, by the names of process.arch. */
export type Arch = 'x64' | 'arm64';

const TABLES: Readonly<Record<Arch, SyscallTable>> = { x64: SYSCALLS_X64, arm64: SYSCALLS_ARM64 };
const names = new Map<Arch, ReadonlyMap<number, string>>();

/** The kernel's name of a system call (`newfstatat`, `pread64`); undefined for numbers not in the table. `arch` as process.arch. */
export function syscallName(nr: number, arch: Arch): string | undefined {
  let table = names.get(arch);
  if (table === undefined) {
    table = byNumber(TABLES[arch]);
    names.set(arch, table);
  }
  return table.get(nr);
}

function byNumber(table: SyscallTable): Map<number, string> {
  const found = new Map<number, string>();
  for (const [first, run] of table) {
    for (const [index, name] of run.split(/\s+/).entries()) found.set(first + index, name);
  }
  return found;
}
