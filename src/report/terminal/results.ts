import type { DiagnosisResult } from '../../diagnosis/diagnose.ts';
import { line } from '../text.ts';
import { type RenderOptions, renderDiagnosis } from './diagnosis.ts';
import { paragraph, span, toText } from './layout.ts';
import { palette as makePalette } from './palette.ts';

export interface RenderedResults {
  /** For stdout. */
  readonly text: string;
  /** For stderr: one sentence for each process that could not be looked at, safe to print, without a newline. */
  readonly errors: readonly string[];
}

/**
 * All diagnoses one below the other, parted by an empty line. `captured`: they are of a capture, so that what they advise is
 * not for this host and this moment.
 */
export async function renderResults(
  results: readonly DiagnosisResult[],
  options: RenderOptions & { readonly captured?: boolean },
): Promise<RenderedResults> {
  const screens: string[] = [];
  const errors: string[] = [];
  for (const result of results) {
    if ('diagnosis' in result) screens.push(await renderDiagnosis(result.diagnosis, options));
    else errors.push(line(result.error.message));
  }
  const head = options.captured === true ? capturedHead(results, options) : '';
  return { text: head + screens.join('\n'), errors };
}

function capturedHead(results: readonly DiagnosisResult[], options: RenderOptions): string {
  const [diagnosis] = results.flatMap((result) => ('diagnosis' in result ? [result.diagnosis] : []));
  if (diagnosis === undefined) return '';
  const { host, timing } = diagnosis;
  const where = host.hostname === undefined ? '' : ` on ${line(host.hostname)}`;
  const when = timing.startedAt.replace('T', ' ').replace(/[.]\d+Z$/, ' UTC');
  const words = `captured${where} at ${line(when)}: what it advises is for that host, if its PIDs are still the same`;
  const palette = makePalette(options.colour, options.unicode);
  return toText(paragraph([span(words, 'quiet')], Math.max(20, options.width), 0), palette);
}
