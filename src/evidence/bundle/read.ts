import type { Source } from '../source.ts';
import { readBundle } from './files.ts';
import type { BundleOptions } from './manifest.ts';
import { replay } from './replay.ts';

/** A capture as a source, with whom it was made of and how it was looked at then. */
export interface BundleSource extends Source {
  readonly targets: readonly number[];
  readonly options: BundleOptions;
}

/** Opens a capture bundle (directory or archive). @throws BundleError for what is none. */
export async function openBundle(path: string): Promise<BundleSource> {
  const bundle = await readBundle(path);
  const { targets, options } = bundle.manifest;
  return { ...replay(bundle), targets, options };
}
