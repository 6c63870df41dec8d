import { decimal } from './text.ts';

export interface KernelRelease {
  readonly major: number;
  readonly minor: number;
  /** Of the stable series; 0 where the release has none. Distributions backport: never a proof of what is in it. */
  readonly patch: number;
}

/** `uname -r`, /proc/sys/kernel/osrelease: `6.1.0-18-amd64`, `6.18.44`, `7.2-rc1`. */
export function parseKernelRelease(text: string): KernelRelease | undefined {
  const match = /^(\d{1,5})\.(\d{1,5})(?:\.(\d{1,9}))?(?!\d)/.exec(text.trim());
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: decimal(match[3]) ?? 0 };
}
