import { stateFact } from '../facts.ts';
import { type Resolver, waitOf } from '../wait.ts';

/** On a CPU or waiting for one: not blocked at all. */
export const running: Resolver = (context) => {
  const { evidence, thread } = context;
  if (thread.state !== 'R') return undefined;
  const call = thread.syscallName;
  return waitOf(context, {
    kind: 'running',
    point: call === undefined ? 'running' : `running, in ${call}`,
    idle: 'running',
    killable: true,
    facts: stateFact(evidence, thread),
  });
};
