import type { Row } from './recorded.ts';

/** What has a stamp of its own: perf tells of the rest in the order of the file. */
export function stamped(rows: readonly Row[]): Row[] {
  return rows.filter(({ kind, a }) => kind !== 'existing' && !(kind === 'comm' && a === 0));
}

function withoutStack({ stack, ...rest }: Row): string {
  return JSON.stringify(rest);
}

const nobody = (row: Row): Row => ({ ...row, tid: -1 });

/** All rows but for their stacks. perf has no number for a thread that has given it back while it still ran; we do. */
export function likeTheirs(
  mine: readonly Row[],
  theirs: readonly Row[],
): [mine: Set<string>, theirs: Set<string>] {
  const gone = new Set(theirs.filter(({ tid }) => tid === -1).map(withoutStack));
  const same = mine.map((row) => (gone.has(withoutStack(nobody(row))) ? nobody(row) : row));
  return [new Set(same.map(withoutStack)), new Set(theirs.map(withoutStack))];
}

/** Whether two names are of one function, by a text like /proc/kallsyms. */
export type AreAliases = (one: string, other: string) => boolean;

export function aliasesIn(kallsyms: string): AreAliases {
  const places = new Map<string, Set<string>>();
  for (const line of kallsyms.split('\n')) {
    const [address, , name] = line.split(/[ \t]/);
    if (name === undefined) continue;
    const known = places.get(name) ?? new Set();
    places.set(name, known.add(address!));
  }
  return (one, other) => [...(places.get(one) ?? [])].some((place) => places.get(other)?.has(place));
}

/** The share of functions that are the same: perf names what never returns by what lies behind it. */
export function sameFunctions(one: readonly Row[], other: readonly Row[], areAliases: AreAliases): number {
  const stacks = new Map(other.map((row) => [withoutStack(row), row.stack]));
  let all = 0;
  let same = 0;
  for (const row of one) {
    const theirs = stacks.get(withoutStack(row));
    for (const [at, name] of (row.stack ?? []).entries()) {
      all += 1;
      const their = theirs?.[at];
      if (their === name || (their !== undefined && areAliases(name, their))) same += 1;
    }
  }
  return same / all;
}
