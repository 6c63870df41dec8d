import type { TraceFinding } from '../../../trace/finding.ts';
import { line } from '../../text.ts';
import { indent, moreRow, own, paragraph, prose, type Row, space, span, wrap } from '../layout.ts';
import { type Palette, SEVERITY_STYLE, severityGlyph } from '../palette.ts';
import { commandSpan } from '../remedies.ts';

const MOST = 5;
const MOST_FACTS = 3;
const MOST_REMEDIES = 2;

/** What is wrong: each with what shows it and what to do. */
export function findingRows(findings: readonly TraceFinding[], width: number, palette: Palette): Row[] {
  return [
    ...findings.slice(0, MOST).flatMap((finding) => oneFinding(finding, width, palette)),
    ...moreRow(findings.length - MOST, width, palette),
  ];
}

function oneFinding(finding: TraceFinding, width: number, palette: Palette): Row[] {
  const style = SEVERITY_STYLE[finding.severity];
  const lead: Row = [space(2), own(severityGlyph(finding.severity, palette.glyphs), style), space(1)];
  const title = [span(finding.title, 'name'), own(' '), own(finding.cause, 'code')];
  const facts = finding.severity === 'info' ? [] : finding.facts.slice(0, MOST_FACTS);
  const remedies = finding.severity === 'info' ? [] : finding.remedies.slice(0, MOST_REMEDIES);
  return [
    ...indent(wrap(title, { first: width - 4 }), lead),
    ...paragraph([span(finding.summary)], width, 4, 4),
    ...paragraph([own(`${finding.confidence}: `, 'quiet'), ...prose(finding.because, 'quiet')], width, 4, 2),
    ...facts.flatMap(({ text }) => paragraph([own('· ', 'quiet'), own(line(text), 'says')], width, 4, 1)),
    ...remedies.flatMap(({ command, effect }) => [
      ...(command === '' ? [] : [[space(4), commandSpan(command)]]),
      ...paragraph(prose(effect), width, command === '' ? 4 : 6, 2),
    ]),
  ];
}
