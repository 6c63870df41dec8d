import { readFileSync } from 'node:fs';
import { arch, hostname, release } from 'node:os';
import { type Arch, syscallName, tableFor } from '../../../procfs/syscall-names.ts';
import type { PerfHeader } from '../../perf/batch.ts';
import { Kallsyms } from '../../perf/kallsyms.ts';

/** uname -m, as perf tells it, and process.arch. */
const ARCHES: ReadonlyMap<string, Arch> = new Map([
  ['x86_64', 'x64'],
  ['i686', 'x64'],
  ['aarch64', 'arm64'],
]);
const MOST_NUMBERS = 1024;
/** Moments of two boots lie further apart. */
const SAME_BOOT_NS = 60_000_000_000n;

/** Names and numbers of the system calls of a host. */
export interface SyscallNames {
  readonly nameOf: (nr: number, isNarrow?: boolean) => string | undefined;
  readonly numberOf: (name: string) => number | undefined;
  /** No table is known for it: numbers stay numbers. */
  readonly unknown?: string;
}

/** Those of the machine that perf says to have recorded on; of this one where it says nothing. */
export function syscallNames(machine: string | undefined): SyscallNames {
  const known = machine === undefined ? (arch() as Arch) : ARCHES.get(machine);
  if (known === undefined) {
    return { nameOf: () => undefined, numberOf: () => undefined, unknown: machine ?? arch() };
  }
  let numbers: Map<string, number> | undefined;
  return {
    nameOf: (nr, isNarrow = false) => syscallName(nr, tableFor(known, isNarrow)),
    numberOf: (name) => {
      if (numbers === undefined) {
        numbers = new Map();
        for (let nr = 0; nr < MOST_NUMBERS; nr++) {
          const one = syscallName(nr, known);
          if (one !== undefined) numbers.set(one, nr);
        }
      }
      return numbers.get(name) ?? numbers.get(`new${name}`);
    },
  };
}

/**
 * This host's kernel symbols where the recording is of this boot: after another the functions lie elsewhere. Undefined where it
 * is not, or where its header does not tell.
 */
export function symbolsFor({
  hostname: host,
  release: kernel,
  reference,
  clock,
}: PerfHeader): Kallsyms | undefined {
  if (host !== hostname() || kernel !== release()) return undefined;
  if (clock !== 'monotonic' || reference === undefined) return undefined;
  const booted = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  const apart = reference.realNs - reference.clockNs - booted;
  if (apart > SAME_BOOT_NS || apart < -SAME_BOOT_NS) return undefined;
  try {
    const symbols = new Kallsyms(readFileSync('/proc/kallsyms'));
    return symbols.size === 0 ? undefined : symbols;
  } catch {
    return undefined;
  }
}
