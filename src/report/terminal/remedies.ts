import type { Judged, Verdict } from '../../diagnosis/diagnosis.ts';
import type { Remedy } from '../../rules/rule.ts';
import { indent, moreRow, own, paragraph, prose, type Row, type Span, space, span, wrap } from './layout.ts';
import type { Palette } from './palette.ts';

const MOST = 4;
/** What does not help matters most where little does. */
const MOST_USELESS = 2;
const FEW_REMEDIES = 1;

/** What to do, in order, each with its effect and risk; then what is often tried and does not help. */
export function remedyRows(finding: Judged, verdict: Verdict, width: number, palette: Palette): Row[] {
  const shown = finding.remedies.slice(0, MOST);
  const rows: Row[] = [];
  let commands = 0;
  for (const remedy of shown) {
    if (remedy.command !== '') commands += 1;
    const sign = remedy.command === '' ? own(palette.glyphs.info, 'name') : own(`${commands}`, 'name');
    rows.push(...oneRemedy(remedy, sign, width));
  }
  return [
    ...rows,
    ...moreRow(finding.remedies.length - shown.length, width, palette),
    ...useless(finding, verdict, width, palette),
  ];
}

/** A command is numbered and stands on its own line; advice has a bullet. */
function oneRemedy(remedy: Remedy, sign: Span, width: number): Row[] {
  const lead: Row = [space(2), sign, space(2)];
  const words = [...prose(remedy.effect), ...risk(remedy)];
  if (remedy.command === '') return indent(wrap(words, { first: width - 5 }), lead);
  return [[...lead, commandSpan(remedy.command)], ...paragraph(words, width, 5)];
}

/** Never wrapped, whatever its length: it is there to be copied. */
export function commandSpan(command: string): Span {
  return span(command, 'command');
}

function risk(remedy: Remedy): Span[] {
  if (remedy.risk === '') return [];
  const stop = /[.!?]$/.test(remedy.effect) || remedy.effect === '' ? ' ' : '. ';
  return [own(`${stop}Risk: `, 'quiet'), ...prose(remedy.risk, 'quiet')];
}

function useless(finding: Judged, verdict: Verdict, width: number, palette: Palette): Row[] {
  // What a page says of the cause in general does not hold for a wait that SIGKILL ends.
  const tried = finding.rule.explanation.doesNot.filter(
    (text) => verdict.killable !== true || !/^`?(?:SIGKILL|kill -(?:9|KILL))/i.test(text),
  );
  const said = [
    ...tried,
    ...finding.remedies.filter(({ command }) => command === '').map(({ effect }) => effect),
  ];
  const kill = verdict.killable === false && !said.some((text) => /SIGKILL|kill -(9|KILL)/i.test(text));
  const all = kill ? ['SIGKILL: it stays pending until the wait ends.', ...tried] : tried;
  return all
    .slice(0, finding.remedies.length > FEW_REMEDIES ? 1 : MOST_USELESS)
    .flatMap((text) =>
      indent(
        wrap([own('will not help: ', 'quiet'), ...prose(text, 'quiet')], { first: width - 5, lines: 2 }),
        [space(2), own(palette.glyphs.no, 'alarm'), space(2)],
      ),
    );
}
