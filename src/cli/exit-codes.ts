import type { Severity } from '../rules/rule.ts';

/** What the exit status says: a contract that runbooks branch on (see README). */
export const EXIT = {
  /** Nothing wrong at or above `--fail-on`. */
  OK: 0,
  /** A finding at or above `--fail-on`. */
  FOUND: 1,
  /** Usage error, no such process, could not look, or could not tell. */
  FAILED: 2,
} as const;

/** Those beyond EXIT are 128 + SIGHUP, 128 + SIGINT, 128 + SIGTERM, as shells have it. */
export type ExitCode = 0 | 1 | 2 | 129 | 130 | 143;

/** From the highest bar to the lowest, `never` beyond all. */
export const FAIL_ON = ['critical', 'warning', 'info', 'never'] as const;
export type FailOn = (typeof FAIL_ON)[number];

/** What a diagnosing command's exit code needs to know of its results. */
type Result =
  | {
      readonly diagnosis: {
        readonly findings: readonly { readonly severity: Severity }[];
        /** `unknown`: what it waits for could not be told, so that it is not known to be healthy. */
        readonly verdict?: { readonly state: string };
      };
    }
  | { readonly error: unknown };

/** One target of which nothing can be told outweighs findings in the others: the answer is not whole. */
export function exitCode(results: readonly Result[], failOn: FailOn): ExitCode {
  if (results.some((result) => 'error' in result || result.diagnosis.verdict?.state === 'unknown'))
    return EXIT.FAILED;
  const found = results.flatMap((result) => ('diagnosis' in result ? result.diagnosis.findings : []));
  const bar = FAIL_ON.indexOf(failOn);
  const over = failOn !== 'never' && found.some(({ severity }) => FAIL_ON.indexOf(severity) <= bar);
  return over ? EXIT.FOUND : EXIT.OK;
}
