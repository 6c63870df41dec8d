import type { SyscallEvent } from '../../event.ts';
import type { DescriptorKind } from './kind.ts';
import type { Table } from './table.ts';

/** By the type of a descriptor that was there before anybody looked. */
const BY_TYPE: Readonly<Record<string, DescriptorKind>> = {
  S_IFIFO: 'pipe',
  S_IFSOCK: 'socket',
  S_IFREG: 'file',
  S_IFDIR: 'directory',
};
/** Major numbers of terminals: admin-guide/devices.txt, TTY and Unix98 PTY slaves. */
const TERMINALS: ReadonlySet<number> = new Set([4, 136, 137, 138, 139, 140, 141, 142, 143]);
const MOST_MET = 64;

/** What fstat says of a descriptor whose making nobody saw. */
export function meet(table: Table, event: SyscallEvent): void {
  const [, digits, type, major] =
    /^(\d{1,9}), (?:"", )?\{st_mode=(S_IF[A-Z]+)\|[^}]*?(?:st_rdev=makedev\((\w+),|\}|$)/.exec(event.args) ??
    [];
  const terminal = type === 'S_IFCHR' && TERMINALS.has(Number(major));
  const kind = terminal ? 'device' : BY_TYPE[type ?? ''];
  if (digits === undefined || kind === undefined || table.slots.has(Number(digits))) return;
  table.met ??= new Map();
  if (table.met.size < MOST_MET) table.met.set(Number(digits), kind);
}
