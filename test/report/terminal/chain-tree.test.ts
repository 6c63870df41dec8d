import { describe, expect, it } from 'vitest';
import { type Branch, chainTrees } from '../../../src/report/terminal/chain-tree.ts';
import { edge, processNode } from '../scenes.ts';

const nodes = Array.from({ length: 40 }, (_, at) => processNode(100 + at, 'p'));
const hop = (from: number, to: number) => edge(nodes[from]!, nodes[to]!, 'waits for', '', '');

/** `101(102 ↺100)`: the tree in one line. */
function drawn(branches: readonly Branch[]): string {
  return branches
    .map((branch) => {
      if (branch.kind === 'back') return `back ${branch.edge.to.pid}`;
      const head = branch.kind === 'gap' ? `[${branch.text}]` : `${branch.edge.to.pid}`;
      return branch.below.length === 0 ? head : `${head}(${drawn(branch.below)})`;
    })
    .join(' ');
}

describe('the tree of a blame chain', () => {
  it('follows the edges from the target', () => {
    const [tree, ...others] = chainTrees([hop(0, 1), hop(1, 2), hop(1, 3)], undefined);
    expect(others).toEqual([]);
    expect(tree?.root.pid).toBe(100);
    expect(drawn(tree?.below ?? [])).toBe('101(102 103)');
  });

  it('ends a cycle where it began', () => {
    const [tree] = chainTrees([hop(0, 1), hop(1, 0)], undefined);
    expect(drawn(tree?.below ?? [])).toBe('101(back 100)');
  });

  it('draws an edge once, and what does not hang together as a second tree', () => {
    const trees = chainTrees([hop(0, 1), hop(0, 1), hop(5, 6)], undefined);
    expect(trees.map((tree) => `${tree.root.pid}: ${drawn(tree.below)}`)).toEqual(['100: 101', '105: 106']);
  });

  it('leaves out the middle of a long chain, and counts it', () => {
    const [tree] = chainTrees(
      Array.from({ length: 12 }, (_, at) => hop(at, at + 1)),
      undefined,
    );
    expect(drawn(tree?.below ?? [])).toBe(
      '101(102(103(104([4 hops left out: --json](109(110(111(112))))))))',
    );
  });

  it('leaves out the most of many holders, but never the culprit', () => {
    const [tree] = chainTrees(
      Array.from({ length: 9 }, (_, at) => hop(0, at + 1)),
      nodes[9],
    );
    expect(drawn(tree?.below ?? [])).toBe('109 101 102 [6 more: --json]');
  });
});
