import type { Diagnosis, Verdict } from '../../diagnosis/diagnosis.ts';
import { clip } from '../../term/sanitize.ts';
import { displayWidth } from '../../term/width.ts';
import type { Confidence } from '../../waits/graph.ts';
import { line } from '../text.ts';
import { duration } from './duration.ts';
import {
  glued,
  indent,
  itemised,
  own,
  paragraph,
  prose,
  type Row,
  rowWidth,
  type Span,
  space,
  span,
  wrap,
} from './layout.ts';
import { type Palette, STATE_STYLE, type Style, stateGlyph } from './palette.ts';
import { topFinding } from './top-finding.ts';

/** Long names of processes and threads (a kernel worker's has no bound) must not push the verdict away. */
const LONGEST_NAME = 32;

/** Who, in which state, waiting for what, and the cause; then how long, how sure, and whether SIGKILL works. */
export function verdictRows(diagnosis: Diagnosis, width: number, palette: Palette): Row[] {
  const { verdict } = diagnosis;
  const top = topFinding(diagnosis);
  const cause = top?.rule.id ?? verdict.idle ?? '';
  const style = STATE_STYLE[verdict.state];
  const lead: Row = [{ text: `${stateGlyph(verdict.state, palette.glyphs)} `, style }];
  const words: Span[] = [
    ...identity(diagnosis),
    own(' '),
    own(verdict.state.toUpperCase(), style),
    ...(verdict.summary === '' ? [] : [own(': ', style), ...prose(verdict.summary, 'name')]),
  ];
  const rows = [...withTag(lead, words, cause, width), ...meta(diagnosis, width, palette)];
  if (top !== undefined && !says(verdict.summary, top.summary)) {
    // A longer chain tells the story again, arrow by arrow.
    rows.push(...paragraph(prose(top.summary), width, 2, top.chain.length > 3 ? 2 : 4));
  }
  return rows;
}

/** Puts the cause at the right end of the first line, where there is room for it. */
function withTag(lead: Row, words: readonly Span[], tag: string, width: number): Row[] {
  const room = width - rowWidth(lead);
  const label = line(tag);
  const beside = room - displayWidth(label) - 2;
  if (label === '' || beside < 30) {
    const rows = indent(wrap(words, { first: room }), lead);
    return label === '' ? rows : [...rows, [space(2), own(clip(label, room), 'code')]];
  }
  const [first = [], ...others] = indent(wrap(words, { first: beside, rest: room }), lead);
  return [[...first, space(width - rowWidth(first) - displayWidth(label)), own(label, 'code')], ...others];
}

function identity({ target }: Diagnosis): Span[] {
  const comm = own(clip(line(target.comm), LONGEST_NAME), 'name');
  const pid = span(`${target.pid} `, 'name');
  if (target.tid !== undefined && target.tid !== target.pid) {
    return [pid, comm, span(` (thread ${target.tid})`, 'quiet')];
  }
  return [pid, comm];
}

function meta(diagnosis: Diagnosis, width: number, palette: Palette): Row[] {
  const items = [
    ...howLong(diagnosis.verdict),
    ...killing(diagnosis.verdict),
    ...howSure(diagnosis),
    ...population(diagnosis),
  ];
  return itemised(items, own(` ${palette.glyphs.dot} `, 'quiet'), width, 2);
}

function howLong(verdict: Verdict): Span[][] {
  // Less than is shown of it says nothing.
  if (verdict.seconds === undefined || verdict.seconds < 0.1) return [];
  return [[own('for at least '), glued(duration(verdict.seconds), 'name')]];
}

const SURENESS: Readonly<Record<Confidence, Style>> = {
  certain: 'good',
  likely: 'caution',
  possible: 'doubt',
};

/** `likely: the only writer among 812 processes`. */
function confidence(level: Confidence, because: string): Span[] {
  return [span(level, SURENESS[level]), ...(because === '' ? [] : [own(': '), ...prose(because, 'plain')])];
}

function howSure(diagnosis: Diagnosis): Span[][] {
  const top = topFinding(diagnosis);
  if (top === undefined) return [];
  return [confidence(top.confidence, top.because)];
}

function killing({ killable, state }: Verdict): Span[][] {
  if (killable === undefined || state === 'healthy') return [];
  return killable ? [[glued('SIGKILL would end it')]] : [[glued('SIGKILL cannot end it now', 'alarm')]];
}

function population({ verdict, target }: Diagnosis): Span[][] {
  if (verdict.state !== 'healthy' || target.threads < 2) return [];
  return [[glued(`${target.threads} threads`)]];
}

/** Would the story only repeat the line above it? */
function says(summary: string, story: string): boolean {
  const plain = (text: string): string => text.trim().replace(/\.$/, '').toLowerCase();
  return story === '' || plain(summary).includes(plain(story));
}
