import type { ProcessEvidence } from '../../evidence/process.ts';
import { maskSignals } from '../../procfs/signals.ts';
import { fdFact, lineFact, pointFacts } from '../facts.ts';
import { dataFd } from '../objects/data-fd.ts';
import { isLeftBehind, pipeEnds, pipeHops } from '../objects/pipe.ts';
import { inFrames, isBlind, type Resolver, waitOf } from '../wait.ts';

const READS = /^(?:read|readv|preadv2|splice|tee|vmsplice|sendfile|copy_file_range)$/;

const WRITES = /^(?:write|writev|pwritev2)$/;

/** Faults, SIGPIPE and SIGINT are caught by runtimes for ends of their own, 32 and 33 by glibc. */
const OF_RUNTIMES = [2, 4, 5, 6, 7, 8, 11, 13, 31, 32, 33];

/** While one thread reads, another one may write, or the handler of a signal: how loops wake themselves. */
const mayWriteMeanwhile = ({ tids, status }: ProcessEvidence) =>
  tids.length > 1 || maskSignals(status?.sigCgt ?? 0n).some((signal) => !OF_RUNTIMES.includes(signal));

/** read or write on a pipe or FIFO. */
export const pipe: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (thread.state === 'D') return undefined;
  const reading = inFrames(thread, /^(?:pipe_read|anon_pipe_read|pipe_wait_readable)$/, 2);
  const writing = inFrames(thread, /^(?:pipe_write|anon_pipe_write|pipe_wait_writable|opipe_prep)$/, 2);
  const name = thread.syscallName;
  const fd = dataFd(thread, writing ? 'to' : 'from');
  const target = fd === undefined ? undefined : process.fd(fd)?.target;
  // 5.10 without root shows no frame at all: then the call on a pipe's descriptor tells.
  const blind =
    isBlind(thread) &&
    target?.startsWith('pipe:[') === true &&
    (READS.test(name ?? '') || WRITES.test(name ?? ''));
  const opening = inFrames(thread, /^(?:wait_for_partner|fifo_open)$/, 2);
  if (!reading && !writing && !blind && !opening) return undefined;
  if (opening) {
    return waitOf(context, {
      kind: 'fifo-open',
      point: `${name ?? 'open'}: waits until somebody opens the other end of the FIFO`,
      idle: 'idle-read',
      subsystem: 'pipe',
      killable: true,
      facts: pointFacts(evidence, thread),
    });
  }
  const isRead = reading || (blind && READS.test(name ?? ''));
  const facts = [
    ...pointFacts(evidence, thread),
    ...(fd === undefined ? [] : fdFact(process, fd)),
    ...(fd === undefined ? [] : lineFact(evidence, process.fdinfoPath(fd), 'flags:')),
  ];
  const point = `${name ?? (isRead ? 'read' : 'write')}(${fd ?? '?'}${target === undefined ? '' : `, ${target}`})`;
  if (target === undefined) {
    return waitOf(context, {
      kind: isRead ? 'pipe-read' : 'pipe-write',
      point,
      subsystem: 'pipe',
      ...(isRead ? { idle: 'idle-read' } : {}),
      killable: true,
      facts,
    });
  }
  if (!isRead) {
    const ends = pipeEnds(evidence, target, 'r');
    return waitOf(context, {
      kind: 'pipe-write',
      point,
      subsystem: 'pipe',
      killable: true,
      facts,
      detail: { pipe: target, readers: ends.holders.length },
      hops: pipeHops(evidence, node, target, 'waits for room in', 'r', ends, false),
    });
  }
  const ends = pipeEnds(evidence, target, 'w');
  const self = ends.holders.some(({ process: by }) => by.pid === process.pid);
  const others = ends.holders.filter(({ process: by }) => by.pid !== process.pid);
  const left = others.filter(({ process: by }) => isLeftBehind(evidence, by, process));
  const anonymous = target.startsWith('pipe:[');
  // Who of all holders is left behind can be said of all of them only.
  const held =
    anonymous &&
    !ends.late &&
    ends.holders.length > 0 &&
    left.length === others.length &&
    (left.length > 0 || self);
  // An init adopts what is left behind, and so may be the reader itself: its own child in a session of its own looks the same.
  const maybeAdopted =
    anonymous &&
    !ends.late &&
    !self &&
    process.status?.nsPid.at(-1) === 1 &&
    others.length > 0 &&
    others.every(({ process: by }) => by.status?.ppid === process.pid && by.stat?.session === by.pid);
  const chosen = left.length > 0 && held ? left : held ? ends.holders : others;
  return waitOf(context, {
    kind: 'pipe-read',
    point,
    subsystem: 'pipe',
    idle: 'idle-read',
    killable: true,
    facts,
    detail: {
      pipe: target,
      held: held && !(self && mayWriteMeanwhile(process)),
      // By itself it would be: but it has a thread or a handler that may write.
      maybeHeld: held && self && mayWriteMeanwhile(process),
      maybeAdopted,
      self: held && others.length === 0,
      // Beside those that are left behind.
      selfToo: held && self && others.length > 0,
      writers: ends.holders.length,
    },
    hops: pipeHops(
      evidence,
      node,
      target,
      'waits for data or the end of',
      'w',
      { ...ends, holders: chosen, all: ends.holders.length },
      true,
    ),
  });
};
