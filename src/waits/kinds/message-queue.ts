import { links } from '../../evidence/keys.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { parseFdLinks } from '../../procfs/fd-links.ts';
import { fact, fdFact, partFact, pointFacts, stateFact } from '../facts.ts';
import { edge, processNode, thing } from '../nodes.ts';
import { type Hop, inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** msgsnd and mq_send, asleep: the queue is full, and whoever should receive from it does not. To receive is no trouble. */
export const messageQueue: Resolver = (context) => {
  const { evidence, thread } = context;
  if (thread.state !== 'S') return undefined;
  const name = thread.syscallName ?? '';
  const isSystemV = name === 'msgsnd' || inFrames(thread, /^(?:ksys_|do_)msgsnd$/, 2);
  const isPosix = name === 'mq_timedsend' || inFrames(thread, /^do_mq_timedsend$/, 3);
  if (!isSystemV && !isPosix) return undefined;
  const id = thread.intArgument(0);
  const posix = isPosix && id !== undefined ? posixQueue(context, id) : undefined;
  const queue = posix?.name ?? (id === undefined ? '?' : `message queue ${id}`);
  return waitOf(context, {
    kind: 'queue-write',
    point: `${name || 'msgsnd'}(${queue})`,
    killable: true,
    facts: [
      ...pointFacts(evidence, thread),
      ...(isPosix && id !== undefined ? fdFact(context.process, id) : []),
    ],
    detail: { queue },
    hops: posix?.hops ?? (id === undefined ? [] : [lastReceiver(context, id)]),
  });
};

const HOLDERS = 8;

/** A POSIX queue is a file: whoever has it open to read could receive. Elsewhere a file may have the same name. */
function posixQueue({ evidence, process, node }: WaitContext, fd: number): { name: string; hops: Hop[] } {
  const target = process.fd(fd)?.target ?? `descriptor ${fd}`;
  const name = `message queue ${target}`;
  const waits = edge(
    node,
    thing('queue', target, name),
    'waits for room in',
    name,
    'the descriptor of its system call',
    [],
  );
  const own = process.fdinfo(fd);
  const receivers = new Map<ProcessEvidence, Hop>();
  for (const holder of evidence.host.holders(target)) {
    if (holder.access === 'w' || holder.pid === process.pid) continue;
    const by = evidence.process(holder.pid);
    const theirs = by?.fdinfo(holder.fd);
    if (by === undefined || receivers.has(by) || theirs?.mntId !== own?.mntId || theirs?.ino !== own?.ino)
      continue;
    const facts = [fact(`/proc/${by.pid}/fd/${holder.fd}`, holder.target), ...stateFact(evidence, by)];
    const how = 'it has the queue open to receive';
    receivers.set(by, {
      next: { pid: by.pid },
      anyOf: true,
      edges: [
        waits,
        edge(waits.to, processNode(by), 'to be read by', `fd ${holder.fd}`, how, facts, 'likely'),
      ],
    });
  }
  const hops = [...receivers.values()].slice(0, HOLDERS);
  return { name, hops: hops.length > 0 ? hops : [{ edges: [waits] }] };
}

/** A System V queue has no descriptors: who received from it last is the one that should do so again. */
function lastReceiver({ evidence, process, node }: WaitContext, id: number): Hop {
  const name = `message queue ${id}`;
  const queue = thing('queue', `msg:${id}`, name);
  const own = evidence.world
    .parsed(links('/proc/self/ns'), parseFdLinks)
    ?.find((link) => link.name === 'ipc')?.target;
  const theirs = process.namespace('ipc');
  // The file tells of the queues of our own namespace.
  const isElsewhere = own === undefined || theirs === undefined || own !== theirs;
  const path = '/proc/sysvipc/msg';
  const line = isElsewhere
    ? undefined
    : new RegExp(`^ *-?\\d+ +${id} +\\d+ +\\d+ +(\\d+) +\\d+ +(\\d+) `, 'm').exec(
        evidence.world.text(path) ?? '',
      );
  const proof =
    line === null || line === undefined
      ? []
      : partFact(
          evidence,
          path,
          new RegExp(`^ *-?\\d+ +(${id} .*)$`, 'm'),
          `${line[1]} messages; last sender, last receiver`,
        );
  const waits = edge(node, queue, 'waits for room in', name, 'its system call', proof);
  const by = evidence.process(Number(line?.[2] ?? 0));
  if (by === undefined || by === process) return { edges: [waits] };
  const how = 'it was the last to receive from it, and a queue does not name its receivers';
  return {
    next: { pid: by.pid },
    anyOf: true,
    edges: [
      waits,
      edge(queue, processNode(by), 'to be read by', name, how, stateFact(evidence, by), 'likely'),
    ],
  };
}
