import type { Judged } from '../../diagnosis/diagnosis.ts';
import { clip } from '../../term/sanitize.ts';
import { displayWidth } from '../../term/width.ts';
import type { Fact, Node } from '../../waits/graph.ts';
import { evidenceOf } from '../evidence-of.ts';
import { clipMiddle, line } from '../text.ts';
import { indent, moreRow, own, prose, type Row, rowWidth, type Span, space, wrap } from './layout.ts';
import type { Palette } from './palette.ts';

const MARGIN = 2;
const GAP = 2;
const MOST_FACTS = 8;
/** What evidence may take of the screen, unless fewer facts than the least need more. */
const MOST_ROWS = 8;
const LEAST_FACTS = 4;
/** Below this many columns each line stands under its path, not beside it. */
const NARROW = 60;
/** Number of the call and its first argument. */
const ENOUGH_OF_A_CALL = 20;

/** Each fact with the file it stands in, so that it can be checked with `cat`. */
export function evidenceRows(finding: Judged, width: number, palette: Palette): Row[] {
  const facts = evidenceOf(finding);
  let shown = mostTelling(facts, finding.culprit, MOST_FACTS);
  let rows = factsRows(shown, width, palette);
  while (rows.length + (shown.length < facts.length ? 1 : 0) > MOST_ROWS && shown.length > LEAST_FACTS) {
    shown = mostTelling(facts, finding.culprit, shown.length - 1);
    rows = factsRows(shown, width, palette);
  }
  return [...rows, ...moreRow(facts.length - shown.length, width, palette)];
}

/** The `most` that say most, in their own order: those on the culprit and those with a word on what they show. */
function mostTelling(facts: readonly Fact[], culprit: Node | undefined, most: number): Fact[] {
  const weight = (fact: Fact): number =>
    (culprit?.pid !== undefined && fact.path.includes(`/${culprit.pid}/`) ? 2 : 0) +
    (fact.says === undefined ? 0 : 1);
  const chosen = new Set(facts.toSorted((a, b) => weight(b) - weight(a)).slice(0, most));
  // The first fact is the state or call that the finding starts from.
  if (facts[0] !== undefined && !chosen.has(facts[0])) {
    chosen.delete([...chosen].at(-1)!);
    chosen.add(facts[0]);
  }
  return facts.filter((fact) => chosen.has(fact));
}

function factsRows(facts: readonly Fact[], width: number, palette: Palette): Row[] {
  const column = pathColumn(facts, width);
  return facts.flatMap((fact, at) =>
    factRows(fact, column, width, palette, facts[at - 1]?.path === fact.path),
  );
}

/** All paths share a column; one that is far longer than the others gets a line of its own instead. */
function pathColumn(facts: readonly Fact[], width: number): number {
  if (width < NARROW) return 0;
  const most = Math.floor(width * 0.4);
  const sizes = facts.map((fact) => displayWidth(line(fact.path))).filter((size) => size <= most);
  return sizes.length === 0 ? 0 : Math.max(...sizes);
}

function factRows(fact: Fact, column: number, width: number, palette: Palette, again: boolean): Row[] {
  const path = line(fact.path);
  const size = displayWidth(path);
  if (again && size <= column) return beside(fact, [space(column)], column, width, palette);
  if (size <= column) return beside(fact, [own(path, 'quiet'), space(column - size)], column, width, palette);
  const below = beside(fact, [], 0, width, palette);
  return again ? below : [[space(MARGIN), own(clipMiddle(path, width - MARGIN), 'quiet')], ...below];
}

function beside(fact: Fact, lead: Row, column: number, width: number, palette: Palette): Row[] {
  const room = Math.max(8, width - MARGIN - column - GAP);
  const start: Row = [space(MARGIN), ...lead, space(GAP)];
  const value = own(lineOf(fact));
  const said: Span[] =
    fact.says === undefined ? [] : [own(`${arrow(palette)} `, 'says'), ...prose(fact.says, 'says')];
  if (said.length > 0) {
    const left = room - rowWidth(said) - GAP;
    const head = isCall(fact) && left >= ENOUGH_OF_A_CALL ? own(clip(lineOf(fact), left)) : value;
    if (rowWidth([head]) <= left) return [[...start, head, space(GAP), ...said]];
  }
  const rows = valueRows(fact, room);
  const under = said.length === 0 ? [] : indent(wrap(said, { first: room, lines: 3 }), []);
  return indent([...rows, ...under], start);
}

function arrow(palette: Palette): string {
  return palette.unicode ? '←' : '<';
}

/** The line as the kernel gave it, two lines of the screen at most: the whole is in the JSON and in the file. */
function valueRows(fact: Fact, room: number): Row[] {
  if (isCall(fact)) return [[own(clip(lineOf(fact), room))]];
  return wrap([own(lineOf(fact))], { first: room, lines: 2 });
}

/** The last numbers of a `syscall` line are stack and instruction pointer: nobody reads them here. */
function isCall(fact: Fact): boolean {
  return fact.path.endsWith('/syscall');
}

/** The files of /proc part names and values by tabs, which are no secret to be shown as `\t`. */
function lineOf(fact: Fact): string {
  return line(fact.line.replaceAll('\t', ' '));
}
