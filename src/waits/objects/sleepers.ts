import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { ThreadEvidence } from '../../evidence/thread.ts';
import { parseStack } from '../../procfs/stack.ts';
import { parseWchan } from '../../procfs/wchan.ts';

/** Wait channels of an interruptible sleep inside the kernel's file code, from which locks can be held. */
const DEEP = /^(?:request_wait_answer|fuse_|rpc_|nfs|folio_wait|filemap_|wait_on_page|p9_|wait_for_response)/;
/** Processes with more threads are looked at by their main thread only. */
const MOST_THREADS = 512;

export interface Sleeper {
  readonly process: ProcessEvidence;
  readonly thread: ThreadEvidence;
}

/**
 * Tasks of the whole host that sleep where a kernel lock may be held: in D, or for an answer that a file system waits for.
 * A wait channel a task is read for it, so it is asked only when a lock's holder is sought.
 */
export function deepSleepers(evidence: Evidence): Sleeper[] {
  const found: Sleeper[] = [];
  for (const [pid, status] of evidence.host.statuses) {
    if (!/[DS]/.test(status.state)) continue;
    const tids = status.threads > 1 && status.threads <= MOST_THREADS ? listed(evidence, pid) : [pid];
    const deep = tids.filter((tid) => {
      if (tid === pid && status.state === 'D') return true;
      return DEEP.test(sleepsIn(evidence, tid === pid ? `/proc/${pid}` : `/proc/${pid}/task/${tid}`));
    });
    if (deep.length === 0) continue;
    const process = evidence.process(pid);
    for (const tid of deep) {
      const thread = process?.thread(tid);
      if (process !== undefined && thread !== undefined) found.push({ process, thread });
    }
  }
  return found;
}

/** The function that a task sleeps in: its wait channel is cheap to read, but 5.10 says 0 there for every sleeper. */
function sleepsIn({ world }: Evidence, dir: string): string {
  const wchan = world.text(`${dir}/wchan`);
  if (wchan === undefined) return '';
  return parseWchan(wchan) ?? world.parsed(`${dir}/stack`, parseStack)?.[0]?.name ?? '';
}

function listed(evidence: Evidence, pid: number): number[] {
  return (evidence.world.text(`/proc/${pid}/task/`) ?? '')
    .split('\n')
    .map(Number)
    .filter((tid) => tid > 0);
}
