import type { Judged } from '../../diagnosis/diagnosis.ts';
import { indent, moreRow, own, paragraph, prose, type Row, space, span, wrap } from './layout.ts';
import { type Palette, SEVERITY_STYLE, severityGlyph } from './palette.ts';
import { commandSpan } from './remedies.ts';

const MOST = 5;

/** What else was found: title and cause, and of warnings the story and the first command. */
export function furtherRows(
  findings: readonly Judged[],
  top: Judged | undefined,
  width: number,
  palette: Palette,
): Row[] {
  const shown = findings.slice(0, MOST);
  const rows = shown.flatMap((finding) => oneFinding(finding, top, width, palette));
  return [...rows, ...moreRow(findings.length - shown.length, width, palette)];
}

function oneFinding(finding: Judged, top: Judged | undefined, width: number, palette: Palette): Row[] {
  const lead: Row = [
    space(2),
    own(severityGlyph(finding.severity, palette.glyphs), SEVERITY_STYLE[finding.severity]),
    space(1),
  ];
  const sure = finding.confidence === 'certain' ? [] : [span(` (${finding.confidence})`, 'caution')];
  const title = wrap([...prose(finding.title, 'name'), own(' '), span(finding.rule.id, 'code'), ...sure], {
    first: width - 4,
    lines: 2,
  });
  // What is only worth knowing, or another view of the same trouble, is one line: its story is in explain and in --json.
  const same = top?.culprit !== undefined && finding.culprit?.id === top.culprit.id;
  if (finding.severity === 'info' || same) return indent(title, lead);
  const command = finding.remedies.find((remedy) => remedy.command !== '')?.command;
  return [
    ...indent(title, lead),
    ...paragraph(prose(finding.summary), width, 4, 2),
    ...(command === undefined ? [] : [[space(4), commandSpan(command)]]),
  ];
}
