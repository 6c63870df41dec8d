import type { Key } from '../keys.ts';
import type { Outcome } from '../outcome.ts';
import type { Source } from '../source.ts';
import type { Bundle } from './manifest.ts';

const ABSENT: Outcome = { kind: 'skipped', why: 'not in the capture' };

/** A bundle as a source: every question is answered at once, with what was read at the same look. */
export function replay({ manifest, files }: Bundle): Source {
  const byLook = new Map<string, Outcome>();
  for (const { key, look, outcome, file } of manifest.records) {
    const full: Outcome =
      outcome.kind === 'text'
        ? { ...outcome, text: (file === undefined ? undefined : files.get(file)) ?? '' }
        : outcome;
    byLook.set(`${look}:${key}`, full);
  }
  // What was read at one look and asked for again at a later one stands as it was read.
  const answer = (key: Key, round: number): Outcome => {
    for (let look = round; look >= 0; look--) {
      const outcome = byLook.get(`${look}:${key}`);
      if (outcome !== undefined) return outcome;
    }
    return ABSENT;
  };
  return {
    startedAt: manifest.startedAt,
    now: answer,
    elapsedMs: (round) => manifest.lookTimes[round] ?? 0,
    pause: () => Promise.resolve(),
    fetch: (keys, round) => Promise.resolve(new Map(keys.map((key) => [key, answer(key, round)]))),
  };
}
