import type { Holder } from '../../evidence/host.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { fact, fdFact, lineFact, pointFacts, stateFact } from '../facts.ts';
import type { Edge, Node } from '../graph.ts';
import { edge, processNode, thing } from '../nodes.ts';
import { type Reading, readingOf } from '../objects/terminal-reader.ts';
import { type Hop, inFrames, isBlind, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Processes at the other side that are looked at. */
const SIDES = 4;

const MASTER = /^\/dev\/(?:pts\/)?ptmx$/;

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
  const masters = target === undefined ? [] : otherSide(context, target, [waits], terminal);
  return waitOf(context, {
    kind: 'tty-write',
    point,
    subsystem: 'tty',
    killable: true,
    facts,
    detail: { tty: target ?? '', reading: readingOfAll(context, masters) },
    hops: masters.length > 0 ? masters.map(({ hop }) => hop) : [{ edges: [waits] }],
  });
};

/** Who reads the other side, and by which of his descriptors. */
interface Side {
  readonly by: ProcessEvidence;
  readonly fds: Set<number>;
  readonly hop: Hop;
}

/** One that is ready is enough; that all are away takes all of them. */
function readingOfAll({ evidence }: WaitContext, sides: readonly Side[]): Reading {
  const all = sides.map(({ by, fds }) => readingOf(evidence, by, fds));
  if (all.includes('ready')) return 'ready';
  return all.length > 0 && sides.length < SIDES && all.every((each) => each === 'away') ? 'away' : 'unknown';
}

/**
 * Who reads what is written: of /dev/pts/N the terminal emulator, sshd or multiplexer that holds its master, of a master
 * those that hold the terminal. fdinfo of /dev/ptmx has `tty-index: N`.
 */
function otherSide(
  { evidence, process, thread }: WaitContext,
  target: string,
  before: readonly Edge[],
  terminal: Node,
): Side[] {
  const index = /^\/dev\/pts\/(\d+)$/.exec(target)?.[1];
  const sides: Side[] = [];
  const add = (holder: Holder, how: string, on: string) => {
    const by = evidence.process(holder.pid);
    if (by === undefined) return;
    const known = sides.find((side) => side.by === by);
    if (known !== undefined) {
      known.fds.add(holder.fd);
      return;
    }
    const line = index === undefined ? [] : lineFact(evidence, by.fdinfoPath(holder.fd), 'tty-index:');
    const facts = [
      fact(`/proc/${by.pid}/fd/${holder.fd}`, holder.target),
      ...line,
      ...stateFact(evidence, by),
    ];
    const last = edge(terminal, processNode(by), 'read by', `${on}, fd ${holder.fd}`, how, facts);
    const hop = { next: { pid: by.pid }, soft: true, edges: [...before, last] };
    sides.push({ by, fds: new Set([holder.fd]), hop });
  };
  if (index !== undefined) {
    for (const holder of evidence.host.holdersWhere((path) => MASTER.test(path))) {
      const tty = evidence.process(holder.pid)?.fdinfo(holder.fd)?.ttyIndex;
      if (String(tty ?? '') === index) add(holder, 'it holds the terminal’s master', 'its master');
    }
  } else if (MASTER.test(target)) {
    const own = process.fdinfo(thread.intArgument(0) ?? -1)?.ttyIndex;
    const holders = own === undefined ? [] : evidence.host.holders(`/dev/pts/${own}`);
    for (const holder of holders) add(holder, 'it has the terminal open', 'the terminal');
  }
  // Inherited by the writer too, mostly: it is to blame only when nobody else could read.
  const others = sides.filter(({ by }) => by !== process);
  return (others.length > 0 ? others : sides).slice(0, SIDES);
}
