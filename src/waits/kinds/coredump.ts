import { lineFact, pointFacts } from '../facts.ts';
import { edge, processNode, thing, threadNode } from '../nodes.ts';
import { kernelHelpers } from '../objects/kernel-helpers.ts';
import type { WaitContext } from '../wait.ts';
import { inFrames, type Resolver, waitOf } from '../wait.ts';

const DUMPING =
  /^(?:do_coredump|vfs_coredump|coredump_wait|elf_core_dump|dump_emit|dump_user_range|coredump_pipe|coredump_write)$/;

/** Dumping core: the dumper waits for the handler behind core_pattern's pipe; all other threads wait for the dumper. */
export const coredump: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  const dumping = process.status?.coreDumping === true;
  if (inFrames(thread, DUMPING)) {
    const facts = [
      ...pointFacts(evidence, thread),
      ...lineFact(evidence, `${process.dir}/status`, 'CoreDumping:'),
    ];
    if (inFrames(thread, /^(?:anon_pipe_write|pipe_write|pipe_wait|pipe_wait_writable)$/, 2))
      return intoPipe(context, facts);
    return undefined; // into a file: what it waits for is that file's I/O, which other resolvers tell
  }
  if (!dumping || !inFrames(thread, /^(?:do_exit|coredump_task_exit|exit_mm)$/, 1)) return undefined;
  const dumper = process.threads.find((t) => inFrames(t, DUMPING));
  if (dumper === undefined) return undefined;
  const on = 'the core dump of its process';
  return waitOf(context, {
    kind: 'coredump-thread',
    point: 'exit: waits for the core dump to end',
    subsystem: 'coredump',
    facts: [...pointFacts(evidence, thread), ...lineFact(evidence, `${process.dir}/status`, 'CoreDumping:')],
    hops: [
      {
        next: { pid: process.pid, tid: dumper.tid },
        edges: [edge(node, threadNode(process, dumper), 'waits for', on, 'that thread writes the dump', [])],
      },
    ],
  });
};

function intoPipe(context: WaitContext, facts: ReturnType<typeof pointFacts>) {
  const { evidence, node, process } = context;
  const own = new Set([process.pid, ...(process.status?.nsPid ?? [])].map(String));
  // The kernel's end of the pipe is no descriptor of anybody: the handler is a helper of the kernel (child of kthreadd, and
  // no kernel thread) that reads a pipe to which no process holds the write end.
  const helpers = kernelHelpers(evidence);
  const readers = helpers.filter((p) => p.fds.some(({ target }) => target.startsWith('pipe:[')));
  // Of several crashes at once each handler was told its own: most patterns hand over the PID.
  const told = readers.length < 2 ? [] : readers.filter((p) => p.cmdline?.some((word) => own.has(word)));
  const handlers = told.length > 0 ? told : readers.length > 0 ? readers : helpers;
  const pattern = lineFact(evidence, '/proc/sys/kernel/core_pattern', '|');
  const pipe = thing('pipe', `core:${process.pid}`, 'pipe of core_pattern');
  const into = edge(
    node,
    pipe,
    'writes its core dump into',
    'pipe of core_pattern',
    'the pipe is full',
    facts,
  );
  return waitOf(context, {
    kind: 'coredump',
    point: 'core dump: write into the handler’s pipe',
    subsystem: 'coredump',
    killable: true,
    facts: [...facts, ...pattern],
    hops: handlers.slice(0, 4).map((handler) => ({
      next: { pid: handler.pid },
      edges: [
        into,
        edge(
          pipe,
          processNode(handler),
          'read by',
          'standard input of the handler',
          'a user-space helper of the kernel (child of kthreadd)',
          [...lineFact(evidence, `${handler.dir}/status`, 'PPid:'), ...pattern],
          handlers.length === 1 ? 'certain' : 'likely',
        ),
      ],
    })),
  });
}
