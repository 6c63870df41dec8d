import type { ProcessEvidence } from '../../evidence/process.ts';
import { parseChildren } from '../../procfs/children.ts';
import { lineFact, pointFacts } from '../facts.ts';
import { edge, processNode } from '../nodes.ts';
import { inFrames, type Resolver, waitOf } from '../wait.ts';

/** Has forked and not executed (include/linux/sched.h). */
const PF_FORKNOEXEC = 0x40;

const CLONE_VFORK = 0x4000n;

/** Parent of a vfork: suspended until the child has executed a program or exited (vfork(2)). */
export const vfork: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (thread.state !== 'D') return undefined;
  const name = thread.syscallName;
  const asked =
    name === 'vfork' ||
    (name === 'clone' && ((thread.argument(0) ?? 0n) & CLONE_VFORK) !== 0n) ||
    name === 'clone3' || // its flags are in memory; nothing else in clone3 sleeps in kernel_clone
    inFrames(thread, /^__(?:do_|x64_|arm64_)?sys_vfork$/);
  const inClone = inFrames(thread, /^(?:kernel_clone|_do_fork|do_fork|wait_for_vfork_done)$/, 2);
  if (!inClone && !(asked && thread.frames.length === 0)) return undefined;
  const own = evidence.world.parsed(process.childrenPath(thread.tid), parseChildren) ?? [];
  const children = own.map((pid) => evidence.process(pid)).filter((child) => child !== undefined);
  // The child has not executed anything yet; of several such the youngest.
  const waiting = children.filter((child) => child.state !== 'Z' && hasNotExecuted(child));
  const child = waiting.at(-1) ?? children.filter((c) => c.state !== 'Z').at(-1);
  if (child === undefined) return undefined;
  const facts = [
    ...lineFact(evidence, process.childrenPath(thread.tid), /./, 'its children'),
    ...lineFact(evidence, `${child.dir}/status`, 'PPid:'),
  ];
  return waitOf(context, {
    kind: 'vfork',
    point: `${name ?? 'vfork'}: suspended until child ${child.pid} executes a program or exits`,
    killable: true,
    facts: pointFacts(evidence, thread),
    detail: { child: child.pid },
    hops: [
      {
        next: { pid: child.pid },
        edges: [
          edge(
            node,
            processNode(child),
            'waits for',
            'execve or exit of its vfork child',
            'the child runs on the parent’s memory until then',
            facts,
            waiting.length === 1 ? 'certain' : 'likely',
          ),
        ],
      },
    ],
  });
};

const hasNotExecuted = (child: ProcessEvidence) =>
  child.stat === undefined || (child.flags & PF_FORKNOEXEC) !== 0;
