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
  /** Takes hold of a process as long as it lasts, so that a number that is given to another is noticed. */
  hold?(pid: number): void;
  /** False when a process that was taken hold of has ended since. */
  holds?(pid: number): boolean;
  /** Milliseconds since the source was opened; a bundle gives back what was recorded for the end of that round. */
  elapsedMs(round: number): number;
  /** Where the proc file system is that `/proc` stands for in keys, where it is another (`--proc`). */
  readonly proc?: string;
  /** Wall clock of the first look, ISO 8601. */
  readonly startedAt: string;
}
