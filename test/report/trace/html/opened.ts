import { htmlOutput, type PageLimits } from '../../../../src/report/trace/html/html.ts';
import { ABOUT_ID, type PageAbout, TEXTS_ID } from '../../../../src/report/trace/html/page/data.ts';
import { type Model, unpacked } from '../../../../src/report/trace/html/page/model.ts';
import type { TraceHead } from '../../../../src/report/trace/output.ts';
import type { TraceSummary } from '../../../../src/report/trace/summary.ts';
import type { TraceEvent } from '../../../../src/trace/event.ts';
import { written } from '../written.ts';

/** The page's file. */
export function pageOf(
  events: Iterable<TraceEvent>,
  limits: Partial<PageLimits> = {},
  known: { head?: TraceHead; summary?: TraceSummary } = {},
): string {
  return written((head, write) => htmlOutput(head, write, limits), events, known);
}

/** What the page's script makes of the file, without a browser. */
export function opened(events: Iterable<TraceEvent>, limits: Partial<PageLimits> = {}): Model {
  return modelOf(pageOf(events, limits));
}

/** The same of a file that is there. */
export function modelOf(html: string): Model {
  const data = new Map<string, string>();
  for (const [, id, text] of html.matchAll(/<script type="[^"]*" id="([^"]*)">([^<]*)<\/script>/g))
    data.set(id!, text!);
  const read = (id: string) => data.get(id)!;
  return unpacked(JSON.parse(read(ABOUT_ID)) as PageAbout, JSON.parse(read(TEXTS_ID)) as string[], read);
}
