import { pathOf } from '../../evidence/keys.ts';
import { fact, pointFacts, stateFact } from '../facts.ts';
import { edge, processNode, strangerNode, thing } from '../nodes.ts';
import { callTarget } from '../objects/call-target.ts';
import { memoryHolders } from '../objects/memory-lock.ts';
import { type Hop, inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Readers under exec_update_lock (fs/proc/base.c, array.c; kernel/ptrace.c). */
const EXEC_LOCK =
  /^(?:do_task_stat|proc_tgid_stat|proc_tid_stat|proc_pid_\w+|lock_trace|ptrace_may_access|mm_access|proc_mem_open|__mem_open|proc_ns_readlink|proc_ns_get_link|proc_fd_access_allowed|proc_fd_link|do_io_accounting|proc_exe_link|proc_cwd_link|proc_root_link|map_files_\w+|ptrace_attach)$/;

/** Readers under mmap_lock of another process. */
const MMAP_LOCK =
  /^(?:__access_remote_vm|access_remote_vm|get_mm_cmdline|get_cmdline|environ_read|m_start|m_next|show_smaps_rollup|smap_gather_stats|pagemap_read|proc_map_files_\w+|get_user_pages_remote|process_vm_rw\w*)$/;

/** A victim: hangs reading /proc of another process, which is stuck in execve or whose mmap_lock is held. */
export const procReader: Resolver = (context) => {
  const { evidence, thread } = context;
  const { state } = thread;
  if (state !== 'D' && state !== 'S') return undefined;
  const mmap = inFrames(thread, MMAP_LOCK, 1);
  const exec = !mmap && inFrames(thread, EXEC_LOCK, 2) && !inFrames(thread, /^proc_pid_cmdline_read$/, 2);
  // A page fault below get_user_pages_remote makes it the holder of the lock, not one who waits for it.
  if (!exec && !mmap) return undefined;
  const call = callTarget(context);
  const pid = victimOf(context, call.path);
  const lock = exec ? 'exec_update_lock' : 'mmap_lock';
  const facts = [...pointFacts(evidence, thread), ...call.facts];
  return waitOf(context, {
    kind: 'proc-reader',
    point: `${thread.syscallName ?? 'read'}: ${lock} of ${pid ?? 'another process'}`,
    subsystem: exec ? 'rwsem' : 'mmap-lock',
    killable: true,
    facts,
    hops: exec ? execHops(context, pid) : mmapHops(context, pid),
    detail: { lock, ...(pid === undefined ? {} : { of: pid }) },
  });
};

/** Whose /proc entry it reads: by the path of its descriptor or call, or by the pid argument. */
function victimOf({ thread }: WaitContext, path: string | undefined): number | undefined {
  const match = path === undefined ? null : /^\/proc\/(\d+)(?:\/|$)/.exec(path);
  if (match?.[1] !== undefined) return Number(match[1]);
  if (/^process_vm_|^ptrace$|^kcmp$|^get_robust_list$/.test(thread.syscallName ?? '')) {
    return thread.intArgument(thread.syscallName === 'ptrace' ? 1 : 0);
  }
  return undefined;
}

function execHops({ evidence, node }: WaitContext, pid: number | undefined): Hop[] {
  const silent = evidence.host.silent;
  const owners = pid !== undefined ? [pid] : silent;
  return owners.slice(0, 4).map((owner) => {
    const by = evidence.process(owner);
    const to = by === undefined ? strangerNode(owner, '') : processNode(by);
    const lock = thing('lock', `exec_update_lock:${owner}`, `exec_update_lock of ${owner}`);
    const silence = evidence.host.silence(owner);
    const proof = silence === undefined ? [] : [fact(pathOf(silence.key), '', 'does not answer us either')];
    const sure = pid !== undefined || silent.length === 1 ? 'likely' : 'possible';
    return {
      next: { pid: owner },
      edges: [
        edge(node, lock, 'waits for', lock.name, 'it reads a file of that process', []),
        edge(
          lock,
          to,
          'held by',
          lock.name,
          'execve holds it until the old memory and descriptors are gone',
          [...proof, ...(by === undefined ? [] : stateFact(evidence, by))],
          pid !== undefined ? 'certain' : sure,
        ),
      ],
    };
  });
}

function mmapHops({ evidence, process, thread, node }: WaitContext, pid: number | undefined): Hop[] {
  const owner = pid === undefined ? undefined : evidence.process(pid);
  const lock = thing('lock', `mmap_lock:${pid ?? '?'}`, `mmap_lock of ${pid ?? 'another process'}`);
  const waits = edge(node, lock, 'waits for', lock.name, 'it reads that process’s memory', []);
  if (owner === undefined) return [{ edges: [waits] }];
  const holders = memoryHolders(evidence, owner).filter(
    (h) => h.thread.tid !== thread.tid || h.process.pid !== process.pid,
  );
  if (holders.length === 0) {
    const of = edge(
      lock,
      processNode(owner),
      'belongs to',
      lock.name,
      'whose memory it is',
      stateFact(evidence, owner),
      'likely',
    );
    return [{ next: { pid: owner.pid }, edges: [waits, of] }];
  }
  return holders.slice(0, 4).map((holder) => ({
    next: { pid: holder.process.pid, tid: holder.thread.tid },
    edges: [waits, edge(lock, holder.node, 'held by', lock.name, holder.how, holder.facts, 'likely')],
  }));
}
