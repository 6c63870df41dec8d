import type { Outcome } from '../outcome.ts';

/** Version of the bundle's layout. A reader refuses what is newer than it knows. */
export const BUNDLE_FORMAT = 1;

export interface BundleOptions {
  readonly depth: number;
  readonly sampleMs: number;
  readonly readMemory: boolean;
}

/** One read: what was asked, at which look, and what came of it; readable content stands in the file `file` of the bundle. */
export interface BundleRecord {
  readonly key: string;
  readonly look: number;
  readonly outcome: Exclude<Outcome, { kind: 'text' }> | { readonly kind: 'text'; readonly cut?: boolean };
  readonly file?: string;
}

/** `manifest.json` of a capture bundle. */
export interface Manifest {
  readonly format: number;
  readonly tool: { readonly name: 'procdiag'; readonly version: string };
  /** Wall clock of the first look, ISO 8601. */
  readonly startedAt: string;
  readonly targets: readonly number[];
  readonly options: BundleOptions;
  /** Milliseconds from the start to the end of each look. */
  readonly lookTimes: readonly number[];
  readonly redacted: boolean;
  readonly records: readonly BundleRecord[];
}

/** A bundle in memory: the manifest and the files by their names in it. */
export interface Bundle {
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, string>;
}
