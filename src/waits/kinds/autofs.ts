import type { ProcessEvidence } from '../../evidence/process.ts';
import type { Mount } from '../../procfs/mountinfo.ts';
import { fact, pointFacts } from '../facts.ts';
import type { Fact } from '../graph.ts';
import { edge, processNode, strangerNode } from '../nodes.ts';
import { callTarget } from '../objects/call-target.ts';
import { mountFact, mountNode, mountOfPath } from '../objects/mount.ts';
import { inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** A path below an autofs mount: waits until its daemon (option `pgrp=`) has mounted what belongs there. */
export const autofs: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (!inFrames(thread, /^(?:autofs_wait|autofs4_wait)$/, 3)) return undefined;
  const call = callTarget(context);
  const all = process.mounts.filter((mount) => mount.fsType === 'autofs');
  const named = call.path === undefined ? undefined : mountOfPath(process, call.path);
  const chosen = named !== undefined && named.fsType === 'autofs' ? [named] : all;
  return waitOf(context, {
    kind: 'autofs',
    point: `${thread.syscallName ?? 'path'}: waits for automount`,
    subsystem: 'autofs',
    killable: true,
    facts: [...pointFacts(evidence, thread), ...call.facts],
    hops: chosen.slice(0, 8).map((mount) => {
      const group = Number(optionOf(mount, 'pgrp') ?? 0);
      const { daemon, facts: proof } = daemonOf(context, mount, group);
      const facts = mountFact(evidence, process, mount);
      const at = mountNode(mount);
      return {
        ...(group > 0 || daemon !== undefined ? { next: { pid: daemon?.pid ?? group } } : {}),
        edges: [
          edge(
            node,
            at,
            'waits for',
            at.name,
            'the function it sleeps in',
            facts,
            chosen.length === 1 ? 'certain' : 'possible',
          ),
          edge(
            at,
            daemon === undefined ? strangerNode(group, 'automount daemon') : processNode(daemon),
            'served by',
            proof.length > 0 ? `pipe_ino=${optionOf(mount, 'pipe_ino')}` : `pgrp=${group}`,
            proof.length > 0 ? 'it holds the pipe by which the kernel asks' : 'mount option',
            [...facts, ...proof],
          ),
        ],
      };
    }),
  });
};

const optionOf = (mount: Mount, name: string): string | undefined =>
  mount.superOptions.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);

/**
 * Who reads what the kernel asks: the holder of the read end of its pipe, the leader of the group before others. The group
 * alone names no more than who is not sent to it, and its leader may be the shell that started the daemon.
 */
function daemonOf(
  { evidence }: WaitContext,
  mount: Mount,
  group: number,
): { daemon: ProcessEvidence | undefined; facts: Fact[] } {
  const pipe = `pipe:[${optionOf(mount, 'pipe_ino')}]`;
  const readers = evidence.host.holders(pipe).filter(({ access }) => access === 'r');
  const reader = readers.find(({ pid }) => pid === group) ?? readers[0];
  const daemon = evidence.process(reader?.pid);
  if (reader === undefined || daemon === undefined) return { daemon: evidence.process(group), facts: [] };
  return { daemon, facts: [fact(`/proc/${daemon.pid}/fd/${reader.fd}`, reader.target)] };
}
