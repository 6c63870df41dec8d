import { pointFacts } from '../facts.ts';
import { edge, processNode, strangerNode } from '../nodes.ts';
import { callTarget } from '../objects/call-target.ts';
import { mountFact, mountNode, mountOfPath } from '../objects/mount.ts';
import { inFrames, type Resolver, waitOf } from '../wait.ts';

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
      const group = Number(mount.superOptions.find((option) => option.startsWith('pgrp='))?.slice(5) ?? 0);
      const daemon = evidence.process(group);
      const facts = mountFact(evidence, process, mount);
      const at = mountNode(mount);
      return {
        ...(group > 0 ? { next: { pid: group } } : {}),
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
            `pgrp=${group}`,
            'mount option',
            facts,
          ),
        ],
      };
    }),
  });
};
