import type { HostChecks } from '../../evidence/host-checks.ts';

/** `ok`; `limited`: diagnoses are still whole for most causes; `missing`: diagnoses are partial without it. */
export type CheckState = 'ok' | 'limited' | 'missing';

export interface Check {
  /** Stable name, kebab-case: a contract of `--json`. */
  readonly id: string;
  readonly state: CheckState;
  /** What was found, in a few words. */
  readonly found: string;
  /** What a diagnosis loses by it; absent when `ok`. */
  readonly cost?: string;
  /** The command that mends it; absent when `ok`, or when no command can. */
  readonly fix?: string;
}

export interface DoctorReport {
  /** `uname -r`. */
  readonly kernel: string;
  readonly checks: readonly Check[];
  /** Is something `missing`? Decides the exit code. */
  readonly essentialMissing: boolean;
}

/** The text of a file without its last newline; undefined when it could not be read. */
export function textOf(host: HostChecks, path: string): string | undefined {
  const outcome = host.files.get(path);
  return outcome?.kind === 'text' ? outcome.text.trimEnd() : undefined;
}

export function errnoOf(host: HostChecks, path: string): string | undefined {
  const outcome = host.files.get(path);
  return outcome?.kind === 'error' ? outcome.errno : undefined;
}

/** The number in a file of /proc/sys; undefined where the kernel has no such setting, or does not show it. */
export function settingOf(host: HostChecks, name: string): number | undefined {
  const text = textOf(host, `/proc/sys/${name.replaceAll('.', '/')}`);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** Bit numbers of linux/capability.h. */
const CAPABILITIES = { SYS_PTRACE: 19, SYS_ADMIN: 21, SYSLOG: 34, PERFMON: 38 } as const;

/** Is the capability in our effective set (capabilities(7))? It counts in our user namespace only. */
export function hasCapability(host: HostChecks, name: keyof typeof CAPABILITIES): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(textOf(host, '/proc/self/status') ?? '')?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(CAPABILITIES[name])) & 1n) === 1n;
}
