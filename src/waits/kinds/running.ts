import { stateFact } from '../facts.ts';
import { inFrames, type Resolver, waitOf } from '../wait.ts';

/** Waits that the kernel breaks off every few milliseconds, and begins again. */
const RESTLESS = /^__break_lease$/;

/** On a CPU or waiting for one: not blocked at all. */
export const running: Resolver = (context) => {
  const { evidence, thread } = context;
  if (thread.state !== 'R') return undefined;
  // Woken for a moment, to look again whether its wait is over.
  if (inFrames(thread, RESTLESS, 3)) return undefined;
  const call = thread.syscallName;
  return waitOf(context, {
    kind: 'running',
    point: call === undefined ? 'running' : `running, in ${call}`,
    idle: 'running',
    killable: true,
    facts: stateFact(evidence, thread),
  });
};
