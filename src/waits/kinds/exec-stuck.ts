import { type Key, links, pathOf } from '../../evidence/keys.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { Mount } from '../../procfs/mountinfo.ts';
import { fact, lineFact, stateFact } from '../facts.ts';
import { fuseHops } from '../objects/fuse-daemon.ts';
import { isOnly, suspects } from '../objects/fuse-mounts.ts';
import { isFuse } from '../objects/mount.ts';
import { type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Files that are read under exec_update_lock on one kernel or another: the first that blocks spares us the others. */
const EXEC_LOCKED: readonly ((process: ProcessEvidence) => Key)[] = [
  ({ dir }) => `${dir}/stat`,
  ({ dir }) => `${dir}/wchan`,
  ({ dir }) => `${dir}/stack`,
  ({ dir }) => `${dir}/syscall`,
  ({ fdDir }) => links(fdDir),
  ({ namespaceDir }) => links(namespaceDir),
];

/**
 * Stuck inside execve, holding exec_update_lock: known by the reads that do not come back (`stat`, `stack`, `syscall` …),
 * since none of them can say where it sleeps. What it waits for is sought among its FUSE mounts: descriptors with
 * close-on-exec are flushed there, and the new program is read from there.
 */
export const execStuck: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (!thread.isLeader) return undefined;
  const silent = EXEC_LOCKED.map((name) => name(process)).filter(
    (key) => evidence.outcome(key)?.kind === 'blocked',
  );
  if (silent.length === 0) return undefined;
  const silence = silent.map((key) =>
    fact(pathOf(key), '', 'does not answer: its readers sleep until the execve ends'),
  );
  const facts = [...stateFact(evidence, process), ...silence];
  const onFuse = closeOnExecMounts(process);
  const candidates = onFuse.length > 0 ? onFuse : suspects(context);
  const sure = onFuse.length > 0 || isOnly(process, candidates);
  const how =
    onFuse.length > 0
      ? 'execve flushes its close-on-exec descriptor on this mount'
      : 'execve closes descriptors or reads the program there';
  return waitOf(context, {
    kind: candidates.length > 0 ? 'fuse' : 'exec-stuck',
    point: 'execve, while no reader of its files gets an answer (exec_update_lock)',
    ...(candidates.length > 0 ? { subsystem: 'fuse' as const } : {}),
    facts: [...facts, ...descriptorFacts(context)],
    detail: { execStuck: true },
    hops: candidates
      .flatMap((mount) => fuseHops(evidence, process, node, mount, how, sure ? 'likely' : 'possible'))
      // A daemon that was found can be looked at: where nobody was, one may have come or gone meanwhile.
      .sort((one, other) => Number(one.next === undefined) - Number(other.next === undefined)),
  });
};

/** FUSE mounts on which the process has a close-on-exec descriptor: by fdinfo alone, which never blocks. */
function closeOnExecMounts(process: ProcessEvidence): Mount[] {
  const found = new Map<number, Mount>();
  for (const fd of process.fdNumbers.slice(0, 4096)) {
    const info = process.fdinfo(fd);
    if (info?.cloexec !== true) continue;
    const mount = process.mount(info.mntId);
    if (mount !== undefined && isFuse(mount)) found.set(mount.id, mount);
  }
  return [...found.values()];
}

function descriptorFacts({ evidence, process }: WaitContext) {
  const fds = process.fdNumbers.filter((fd) => {
    const mount = process.mount(process.fdinfo(fd)?.mntId);
    return mount !== undefined && isFuse(mount);
  });
  return fds
    .slice(0, 4)
    .flatMap((fd) => lineFact(evidence, process.fdinfoPath(fd), 'mnt_id:', `descriptor ${fd}`));
}
