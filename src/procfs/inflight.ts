import { decimal, words } from './text.ts';

/** /sys/class/block/X/inflight, Documentation/ABI/stable/sysfs-block: requests given to the device and not finished. */
export interface Inflight {
  readonly reads: number;
  readonly writes: number;
}

/** Undefined: cut. */
export function parseInflight(text: string): Inflight | undefined {
  const [reads, writes] = words(text.trimEnd()).map(decimal);
  return reads === undefined || writes === undefined ? undefined : { reads, writes };
}
