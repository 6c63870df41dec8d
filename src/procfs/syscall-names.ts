import type { SyscallTable } from './syscall-table.ts';
import { SYSCALLS_ARM64 } from './syscall-table-arm64.ts';
import { SYSCALLS_I386 } from './syscall-table-i386.ts';
import { SYSCALLS_X64 } from './syscall-table-x64.ts';

/** The CPU architecture, by the names of process.arch. */
export type Arch = 'x64' | 'arm64';

/** Tables: that of the architecture, and that of programs of 32 bits on x64. */
export type Abi = Arch | 'i386' | 'none';

const TABLES: Readonly<Record<Abi, SyscallTable>> = {
  x64: SYSCALLS_X64,
  arm64: SYSCALLS_ARM64,
  i386: SYSCALLS_I386,
  none: [],
};
/** Those that were asked for: of hundreds in a table a look needs a few. */
const asked = new Map<Abi, Map<number, string>>();
const tables = new Map<Abi, ReadonlyMap<number, string>>();

/** The kernel's name of a system call (`newfstatat`, `pread64`); undefined for numbers not in the table. `arch` as process.arch. */
export function syscallName(nr: number, arch: Abi): string | undefined {
  let names = asked.get(arch);
  if (names === undefined) {
    names = new Map();
    asked.set(arch, names);
  }
  let name = names.get(nr);
  if (name === undefined) {
    name = find(TABLES[arch], nr);
    // A hostile recording has numbers without end that no table knows.
    if (name !== undefined) names.set(nr, name);
  }
  return name;
}

/** The table of a host's own programs, or of those of 32 bits (`none`: that one is not known). */
export function tableFor(arch: Arch, isNarrow: boolean): Abi {
  if (!isNarrow) return arch;
  return arch === 'x64' ? 'i386' : 'none';
}

/** All calls of a table: names by number. */
export function syscallsOf(arch: Abi): ReadonlyMap<number, string> {
  let table = tables.get(arch);
  if (table === undefined) {
    table = byNumber(TABLES[arch]);
    tables.set(arch, table);
  }
  return table;
}

function byNumber(table: SyscallTable): Map<number, string> {
  const found = new Map<number, string>();
  for (const [first, lines] of table) {
    let nr = first;
    for (const name of lines.flatMap((line) => line.split(' '))) found.set(nr++, name);
  }
  return found;
}

function find(table: SyscallTable, nr: number): string | undefined {
  const run = table.findLast(([first]) => first <= nr);
  if (run === undefined) return undefined;
  let [at] = run;
  for (const line of run[1]) {
    const names = line.split(' ');
    if (nr < at + names.length) return names[nr - at];
    at += names.length;
  }
  return undefined;
}
