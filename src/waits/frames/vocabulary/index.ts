import type { Vocabulary } from '../rule.ts';
import { block } from './block.ts';
import { core } from './core.ts';
import { devices } from './devices.ts';
import { kthreads } from './kthreads.ts';
import { localFs } from './local-fs.ts';
import { locks } from './locks.ts';
import { memory } from './memory.ts';
import { network } from './network.ts';
import { networkFs } from './network-fs.ts';
import { processes } from './process.ts';
import { scheduler } from './scheduler.ts';
import { sleeps } from './sleeps.ts';
import { storage } from './storage.ts';

/** All rows; where two name the same function, the first counts. */
export const vocabulary = (): Vocabulary => [
  ...scheduler(),
  ...locks(),
  ...kthreads(),
  ...processes(),
  ...sleeps(),
  ...core(),
  ...memory(),
  ...block(),
  ...networkFs(),
  ...localFs(),
  ...storage(),
  ...network(),
  ...devices(),
];
