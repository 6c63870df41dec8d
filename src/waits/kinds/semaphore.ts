import { links, semaphores } from '../../evidence/keys.ts';
import { parseFdLinks } from '../../procfs/fd-links.ts';
import { partFact, pointFacts, stateFact } from '../facts.ts';
import type { Fact } from '../graph.ts';
import { edge, processNode, thing } from '../nodes.ts';
import { readMemory } from '../objects/memory.ts';
import { type Hop, inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/**
 * semop and semtimedop. Healthy by itself: a semaphore has no owner, and a consumer waits for work like this. Who changed it
 * last is the one that has it, where it is used as a lock: what holds that one up is worth knowing.
 */
export const semaphore: Resolver = (context) => {
  const { evidence, thread } = context;
  const name = thread.syscallName ?? '';
  if (thread.state !== 'S') return undefined;
  if (!/^semop$|^semtimedop$/.test(name) && !inFrames(thread, /^(?:__)?do_semtimedop$/, 3)) return undefined;
  return waitOf(context, {
    kind: 'semaphore',
    point: name || 'semop',
    idle: 'idle-ipc',
    killable: true,
    facts: pointFacts(evidence, thread),
    hops: lastChanger(context),
  });
};

function lastChanger({ evidence, process, thread, node }: WaitContext): Hop[] {
  const id = thread.intArgument(0);
  const operations = thread.argument(1);
  if (!/^sem/.test(thread.syscallName ?? '') || id === undefined || operations === undefined) return [];
  const read = readMemory(evidence, process, operations, 6);
  if (read === undefined || 'refused' in read) return [];
  // struct sembuf: unsigned short sem_num; short sem_op; short sem_flg.
  const number = (read.bytes[0] ?? 0) | ((read.bytes[1] ?? 0) << 8);
  const isTaking = (read.bytes[3] ?? 0) >= 0x80;
  if (!isTaking) return [];
  const own = evidence.world
    .parsed(links('/proc/self/ns'), parseFdLinks)
    ?.find((link) => link.name === 'ipc')?.target;
  const theirs = process.namespace('ipc');
  const elsewhere = own !== undefined && theirs !== undefined && own !== theirs;
  const text = evidence.world.text(semaphores(elsewhere ? process.pid : 0, id)) ?? '';
  const found = new RegExp(`^${number} (\\d+) 0$`, 'm').exec(text);
  const by = found === null ? undefined : evidence.process(Number(found[1]));
  if (by === undefined || by.pid === process.pid) return [];
  const set = thing('lock', `sem:${id}:${number}`, `semaphore ${number} of set ${id}`);
  const says = `semaphore ${number} is 0, and was changed last by ${by.pid} (semctl GETPID)`;
  const proof: Fact[] = elsewhere
    ? []
    : partFact(evidence, '/proc/sysvipc/sem', new RegExp(`^ *-?\\d+ +(${id} .*)$`, 'm'), says);
  const how = 'it was the last to change it, and a semaphore names no owner';
  return [
    {
      soft: true,
      stopsOnly: true,
      next: { pid: by.pid },
      edges: [
        edge(node, set, 'waits for', set.name, 'its system call', proof),
        edge(set, processNode(by), 'taken by', set.name, how, stateFact(evidence, by), 'likely'),
      ],
    },
  ];
}
