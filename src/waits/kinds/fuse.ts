import { pointFacts } from '../facts.ts';
import { callTarget } from '../objects/call-target.ts';
import { fuseHops } from '../objects/fuse-daemon.ts';
import { isOnly, suspects } from '../objects/fuse-mounts.ts';
import { isFuse } from '../objects/mount.ts';
import { inFrames, type Resolver, waitOf } from '../wait.ts';

/** A request to a FUSE file system that its daemon has not answered: S, or D once the waiter was killed. */
export const fuse: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  const inRequest =
    inFrames(
      thread,
      /^(?:request_wait_answer|fuse_chan_send|_fuse_request|_fuse_request_send|__fuse_request|__fuse_request_send|_fuse_simple_request|__fuse_simple_request|fuse_dax_break_layouts|fuse_request_alloc|fuse_get_req|__fuse_get_req)$/,
      2,
    ) && !inFrames(thread, /^(?:fuse_dev_do_read|fuse_dev_do_write)$/, 2);
  if (!inRequest) return undefined;
  const call = callTarget(context);
  const named = call.mount !== undefined && isFuse(call.mount) ? call.mount : undefined;
  const facts = [...pointFacts(evidence, thread), ...call.facts];
  const candidates = named === undefined ? suspects(context, call.path !== undefined) : [named];
  const how =
    named === undefined
      ? 'a FUSE connection that it may wait for'
      : (call.guess?.how ?? 'its system call is about this mount');
  const sure =
    named !== undefined
      ? (call.guess?.confidence ?? 'certain')
      : isOnly(process, candidates)
        ? 'likely'
        : 'possible';
  const where = candidates.length === 1 ? ` on ${candidates[0]?.mountPoint}` : '';
  return waitOf(context, {
    kind: 'fuse',
    point: `${thread.syscallName ?? 'kernel'}: FUSE request${where}`,
    subsystem: 'fuse',
    // Interruptible until the daemon has taken the request; not killable afterwards (fs/fuse/dev.c).
    ...(thread.state === 'D' ? { killable: false } : {}),
    facts,
    hops: candidates.flatMap((mount) => fuseHops(evidence, process, node, mount, how, sure)),
  });
};
