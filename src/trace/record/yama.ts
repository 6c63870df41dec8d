import { CAP_SYS_PTRACE, hasCapability, procText } from './proc.ts';
import { findProgram } from './tools.ts';

/** kernel.yama.ptrace_scope (Documentation/admin-guide/LSM/Yama.rst); 0 where there is no Yama. */
export function yamaScope(): number {
  const scope = Number.parseInt(procText('/proc/sys/kernel/yama/ptrace_scope') ?? '0', 10);
  return Number.isNaN(scope) ? 0 : scope;
}

/** prctl(2) by architecture, as Node calls them. */
const PRCTL: Readonly<Record<string, number>> = { x64: 157, arm64: 167 };
const PR_SET_PTRACER = 0x59616d61;

/** Whether a command that we start can let us trace it. */
export function canLetUsTrace(): boolean {
  const scope = yamaScope();
  if (scope === 0 || (scope < 3 && hasCapability(CAP_SYS_PTRACE))) return true;
  return scope === 1 && permission().length > 0;
}

/**
 * What to put before a command, where Yama lets a tracer have only its own children: strace is none of its parents, so it has
 * to name us and our children as its tracers itself. No program of the system does that but an interpreter, of which perl is in
 * every Debian and Ubuntu. Empty where it is not needed, or not possible.
 */
export function tracingPermission(): readonly string[] {
  return yamaScope() === 1 && !hasCapability(CAP_SYS_PTRACE) ? permission() : [];
}

function permission(): readonly string[] {
  const prctl = PRCTL[process.arch];
  const perl = findProgram('perl', '/usr/bin:/bin');
  if (prctl === undefined || perl === undefined) return [];
  return [
    perl,
    '-e',
    `syscall(${prctl}, ${PR_SET_PTRACER}, ${process.pid}, 0, 0, 0); exec { $ARGV[0] } @ARGV`,
  ];
}
