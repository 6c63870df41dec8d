import type { StackTask } from '../../diagnosis/stack-types.ts';
import { indent, own, type Row, type Span, span, wrap } from './layout.ts';
import type { Palette } from './palette.ts';
import { nameOf } from './stack-names.ts';

const MOST_VICTIMS = 10;
const MOST_DEPTH = 8;

/** A task in the tree of owners; below it those that wait for its locks. */
interface Holder {
  readonly pid: number;
  readonly comm: string | null;
  waitsFor: string | null;
  readonly victims: { readonly holder: Holder; readonly lock: string }[];
}

/** Who holds the locks that others wait for, as the kernel named them: trees with the last owner on top. */
export function stackChainRows(tasks: readonly StackTask[], width: number, colours: Palette): Row[] {
  const holders = new Map<number, Holder>();
  const victims = new Set<number>();
  const holder = (pid: number, comm: string | null): Holder => {
    const known = holders.get(pid);
    if (known) return known;
    const made: Holder = { pid, comm, waitsFor: null, victims: [] };
    holders.set(pid, made);
    return made;
  };
  for (const { pid, comm, blocker } of tasks) {
    if (!blocker || pid === null || victims.has(pid)) continue;
    victims.add(pid);
    holder(blocker.pid, blocker.comm).victims.push({ holder: holder(pid, comm), lock: blocker.lock });
  }
  for (const task of tasks) {
    const known = task.pid === null ? undefined : holders.get(task.pid);
    if (known) known.waitsFor ??= task.waitsFor;
  }
  const drawn = new Set<Holder>();
  const roots = [...holders.values()].filter(({ pid }) => !victims.has(pid));
  const rows = roots.flatMap((root) => rootRows(root, width, colours, drawn));
  // Who is not below any root stands in a circle.
  for (const inCircle of holders.values()) {
    if (!drawn.has(inCircle)) rows.push(...rootRows(inCircle, width, colours, drawn));
  }
  return rows;
}

function rootRows(root: Holder, width: number, colours: Palette, drawn: Set<Holder>): Row[] {
  drawn.add(root);
  const spans: Span[] = [
    span(nameOf(root), 'name'),
    ...(root.waitsFor === null
      ? [own(': its own stack is not in the text')]
      : [own(' waits for '), span(root.waitsFor)]),
  ];
  return [
    ...indent(wrap(spans, { first: width - 2 }), [own(`${colours.glyphs.alarm} `, 'alarm')]),
    ...victimRows(root, '  ', { width, colours, drawn, depth: 1 }),
  ];
}

interface Drawing {
  readonly width: number;
  readonly colours: Palette;
  readonly drawn: Set<Holder>;
  readonly depth: number;
}

function victimRows(owner: Holder, lead: string, drawing: Drawing): Row[] {
  const { tee, last, bar, back, more } = drawing.colours.glyphs;
  const shown = owner.victims.slice(0, MOST_VICTIMS);
  const left = owner.victims.length - shown.length;
  const rows: Row[] = [];
  for (const [at, { holder, lock }] of shown.entries()) {
    const isLast = at === shown.length - 1 && left === 0;
    const again = drawing.drawn.has(holder);
    const spans: Span[] = [
      span(nameOf(holder), 'name'),
      own(' waits for a '),
      span(lock),
      own(' of it'),
      ...(again ? [own(` ${back} a deadlock: back to the above`, 'alarm')] : []),
    ];
    const hang = `${lead}${isLast ? '   ' : `${bar} `}`;
    const room = Math.max(10, drawing.width - lead.length - 3);
    rows.push(
      ...indent(
        wrap(spans, { first: room }),
        [own(`${lead}${isLast ? last : tee} `, 'quiet')],
        [own(hang, 'quiet')],
      ),
    );
    if (again) continue;
    drawing.drawn.add(holder);
    if (drawing.depth < MOST_DEPTH) {
      rows.push(...victimRows(holder, hang, { ...drawing, depth: drawing.depth + 1 }));
    }
  }
  if (left > 0) rows.push([own(`${lead}${last} ${more} ${left} more`, 'quiet')]);
  return rows;
}
