import { clip } from '../../../term/sanitize.ts';
import type { PathStep } from '../../../trace/digest/long-wait.ts';
import { plural, time } from '../../../trace/digest/numbers.ts';
import { kindInWords } from '../../../trace/digest/wait-kind.ts';
import { line } from '../../text.ts';
import { clipRow, figures, own, paragraph, type Row, type Span, space } from '../layout.ts';
import type { Palette } from '../palette.ts';

/** Pieces that cover less of the way than this are summed up. */
const SHARE = 0.01;
const WIDEST_NAME = 16;
const NS = 1e9;

/** What the end waited for, piece by piece in the order of time; a way of one piece is no story. */
export function pathRows(steps: readonly PathStep[], most: number, width: number, palette: Palette): Row[] {
  const [first] = steps;
  const last = steps.at(-1);
  if (first === undefined || last === undefined || steps.length < 2) return [];
  const all = last.toNs - first.fromNs;
  const long = steps.filter((step) => length(step) >= all * SHARE);
  const told = long.toSorted((a, b) => length(b) - length(a)).slice(0, most);
  const rows = long
    .filter((step) => told.includes(step))
    .map((step) => clipRow(stepRow(step, first.fromNs), width));
  const rest = steps.filter((step) => !told.includes(step));
  const left = rest.reduce((sum, step) => sum + length(step), 0);
  if (rest.length === 0) return rows;
  const words = `${palette.glyphs.more} ${plural(rest.length, 'shorter piece')} between them: ${time(left / NS)}`;
  return [...rows, ...paragraph([figures(words, 'quiet')], width, 2)];
}

function length({ fromNs, toNs }: PathStep): number {
  return toNs - fromNs;
}

function stepRow(step: PathStep, origin: number): Row {
  return [
    space(1),
    own(time((step.fromNs - origin) / NS).padStart(8), 'quiet'),
    own(time(length(step) / NS).padStart(10), 'name'),
    space(2),
    own(`${step.tid} `, 'name'),
    own(clip(line(step.comm), WIDEST_NAME), 'name'),
    space(1),
    ...didInWords(step),
  ];
}

function didInWords({ did, kind = 'unknown', name }: PathStep): Span[] {
  const call = name === undefined ? [] : [own(` (${line(name)})`, 'quiet')];
  switch (did) {
    case 'ran':
      return [own('was at work')];
    case 'stopped':
      return [own('was stopped')];
    case 'waited':
      return [own(`waited for ${kindInWords(kind)}`), ...call];
    case 'unknown':
      return name === undefined ? [own('not known')] : [own('worked or waited, not known'), ...call];
  }
}
