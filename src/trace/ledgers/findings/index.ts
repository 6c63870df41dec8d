import type { TraceFinding } from '../../finding.ts';
import type { Context } from './context.ts';
import {
  findDescriptorLeaks,
  findDescriptorLimits,
  findInherited,
  findUnnumberedLeaks,
} from './descriptors.ts';
import { findLeftFiles } from './files.ts';
import { findMemoryLeaks, findThreadLeaks } from './growth.ts';
import { findProcessLimits } from './processes.ts';
import { findZombies } from './reaping.ts';
import { findBlocked, findIgnored } from './signals.ts';
import { findInstanceLimit, findStaleEpoll, findWatchLimit } from './watches.ts';

/** Limits first: what has failed outranks what will. */
const RULES: readonly ((context: Context) => TraceFinding[])[] = [
  findDescriptorLimits,
  findProcessLimits,
  findWatchLimit,
  findInstanceLimit,
  findDescriptorLeaks,
  findUnnumberedLeaks,
  findThreadLeaks,
  findMemoryLeaks,
  findZombies,
  findLeftFiles,
  findStaleEpoll,
  findInherited,
  findIgnored,
  findBlocked,
];

const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** What the ledgers show to be wrong, the worst first. */
export function findingsOfLedgers(context: Context): TraceFinding[] {
  const found = RULES.flatMap((find) => find(context));
  return SEVERITIES.flatMap((severity) => found.filter((finding) => finding.severity === severity));
}
