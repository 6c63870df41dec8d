import type { Ns } from '../../event.ts';
import { type Capped, capped } from '../capped.ts';
import type { Unreaping, Zombie } from './book.ts';
import type { Life } from './life.ts';

const MOST_ZOMBIES = 256;
const MOST_PARENTS = 64;
/** Worth remembering of a parent that has ended. */
const MANY_ZOMBIES = 8;

/** Who a process is, by its number: its name, and its life if that goes on. */
export interface Known {
  comm(pid: number): string;
  life(pid: number): Life | undefined;
  /** Of the trace. */
  beginNs(): Ns;
}

/** Children that ended and that their parents have not collected. */
export class Uncollected {
  readonly #known: Known;
  readonly #ended: Unreaping[] = [];

  constructor(known: Known) {
    this.#known = known;
  }

  /** A parent ends, and leaves these behind. */
  left(pid: number, dead: readonly Life[], at: Ns): void {
    if (dead.length < MANY_ZOMBIES || this.#ended.length >= MOST_PARENTS) return;
    this.#ended.push(this.#by(pid, dead, at, true));
  }

  /** Nobody can say that a child was left. */
  forget(): void {
    this.#ended.length = 0;
  }

  /** The zombies, the oldest first. */
  zombies(dead: readonly Life[], endNs: Ns): Capped<Zombie> {
    const zombies = dead.map(({ pid, comm, parentPid = 0, exit }): Zombie => {
      const exitedNs = exit?.atNs ?? endNs;
      return {
        pid,
        comm,
        parentPid,
        parentComm: this.#known.comm(parentPid),
        exitedNs,
        ageNs: Math.max(0, endNs - exitedNs),
      };
    });
    return capped(
      zombies.sort((a, b) => b.ageNs - a.ageNs),
      MOST_ZOMBIES,
    );
  }

  /** Their parents, who has the most first; then those that have ended. */
  parents(dead: readonly Life[], endNs: Ns): Capped<Unreaping> {
    const byParent = new Map<number, Life[]>();
    for (const life of dead) {
      const { parentPid = 0 } = life;
      const children = byParent.get(parentPid);
      if (children === undefined) byParent.set(parentPid, [life]);
      else children.push(life);
    }
    const parents = [...byParent].map(([pid, children]) => this.#by(pid, children, endNs, false));
    return capped([...parents.sort((a, b) => b.zombies - a.zombies), ...this.#ended], MOST_PARENTS);
  }

  #by(pid: number, dead: readonly Life[], endNs: Ns, ended: boolean): Unreaping {
    const parent = this.#known.life(pid);
    const fromNs = parent?.started?.atNs ?? this.#known.beginNs();
    const span = Math.max(1, endNs - fromNs);
    const quarters = [0, 0, 0, 0];
    let oldest = endNs;
    for (const { exit } of dead) {
      const at = exit?.atNs ?? endNs;
      oldest = Math.min(oldest, at);
      const quarter = Math.min(3, Math.max(0, Math.floor((4 * (at - fromNs)) / span)));
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    return {
      pid,
      comm: this.#known.comm(pid),
      zombies: dead.length,
      oldestNs: endNs - oldest,
      quarters,
      reaped: parent?.reapedChildren ?? 0,
      waits: parent?.waits ?? 0,
      reapedUnknown: parent?.reapedUnknown ?? 0,
      ended,
    };
  }
}
