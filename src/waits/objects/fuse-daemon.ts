import type { Evidence } from '../../evidence/evidence.ts';
import type { Holder } from '../../evidence/host.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { Mount } from '../../procfs/mountinfo.ts';
import { fact, lineFact, stateFact } from '../facts.ts';
import type { Confidence, Node } from '../graph.ts';
import { edge, processNode, thing } from '../nodes.ts';
import { type Hop, inFrames } from '../wait.ts';
import { mountFact, mountNode } from './mount.ts';

/**
 * From a waiter over a FUSE mount and its connection (the device's minor number) to the daemon that should answer.
 * `process` is the one in whose mount namespace the mount was found.
 */
export function fuseHops(
  evidence: Evidence,
  process: ProcessEvidence,
  from: Node,
  mount: Mount,
  how: string,
  confidence: Confidence = 'certain',
): Hop[] {
  const at = mountNode(mount);
  const connection = thing('fuse-connection', String(mount.minor), `FUSE connection ${mount.minor}`);
  const facts = mountFact(evidence, process, mount);
  const waits = edge(from, at, 'waits for an answer from', at.name, how, facts, confidence);
  const onto = edge(
    at,
    connection,
    'is',
    connection.name,
    'the minor number of a FUSE mount is its connection',
    facts,
  );
  const daemons = fuseDaemons(evidence, mount.minor);
  const waiting = lineFact(
    evidence,
    `/sys/fs/fuse/connections/${mount.minor}/waiting`,
    /^[1-9]/,
    'requests without an answer',
  );
  if (daemons.length === 0) {
    const nobody = thing(
      'fuse-connection',
      `${mount.minor}:nobody`,
      'no process that could be seen has its /dev/fuse open',
    );
    return [
      {
        edges: [
          waits,
          onto,
          edge(connection, nobody, 'served by', '/dev/fuse', whereLooked(evidence), [], 'possible'),
        ],
      },
    ];
  }
  return daemons.map(({ process: daemon, holder, sure }) => ({
    next: { pid: daemon.pid },
    edges: [
      waits,
      onto,
      edge(
        connection,
        processNode(daemon),
        'served by',
        `/dev/fuse, fd ${holder.fd}`,
        sure
          ? 'it holds this connection'
          : 'it has /dev/fuse open; this kernel does not tell for which mount',
        [
          fact(`/proc/${daemon.pid}/fd/${holder.fd}`, holder.target),
          ...lineFact(evidence, daemon.fdinfoPath(holder.fd), 'fuse_connection:'),
          ...waiting,
          ...stateFact(evidence, daemon),
        ],
        sure || daemons.length === 1 ? 'certain' : 'possible',
      ),
    ],
  }));
}

/** Nobody was found: among whom. */
function whereLooked(evidence: Evidence): string {
  const { missing } = evidence.host.fdCoverage;
  const whose = missing === 1 ? 'one process' : `${missing} processes`;
  return `looked at every descriptor${missing === 0 ? '' : ` but those of ${whose}, which could not be read`}`;
}

interface Daemon {
  readonly process: ProcessEvidence;
  readonly holder: Holder;
  /** The kernel names the connection in fdinfo (6.16 and later). */
  readonly sure: boolean;
}

/** Processes that have the connection's /dev/fuse open; one entry a process, the one that is stopped or busy first. */
function fuseDaemons(evidence: Evidence, connection: number): Daemon[] {
  const found = new Map<number, Daemon>();
  let told = false;
  for (const holder of evidence.host.holders('/dev/fuse')) {
    const process = evidence.process(holder.pid);
    if (process === undefined || found.has(holder.pid)) continue;
    const number = process.fdinfo(holder.fd)?.fuseConnection;
    if (number !== undefined) told = true;
    if (number === undefined || number === connection)
      found.set(holder.pid, { process, holder, sure: number === connection });
  }
  const all = [...found.values()].filter((daemon) => !told || daemon.sure);
  return all.sort((a, b) => rank(a.process) - rank(b.process));
}

/** A daemon that sits in fuse_dev_do_read is ready for work; all others are the more suspicious. */
function rank(daemon: ProcessEvidence): number {
  if (/[TtDZ]/.test(daemon.state)) return 0;
  return daemon.threads.every((thread) => inFrames(thread, /^fuse_dev_do_read$/, 2)) ? 2 : 1;
}

/** Is anything of the daemon not ready to take requests, or does the connection hold requests that nobody answers? */
export function looksStuck(evidence: Evidence, mount: Mount): boolean {
  const waiting = evidence.line(`/sys/fs/fuse/connections/${mount.minor}/waiting`);
  if (waiting !== undefined) return waiting !== '0';
  const daemons = fuseDaemons(evidence, mount.minor);
  return daemons.length === 0 || daemons.some((daemon) => rank(daemon.process) < 2);
}
