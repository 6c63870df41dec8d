import { CANNOT_LOOK, UserError } from '../../cli/errors.ts';
import type { LoadedTrace } from '../../trace/loaded.ts';
import { importTrace } from '../../trace/record/import/import.ts';
import { ImportError } from '../../trace/record/import/import-error.ts';

export interface ImportFlags {
  readonly 'from-strace'?: readonly string[] | undefined;
  readonly 'from-perf'?: readonly string[] | undefined;
  readonly 'clock-offset-ns'?: bigint | undefined;
}

/** Opens the recordings that the flags name. */
export function openImports(flags: ImportFlags): LoadedTrace {
  const offset = flags['clock-offset-ns'];
  try {
    return importTrace({
      strace: flags['from-strace'] ?? [],
      perf: flags['from-perf'] ?? [],
      ...(offset === undefined ? {} : { clockOffsetNs: offset }),
    });
  } catch (error) {
    throw error instanceof ImportError ? new UserError(CANNOT_LOOK, error.message) : error;
  }
}
