import type { Key } from '../../src/evidence/keys.ts';
import { SELF } from '../../src/evidence/keys.ts';
import { isListable, isLockFree } from '../../src/evidence/live/lock-free.ts';
import type { Outcome } from '../../src/evidence/outcome.ts';
import type { Source } from '../../src/evidence/source.ts';
import type { FakeHost, FakeProcess } from './fake-host-types.ts';
import { answerOf } from './fake-proc.ts';

export type { FakeHost, FakeProcess } from './fake-host-types.ts';

/** Ours, in every fake host: listed in /proc like all others. */
const OWN_PID = 9999;
/** Milliseconds that a batch of reads takes on the fake clock. */
const BATCH_MS = 5;

/**
 * A host that was never there, as a source: the keys of src/evidence/keys.ts are answered in the kernel's own formats, so
 * that the real parsers, waits and rules run on it. Its clock moves by pauses and reads alone.
 */
export function fakeHost(host: FakeHost): Source & { readonly asked: Key[] } {
  const asked: Key[] = [];
  let clock = 0;
  const looks: FakeHost[] = [];
  const at = (round: number) => {
    looks[round] ??= atLook(host, round);
    return looks[round];
  };
  const answer = (key: Key, round: number): Outcome => {
    asked.push(key);
    if (key === SELF) return { kind: 'text', text: selfOf(host) };
    return answerOf(at(round), key, clock, OWN_PID);
  };
  return {
    asked,
    startedAt: '2026-01-02T03:04:05.000Z',
    elapsedMs: () => clock,
    pause(milliseconds) {
      clock += milliseconds;
      return Promise.resolve();
    },
    now(key, round) {
      const atOnce = key === SELF || (key.endsWith('/') ? isListable(key) : isLockFree(key));
      return atOnce ? answer(key, round) : undefined;
    },
    fetch(keys, round) {
      clock += BATCH_MS;
      return Promise.resolve(new Map(keys.map((key) => [key, answer(key, round)])));
    },
  };
}

function selfOf({ kernel = '6.18.44', uid = 0 }: FakeHost): string {
  return JSON.stringify({ pid: OWN_PID, uid, arch: 'x64', hostname: 'fake', kernel });
}

/** The host at a look: what `looks` changes by then. A process that is `gone` is there no more. */
function atLook(host: FakeHost, round: number): FakeHost {
  const changes = (host.looks ?? []).slice(0, round);
  const processes = host.processes.map(
    (process): FakeProcess => Object.assign({}, process, ...changes.map((look) => look[process.pid])),
  );
  const self = { pid: OWN_PID, comm: 'procdiag', state: 'R' };
  const files = Object.assign({}, host.files, ...(host.filesAtLooks ?? []).slice(0, round));
  return { ...host, files, processes: [...processes.filter((process) => process.gone !== true), self] };
}
