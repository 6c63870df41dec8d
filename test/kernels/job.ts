import type { Look } from '../../src/lab/scene.ts';

/** What the host asks the guest to do: `job.json` in the share. */
export interface Job {
  /** Scenes to play; empty = all. */
  readonly scenes: readonly string[];
  /** Ask as the user nobody, too, who must not be told what is not so. */
  readonly asNobody: boolean;
  /** How long one may take, in milliseconds. */
  readonly sceneMs: number;
  /** Milliseconds that `probe` takes on the host: the guest compares its own time with it. */
  readonly probeMs: number;
}

/** A line of `looks.jsonl` in the share: what became of one look, or of a whole scene. */
export type Line =
  | { readonly scene: string; readonly skipped: string }
  | { readonly scene: string; readonly failed: string }
  | (LookLine & { readonly scene: string });

export interface LookLine {
  readonly role: string;
  readonly pid: number;
  /** What differs from the truth; empty when all is right. */
  readonly wrong: readonly string[];
  readonly truth: Pick<Look, 'cause' | 'alsoOk' | 'culprit' | 'culpritKind'>;
  readonly said: readonly string[];
  readonly ms: number;
}

const PROBES = 15;

/** How long starting a small program takes here, in milliseconds (median): the guest's slowness shows in it. */
export function probe(run: () => void): number {
  const times = Array.from({ length: PROBES }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[PROBES >> 1] ?? 1;
}
