import { pointFacts } from '../facts.ts';
import { classifyFrames } from '../frames/index.ts';
import { type Resolver, waitOf } from '../wait.ts';

/**
 * A sleep that no other resolver knows. An interruptible one is told with what was seen: where the vocabulary of frames
 * knows it as healthy it is called so, else it stays unknown.
 */
export const unknown: Resolver = (context) => {
  const { evidence, process, thread } = context;
  const name = thread.syscallName;
  const facts = pointFacts(evidence, thread);
  const restarted = name === 'restart_syscall';
  const named = classifyFrames(thread.frames, {
    state: thread.state,
    comm: thread.comm,
    kthread: process.isKernelThread,
    ...(name === undefined ? {} : { syscall: name }),
  });
  const healthy = thread.state === 'S' && (named.benign === true || restarted);
  const where = thread.frames[0] ?? name ?? 'a place that cannot be seen from here';
  return waitOf(context, {
    kind: healthy ? 'sleep' : 'unknown',
    point: restarted
      ? 'a timed sleep that was restarted (restart_syscall)'
      : [name, named.subsystem === 'unknown' ? where : named.waitsFor]
          .filter((part) => part !== undefined)
          .join(': '),
    ...(named.subsystem === 'unknown' ? {} : { subsystem: named.subsystem }),
    ...(healthy ? { idle: restarted ? 'idle-timer' : 'idle-other' } : {}),
    facts,
  });
};
