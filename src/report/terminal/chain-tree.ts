import type { Edge, Node } from '../../waits/graph.ts';

/** What is drawn below a node: an arrow to the next, back to one that was drawn before, or a count of what is left out. */
export type Branch =
  | { readonly kind: 'edge'; readonly edge: Edge; readonly below: readonly Branch[] }
  | { readonly kind: 'back'; readonly edge: Edge }
  | { readonly kind: 'gap'; readonly text: string; readonly below: readonly Branch[] };

interface Tree {
  readonly root: Node;
  readonly below: readonly Branch[];
}

const MOST_HOPS = 8;
const MOST_SIDE_BY_SIDE = 4;

/** Makes trees of a blame chain: one, unless its edges do not hang together. Long and wide ones lose their middle. */
export function chainTrees(chain: readonly Edge[], culprit: Node | undefined): Tree[] {
  const edges = unique(chain);
  const next = bySource(edges);
  const drawn = new Set<string>();
  const trees: Tree[] = [];
  for (const { from } of edges) {
    if (drawn.has(from.id)) continue;
    drawn.add(from.id);
    trees.push({ root: from, below: shorten(grow(from.id, next, drawn), culprit) });
  }
  return trees;
}

function unique(chain: readonly Edge[]): Edge[] {
  const seen = new Set<string>();
  return chain.filter((edge) => {
    const key = `${edge.from.id}\0${edge.to.id}\0${edge.relation}`;
    return seen.size !== seen.add(key).size;
  });
}

function bySource(edges: readonly Edge[]): Map<string, Edge[]> {
  const groups = new Map<string, Edge[]>();
  for (const edge of edges) {
    const group = groups.get(edge.from.id);
    if (group === undefined) groups.set(edge.from.id, [edge]);
    else group.push(edge);
  }
  return groups;
}

/** Iterative on purpose: a chain from a hostile host may be long enough to overflow the call stack. */
function grow(start: string, next: ReadonlyMap<string, readonly Edge[]>, drawn: Set<string>): Branch[] {
  const top: Branch[] = [];
  const work: { id: string; into: Branch[] }[] = [{ id: start, into: top }];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    for (const edge of next.get(item.id) ?? []) {
      if (drawn.has(edge.to.id)) {
        item.into.push({ kind: 'back', edge });
        continue;
      }
      drawn.add(edge.to.id);
      const below: Branch[] = [];
      item.into.push({ kind: 'edge', edge, below });
      work.push({ id: edge.to.id, into: below });
    }
  }
  return top;
}

function shorten(branches: readonly Branch[], culprit: Node | undefined): Branch[] {
  const line = onlyLine(branches);
  if (line === undefined) return narrow(branches, culprit, 0);
  if (line.length <= MOST_HOPS) return [...branches];
  const keep = Math.floor(MOST_HOPS / 2);
  const tail = line.slice(-keep);
  const gap: Branch = {
    kind: 'gap',
    text: `${line.length - 2 * keep} hops left out: --json`,
    below: tail.slice(0, 1),
  };
  return line
    .slice(0, keep)
    .reduceRight<Branch[]>(
      (below, branch) => [branch.kind === 'edge' ? { ...branch, below } : branch],
      [gap],
    );
}

/** The branches from top to bottom if nothing forks. */
function onlyLine(branches: readonly Branch[]): Branch[] | undefined {
  const line: Branch[] = [];
  for (let level = branches; level.length > 0; ) {
    const [only] = level;
    if (only === undefined || level.length > 1) return undefined;
    line.push(only);
    level = only.kind === 'back' ? [] : only.below;
  }
  return line;
}

function narrow(branches: readonly Branch[], culprit: Node | undefined, depth: number): Branch[] {
  if (branches.length > 0 && depth >= MOST_HOPS) return [{ kind: 'gap', text: 'more: --json', below: [] }];
  const ordered = branches.length > MOST_SIDE_BY_SIDE ? culpritFirst(branches, culprit) : branches;
  const kept = ordered.slice(0, ordered.length > MOST_SIDE_BY_SIDE ? MOST_SIDE_BY_SIDE - 1 : undefined);
  const shown = kept.map((branch) =>
    branch.kind === 'edge' ? { ...branch, below: narrow(branch.below, culprit, depth + 1) } : branch,
  );
  const lost = branches.length - kept.length;
  return lost === 0 ? shown : [...shown, { kind: 'gap', text: `${lost} more: --json`, below: [] }];
}

function culpritFirst(branches: readonly Branch[], culprit: Node | undefined): Branch[] {
  const leads = (branch: Branch): boolean => branch.kind === 'edge' && branch.edge.to.id === culprit?.id;
  return [...branches.filter(leads), ...branches.filter((branch) => !leads(branch))];
}
