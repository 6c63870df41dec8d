import type { ThreadEvidence } from '../../evidence/thread.ts';
import { lineFact, pointFacts } from '../facts.ts';
import { classifyFrames } from '../frames/index.ts';
import { edge, thing } from '../nodes.ts';
import { frozenCgroup, unseenCgroup } from '../objects/cgroup.ts';
import { inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Up to 5.19: a sleeper that the v1 freezer counts as frozen where it is, and which stays S (include/linux/sched.h). */
const PF_FREEZER_SKIP = 0x4000_0000;

/** Held by a cgroup freezer: v1 shows D, v2 shows S in the signal code. */
export const frozen: Resolver = (context) => {
  const { evidence, thread, node } = context;
  // From 6.1 on a v1-frozen task keeps the frames of the sleep it was in, and turns D; older kernels show the freezer itself.
  const isInFreezer = () =>
    (thread.cgroups.find(({ controllers }) => controllers.includes('freezer'))?.path ?? '/') !== '/';
  const skipped = thread.state === 'S' && ((thread.stat?.flags ?? 0) & PF_FREEZER_SKIP) !== 0;
  const v1 =
    (thread.state === 'D' && inFrames(thread, /^__refrigerator$/, 1)) ||
    ((thread.state === 'D' || skipped) && isInFreezer());
  const v2 = inFrames(thread, /^(?:get_signal|do_freezer_trap)$/, 1);
  // Without any frame (5.10 without root) the cgroup alone can tell; asked only of tasks that show nowhere to sleep.
  const blind =
    evidence.world.peek(thread.path('wchan')) !== undefined &&
    thread.frames.length === 0 &&
    (thread.state === 'S' || thread.state === 'D');
  // A stop inside a frozen cgroup: SIGCONT does nothing before the thaw.
  const stopped = thread.state === 'T';
  if (!v1 && !v2 && !blind && !stopped) return undefined;
  const trapped = v2 && thread.state === 'S';
  const found = frozenCgroup(evidence, thread.path('cgroup'), thread.cgroups, trapped);
  if (found === undefined) return trapped ? bySomething(context) : undefined;
  // What a v1 freezer waits for itself is in D by its own doing, among others that are in D since they are frozen.
  if (found.version === 1 && !found.complete && thread.state === 'D' && !isFreezable(thread))
    return undefined;
  const { cgroup, facts, version, own } = found;
  // A path may hold whatever a file name can.
  const all = found.frozen.join('\0');
  const name = `cgroup ${cgroup}`;
  const how = own ? 'its own cgroup is frozen' : 'an ancestor of its cgroup is frozen';
  return waitOf(context, {
    kind: 'frozen',
    point: `frozen by the cgroup v${version} freezer`,
    subsystem: 'freezer',
    facts: [...pointFacts(evidence, thread), ...facts],
    killable: version === 2,
    detail: { cgroup, version, own, frozen: all },
    hops: [{ edges: [edge(node, thing('cgroup', cgroup, name), 'frozen by', name, how, facts)] }],
  });
};

/** Does it sleep where the freezer can take it: in its own trap, or in a sleep that would be interruptible? */
function isFreezable(thread: ThreadEvidence): boolean {
  if (thread.frames.length === 0 || inFrames(thread, /^__refrigerator$/, 1)) return true;
  const syscall = thread.syscallName;
  const context = { state: 'S', comm: thread.comm, ...(syscall === undefined ? {} : { syscall }) };
  return classifyFrames(thread.frames, context).benign === true;
}

/** In the trap of the v2 freezer, by a cgroup of which nothing can be read from here. */
function bySomething(context: WaitContext) {
  const { evidence, thread, node } = context;
  const path = unseenCgroup(evidence, thread.cgroups);
  if (path === undefined) return undefined;
  const facts = [...pointFacts(evidence, thread), ...lineFact(evidence, thread.path('cgroup'), '0:')];
  const to = thing('cgroup', path, `cgroup ${path}, of which nothing can be read from here`);
  const how = 'it sleeps in the signal code, as only a frozen task does';
  return waitOf(context, {
    kind: 'frozen',
    point: 'frozen by the cgroup v2 freezer',
    subsystem: 'freezer',
    facts,
    killable: true,
    detail: { version: 2, unseen: path },
    hops: [{ edges: [edge(node, to, 'frozen by', `cgroup ${path}`, how, facts, 'likely')] }],
  });
}
