import { pointFacts } from '../facts.ts';
import { classifyFrames } from '../frames/index.ts';
import { type Resolver, waitOf } from '../wait.ts';

/** A kernel thread that waits for work. In D it is told like everybody else. */
export const kernelThread: Resolver = (context) => {
  const { evidence, process, thread } = context;
  if (!process.isKernelThread || thread.state === 'D' || thread.state === 'R') return undefined;
  const named = classifyFrames(thread.frames, { state: thread.state, comm: thread.comm, kthread: true });
  return waitOf(context, {
    kind: 'kernel-thread',
    point:
      named.subsystem === 'unknown'
        ? `the kernel (${thread.frames[0] ?? 'idle'})`
        : `the kernel: waits for ${named.waitsFor}`,
    idle: 'idle-kthread',
    subsystem: 'kthread-idle',
    facts: pointFacts(evidence, thread),
  });
};
