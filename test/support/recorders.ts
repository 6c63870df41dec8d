import { describe } from 'vitest';
import { preflightTools } from '../../src/trace/record/preflight/tools.ts';

/** Why these cannot record here, in sentences; '' where they can. */
export async function whyNoRecording(
  needed: { readonly strace: boolean; readonly perf: boolean } = { strace: true, perf: true },
): Promise<string> {
  const { refusals } = await preflightTools({ ...needed, wholePerf: needed.perf });
  return refusals.map(({ message }) => message).join(' ');
}

/** `describe` of what needs something: where that is missing, its tests are skipped, and their title says why. */
export function describeUnless(why: string, title: string, tests: () => void): void {
  describe.skipIf(why !== '')(why === '' ? title : `${title} (${why})`, tests);
}
