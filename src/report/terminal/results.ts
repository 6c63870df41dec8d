import type { DiagnosisResult } from '../../diagnosis/diagnose.ts';
import { line } from '../text.ts';
import { type RenderOptions, renderDiagnosis } from './diagnosis.ts';

export interface RenderedResults {
  /** For stdout. */
  readonly text: string;
  /** For stderr: one sentence for each process that could not be looked at, safe to print, without a newline. */
  readonly errors: readonly string[];
}

/** All diagnoses one below the other, parted by an empty line. */
export async function renderResults(
  results: readonly DiagnosisResult[],
  options: RenderOptions,
): Promise<RenderedResults> {
  const screens: string[] = [];
  const errors: string[] = [];
  for (const result of results) {
    if ('diagnosis' in result) screens.push(await renderDiagnosis(result.diagnosis, options));
    else errors.push(line(result.error.message));
  }
  return { text: screens.join('\n'), errors };
}
