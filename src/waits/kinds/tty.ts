import { fact, fdFact, lineFact, pointFacts, stateFact } from '../facts.ts';
import { edge, processNode, thing } from '../nodes.ts';
import { type Hop, inFrames, isBlind, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Terminals: output that is stopped (Ctrl+S, or a master that does not read), and input. */
export const tty: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (thread.state === 'D') return undefined;
  const fd = thread.intArgument(0);
  const target = fd === undefined ? undefined : process.fd(fd)?.target;
  const blind = isBlind(thread) && /^\/dev\/(?:pts\/\d+|tty\w*|console)$/.test(target ?? '');
  const call = thread.syscallName ?? '';
  const write =
    (blind && /^writev?$/.test(call)) ||
    inFrames(thread, /^(?:n_tty_write|tty_wait_until_sent|tty_write|tty_write_lock|file_tty_write)$/, 4);
  const read =
    (blind && /^readv?$/.test(call)) || inFrames(thread, /^(?:n_tty_read|tty_read|n_hdlc_tty_read)$/, 4);
  if (!write && !read) return undefined;
  const facts = [...pointFacts(evidence, thread), ...(fd === undefined ? [] : fdFact(process, fd))];
  const point = `${thread.syscallName ?? (write ? 'write' : 'read')}(${fd ?? '?'}${target === undefined ? '' : `, ${target}`})`;
  if (!write)
    return waitOf(context, {
      kind: 'tty-read',
      point,
      idle: 'idle-read',
      subsystem: 'tty',
      killable: true,
      facts,
    });
  const terminal = thing('terminal', target ?? `${process.pid}`, target ?? 'the terminal');
  const waits = edge(node, terminal, 'waits for room in', terminal.name, 'the function it sleeps in', []);
  const masters = target === undefined ? [] : masterHops(context, target, [waits], terminal);
  return waitOf(context, {
    kind: 'tty-write',
    point,
    subsystem: 'tty',
    killable: true,
    facts,
    detail: { tty: target ?? '' },
    hops: masters.length > 0 ? masters : [{ edges: [waits] }],
  });
};

/** The terminal emulator, sshd or multiplexer that holds the master of /dev/pts/N: fdinfo of /dev/ptmx has `tty-index: N`. */
function masterHops(
  { evidence }: WaitContext,
  target: string,
  before: readonly ReturnType<typeof edge>[],
  terminal: ReturnType<typeof thing>,
): Hop[] {
  const index = /^\/dev\/pts\/(\d+)$/.exec(target)?.[1];
  if (index === undefined) return [];
  const hops: Hop[] = [];
  for (const holder of evidence.host.holdersWhere((path) => /^\/dev\/(?:pts\/)?ptmx$/.test(path))) {
    const by = evidence.process(holder.pid);
    if (by === undefined || String(by.fdinfo(holder.fd)?.ttyIndex ?? '') !== index) continue;
    const facts = [
      fact(`/proc/${by.pid}/fd/${holder.fd}`, holder.target),
      ...lineFact(evidence, by.fdinfoPath(holder.fd), 'tty-index:'),
      ...stateFact(evidence, by),
    ];
    hops.push({
      next: { pid: by.pid },
      soft: true,
      stopsOnly: true,
      edges: [
        ...before,
        edge(
          terminal,
          processNode(by),
          'read by',
          `its master, fd ${holder.fd}`,
          'it holds the terminal’s master',
          facts,
        ),
      ],
    });
  }
  return hops.slice(0, 4);
}
