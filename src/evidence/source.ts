import type { Key } from './keys.ts';
import type { Outcome } from './outcome.ts';

/** Where evidence comes from: the live host or a capture bundle. Both give the same outcomes for the same keys. */
export interface Source {
  /**
   * Reads all `keys` as one batch and gives an outcome for each; never rejects for what a file says or does.
   * @param round 0 for the first look, 1, 2 … for later samples of the same files.
   */
  fetch(keys: readonly Key[], round: number): Promise<ReadonlyMap<Key, Outcome>>;
  /**
   * The outcome at once, for what can be read without a lock that a stuck process may hold; undefined for all else, which
   * then takes part in the next batch.
   */
  now(key: Key, round: number): Outcome | undefined;
  /** Waits between two samples; a bundle does not wait. */
  pause(milliseconds: number): Promise<void>;
  /** Milliseconds since the source was opened; a bundle gives back what was recorded for the end of that round. */
  elapsedMs(round: number): number;
  /** Wall clock of the first look, ISO 8601. */
  readonly startedAt: string;
}
