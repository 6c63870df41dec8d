import type { Outcome } from '../../src/evidence/outcome.ts';
import type { FakeHost, FakeProcess, FakeThread } from './fake-host-types.ts';

export const text = (content: string): Outcome => ({ kind: 'text', text: content });
export const failed = (errno: string): Outcome => ({ kind: 'error', errno });
export const ENOENT = failed('ENOENT');

export function tasks(process: FakeProcess): (FakeThread & { tid: number })[] {
  const others = (process.threads ?? []).map((thread, index) => ({
    ...thread,
    tid: thread.tid ?? process.pid + index + 1,
  }));
  return [{ ...process, tid: process.pid }, ...others];
}

export const row = (name: string, value: string | number | undefined) =>
  value === undefined ? '' : `${name}:\t${value}\n`;

/** `6.18.44` → 6.18 as major + minor / 100, for comparisons. */
export const versionOf = ({ kernel = '6.18.44' }: FakeHost) => {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major + minor / 100;
};
