import { clip } from '../../term/sanitize.ts';
import { displayWidth } from '../../term/width.ts';
import { line as clean } from '../text.ts';
import type { Palette, Style } from './palette.ts';

/** A piece of one line in one style. Its text is clean already: make it with `span`. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One line of the screen. */
export type Row = readonly Span[];

/** Glues words that must not be parted by a line's end (`2 h 31 min`); printed as a space. */
const GLUE = '\u00a0';
const LONGEST_GLUED = 36;

/** A piece of a line; the text may come from outside. */
export function span(text: string, style: Style = 'plain'): Span {
  return { text: clean(text), style };
}

/** Text of ours, shown as it is written: punctuation, glyphs, labels. Never anything from outside. */
export function own(text: string, style: Style = 'plain'): Span {
  return { text, style };
}

/** Like `span`, kept on one line. */
export function glued(text: string, style: Style = 'plain'): Span {
  return { text: clean(text).replaceAll(' ', GLUE), style };
}

/** A sentence with figures, each on one line with its unit: `63 %`, `2 min 5 s`, `48 213`. The text may come from outside. */
export function figures(text: string, style: Style = 'plain'): Span {
  const glue = clean(text)
    .replaceAll(/(?<=\d) (?=(?:ns|μs|ms|s|min|h|%)(?!\w))/g, GLUE)
    .replaceAll(/(?<=\b(?:min|h)) (?=\d+ ?(?:s|min)\b)/g, GLUE)
    .replaceAll(/(?<=\d) (?=\d{3}(?!\d))/g, GLUE);
  return { text: glue, style };
}

