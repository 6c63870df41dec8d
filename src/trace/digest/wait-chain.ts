import type { Ns } from '../event.ts';
import { seconds } from './calls.ts';
import type { KeptWait, KeptWaits } from './kept-waits.ts';
import type { ChainLink } from './long-wait.ts';
import type { Spent } from './spent.ts';

const DEEPEST = 10;
/** A sleep that covers less of a wait than this does not explain it. */
const SHARE = 0.05;
/** What ended one that covers less than this is no part of the chain. */
const MOSTLY = 0.4;

/** From who ended a wait to who ended what that one waited for in the meantime, and so on. */
export function chainOf(wait: KeptWait, waits: KeptWaits, spent: Spent | undefined): ChainLink[] {
  const links: ChainLink[] = [];
  const seen = new Set([wait.tid]);
  let from = wait.startNs;
  let to = wait.endNs;
  let now = wait;
  while (links.length < DEEPEST) {
    const by = waits.endedBy(now);
    if (by === undefined || seen.has(by.tid)) break;
    seen.add(by.tid);
    const comm = by.comm || waits.commOf(by.tid);
    const { confidence } = now;
    const base = {
      pid: by.pid,
      tid: by.tid,
      comm,
      how: by.how,
      ...(by.outside === true ? { outside: true } : {}),
      ...(confidence === undefined ? {} : { confidence }),
    };
    if (!waits.isTraced(by.tid)) {
      links.push({ ...base, did: 'outside' });
      break;
    }
    const slept = mostWithin(waits.sleepsOf(by.tid), from, to);
    const parts = spent?.within(by.tid, from, to);
    const told = parts === undefined ? base : { ...base, parts };
    if (slept === undefined) {
      links.push({ ...told, did: 'ran' });
      break;
    }
    const all = to - from;
    from = Math.max(from, slept.startNs);
    to = Math.min(to, slept.endNs);
    links.push({
      ...told,
      did: 'slept',
      kind: slept.kind,
      args: slept.args,
      seconds: seconds(to - from),
      ...(slept.name === undefined ? {} : { name: slept.name }),
    });
    if (to - from < all * MOSTLY) break;
    now = slept;
  }
  return links;
}

/** The sleep that takes the most of a time, and enough of it. */
function mostWithin(sleeps: readonly KeptWait[], from: Ns, to: Ns): KeptWait | undefined {
  let best: KeptWait | undefined;
  let most = (to - from) * SHARE;
  for (const wait of sleeps) {
    const overlap = Math.min(to, wait.endNs) - Math.max(from, wait.startNs);
    if (overlap > most) {
      most = overlap;
      best = wait;
    }
  }
  return best;
}
