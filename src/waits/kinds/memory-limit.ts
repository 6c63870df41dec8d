import { pointFacts } from '../facts.ts';
import { edge, thing } from '../nodes.ts';
import { memoryHigh, pausedOom } from '../objects/memory-limit.ts';
import { inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Up to 7.1 without the underscores. */
const OVER_HIGH = /^(?:__)?mem_cgroup_handle_over_high$/;
const PAUSED = /^mem_cgroup_oom_synchronize$/;

/** Kept from going on by the memory limit of its cgroup: slowed down above memory.high (v2), or out of memory (v1). */
export const memoryLimit: Resolver = (context) => {
  const { thread } = context;
  if (thread.state !== 'D') return undefined;
  if (inFrames(thread, OVER_HIGH, 3)) return overHigh(context);
  return inFrames(thread, PAUSED, 3) ? outOfMemory(context) : undefined;
};

function overHigh(context: WaitContext) {
  const { evidence, process, thread, node } = context;
  const limit = memoryHigh(evidence, thread.path('cgroup'), process.cgroups);
  const on = limit?.file ?? 'memory.high';
  const to =
    limit === undefined
      ? thing('kernel', `memcg-throttle:${thread.tid}`, 'kernel: memcg-throttle')
      : thing('cgroup', limit.cgroup, `cgroup ${limit.cgroup}`);
  const how =
    limit === undefined
      ? 'by its frames; which cgroup could not be read'
      : `it has ${megabytes(limit.currentBytes)}, and ${on} is ${megabytes(limit.limitBytes)}`;
  return waitOf(context, {
    kind: 'memory-high',
    point: `a pause of up to 2 s for each bit of memory above ${on}`,
    subsystem: 'memcg-throttle',
    killable: true,
    // It sleeps, gets on by some pages, and sleeps again.
    restless: true,
    facts: pointFacts(evidence, thread),
    hops: [{ edges: [edge(node, to, 'throttled by', on, how, limit?.facts ?? [])] }],
  });
}

function outOfMemory(context: WaitContext) {
  const { evidence, process, thread, node } = context;
  const paused = pausedOom(evidence, thread.path('cgroup'), process.cgroups);
  const to =
    paused === undefined
      ? thing('kernel', `memcg-throttle:${thread.tid}`, 'kernel: memcg-throttle')
      : thing('cgroup', paused.cgroup, `cgroup ${paused.cgroup}`);
  const how =
    paused === undefined
      ? 'by its frames; which cgroup could not be read'
      : 'it is out of memory, and its OOM killer is switched off';
  return waitOf(context, {
    kind: 'memory-oom',
    point: 'a page fault: memory of its cgroup',
    subsystem: 'memcg-throttle',
    killable: true,
    facts: pointFacts(evidence, thread),
    hops: [{ edges: [edge(node, to, 'waits for memory of', 'memory', how, paused?.facts ?? [])] }],
  });
}

const megabytes = (bytes: number) => `${Number((bytes / 2 ** 20).toPrecision(3))} MB`;