/** A sentence of ours: what stands in backticks is shown as code, and a short command stays on one line. */
export function prose(text: string, style: Style = 'plain'): Span[] {
  const parts = clean(text).split(/(`[^`]+`)/);
  return parts
    .filter((part) => part !== '')
    .map((part) => (/^`.+`$/.test(part) ? code(part) : { text: part, style }));
}

function code(text: string): Span {
  const short = displayWidth(text) <= LONGEST_GLUED;
  return { text: short ? text.replaceAll(' ', GLUE) : text, style: 'code' };
}

/** Columns that a row takes. */
export function rowWidth(row: Row): number {
  return row.reduce((sum, piece) => sum + displayWidth(piece.text), 0);
}

interface WrapOptions {
  /** Columns of the first line, and of those after it. */
  readonly first: number;
  readonly rest?: number;
  /** Lines at most; the last one then ends in `…`. */
  readonly lines?: number;
}

/** Breaks at spaces; only a word that is longer than a whole line is broken inside. */
export function wrap(spans: readonly Span[], options: WrapOptions): Row[] {
  const rest = Math.max(1, options.rest ?? options.first);
  const rows: Span[][] = [];
  let row: Span[] = [];
  let limit = Math.max(1, options.first);
  let used = 0;
  const newRow = (): void => {
    rows.push(row);
    row = [];
    limit = rest;
    used = 0;
  };
  for (const word of words(spans)) {
    const size = rowWidth(word.pieces);
    const gap = used > 0 ? 1 : 0;
    if (used + gap + size <= limit) {
      if (gap > 0) row.push({ text: ' ', style: sameStyle(row, word.pieces) });
      row.push(...word.pieces);
      used += gap + size;
      continue;
    }
    if (used > 0) newRow();
    for (const char of characters(word.pieces)) {
      const wide = displayWidth(char.text);
      if (used + wide > limit && used > 0) newRow();
      row.push(char);
      used += wide;
    }
  }
  rows.push(row);
  return cutRows(rows, options.lines, rest);
}

/** The blank between two words of one style is of that style, which saves escape codes. */
function sameStyle(before: Row, after: Row): Style {
  const style = before.at(-1)?.style;
  return style !== undefined && style === after[0]?.style ? style : 'plain';
}

function characters(pieces: readonly Span[]): Span[] {
  return pieces.flatMap(({ text, style }) => [...text].map((char) => ({ text: char, style })));
}

function cutRows(rows: Span[][], most: number | undefined, width: number): Row[] {
  if (most === undefined || rows.length <= most) return rows;
  const kept = rows.slice(0, most);
  const last = kept.at(-1) ?? [];
  return [...kept.slice(0, -1), clipRow([...last, { text: ' …', style: 'quiet' }], width)];
}

/** Cuts a row to a width, with `…` where something was lost. */
export function clipRow(row: Row, width: number): Row {
  if (rowWidth(row) <= width) return row;
  const kept: Span[] = [];
  let used = 0;
  for (const piece of row) {
    const size = displayWidth(piece.text);
    if (used + size > width - 1) {
      kept.push({ text: clip(`${piece.text}……`, width - used), style: piece.style });
      break;
    }
    kept.push(piece);
    used += size;
  }
  return kept;
}

interface Word {
  readonly pieces: Span[];
}

function words(spans: readonly Span[]): Word[] {
  const found: Word[] = [];
  let spaced = true;
  for (const piece of spans) {
    for (const [at, text] of piece.text.split(/ +/).entries()) {
      if (at > 0) spaced = true;
      if (text === '') continue;
      const last = found.at(-1);
      if (spaced || last === undefined) found.push({ pieces: [{ text, style: piece.style }] });
      else last.pieces.push({ text, style: piece.style });
      spaced = false;
    }
  }
  return found;
}

/** Puts `lead` before the first row and `hang` (default: as many spaces) before those after it. */
export function indent(rows: readonly Row[], lead: Row, hang?: Row): Row[] {
  const blank: Row = hang ?? [{ text: ' '.repeat(rowWidth(lead)), style: 'plain' }];
  return rows.map((row, at) => [...(at === 0 ? lead : blank), ...row]);
}

/** A paragraph: wrapped to `width` with `margin` columns free at the left. No words, no rows. */
export function paragraph(spans: readonly Span[], width: number, margin: number, lines?: number): Row[] {
  const rows = wrap(spans, { first: width - margin, ...(lines === undefined ? {} : { lines }) });
  return indent(
    rows.filter((row) => row.length > 0),
    [space(margin)],
  );
}

/** Things of equal rank on as few lines as they need, parted by `dot` except at the end of a line. */
export function itemised(items: readonly Row[], dot: Span, width: number, margin: number): Row[] {
  const lines: Span[][] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && rowWidth([...last, dot, ...item]) <= width - margin) last.push(dot, ...item);
    else lines.push([...item]);
  }
  return lines.flatMap((line) => paragraph(line, width, margin));
}

/** The last line of a list that is cut: how many are not shown. */
export function moreRow(count: number, width: number, palette: Palette): Row[] {
  return count > 0 ? paragraph([own(`${palette.glyphs.more} ${count} more: --json`, 'quiet')], width, 2) : [];
}

export function space(count: number): Span {
  return { text: ' '.repeat(Math.max(0, count)), style: 'plain' };
}

/** `── evidence ─────────`: parts the report and names the part, in one line; `right` stands at its end, if it fits. */
export function heading(label: string, width: number, palette: Palette, right?: Span): Row {
  const dash = palette.glyphs.dash;
  const start: Row = [own(`${dash}${dash} `, 'quiet'), own(label, 'heading'), own(' ', 'quiet')];
  const end: Row = right === undefined ? [] : [own(' ', 'quiet'), right, own(` ${dash}${dash}`, 'quiet')];
  const rule = width - rowWidth(start) - rowWidth(end);
  if (rule < 4 && right !== undefined) return heading(label, width, palette);
  return clipRow([...start, own(dash.repeat(Math.max(0, rule)), 'quiet'), ...end], width);
}

/** The bytes for the terminal: no trailing blanks, one newline a row. */
export function toText(rows: readonly Row[], palette: Palette): string {
  return rows.map((row) => `${rowText(row, palette)}\n`).join('');
}

function rowText(row: Row, palette: Palette): string {
  const pieces = mergeStyles(row);
  const last = pieces.at(-1);
  if (last !== undefined) last.text = last.text.trimEnd();
  return pieces
    .filter((piece) => piece.text !== '')
    .map((piece) => palette.paint(piece.style, piece.text.replaceAll(GLUE, ' ')))
    .join('');
}

/** Neighbours in one style become one, so that the output holds no more escape codes than it needs. */
function mergeStyles(row: Row): { text: string; style: Style }[] {
  const merged: { text: string; style: Style }[] = [];
  for (const piece of row) {
    const last = merged.at(-1);
    if (last !== undefined && last.style === piece.style) last.text += piece.text;
    else merged.push({ text: piece.text, style: piece.style });
  }
  return merged;
}
