import type { Rule } from '../../rules/rule.ts';
import {
  heading,
  indent,
  own,
  paragraph,
  prose,
  type Row,
  rowWidth,
  space,
  span,
  toText,
  wrap,
} from './layout.ts';
import { palette as makePalette, type Palette } from './palette.ts';

export interface ExplanationOptions {
  readonly width: number;
  readonly colour: boolean;
  readonly unicode: boolean;
}

const NARROWEST = 40;

/** A cause in a page: what it means, how to see it by hand, what helps, what does not, what only looks like it. */
export function renderExplanation(rule: Rule, options: ExplanationOptions): string {
  const width = Math.max(NARROWEST, options.width);
  const palette = makePalette(options.colour, options.unicode);
  const { explanation } = rule;
  const title: Row = [span(rule.id, 'name'), span(`: ${rule.title}`)];
  const rows: Row[] = [
    ...wrap(title, { first: width }),
    ...paragraph([span(`family ${familyOf(rule)}`, 'quiet')], width, 0),
    [],
    ...paragraph(prose(explanation.meaning), width, 2),
    ...list('see it by hand', explanation.byHand, width, palette),
    ...list('what resolves it', explanation.resolves, width, palette),
    ...list('what does not', explanation.doesNot, width, palette),
    ...list('what only looks like it', explanation.lookAlikes, width, palette),
    ...list('sources', explanation.sources, width, palette),
  ];
  return toText(rows, palette);
}

function list(label: string, items: readonly string[], width: number, palette: Palette): Row[] {
  if (items.length === 0) return [];
  const lead: Row = [space(2), own(palette.glyphs.dot, 'quiet'), space(1)];
  return [
    [],
    heading(label, width, palette),
    ...items.flatMap((item) => indent(wrap(prose(item), { first: width - rowWidth(lead) }), lead)),
  ];
}

/** All causes, by family. */
export function renderExplanationList(rules: readonly Rule[], options: ExplanationOptions): string {
  const width = Math.max(NARROWEST, options.width);
  const palette = makePalette(options.colour, options.unicode);
  const column = Math.max(...rules.map((rule) => rule.id.length)) + 2;
  const families = new Map<string, Rule[]>();
  for (const rule of rules) families.set(familyOf(rule), [...(families.get(familyOf(rule)) ?? []), rule]);
  const rows = [...families].flatMap(([family, members]) => [
    heading(family, width, palette),
    ...members.flatMap((rule) => oneLine(rule, column, width)),
    [],
  ]);
  return toText([...rows, [span('One of them: ', 'quiet'), span('procdiag explain CAUSE', 'code')]], palette);
}

/** `none` has it in JSON: nothing is wrong. */
function familyOf({ family }: Rule): string {
  return family === 'none' ? 'healthy' : family;
}

/** Name and title side by side where there is room for both. */
function oneLine(rule: Rule, column: number, width: number): Row[] {
  const lead: Row = [space(2), span(rule.id, 'name'), space(column - rule.id.length)];
  if (width - column - 2 < 24)
    return [[space(2), span(rule.id, 'name')], ...paragraph(prose(rule.title), width, 4)];
  return indent(wrap(prose(rule.title), { first: width - column - 2 }), lead);
}
