import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { type Analysed, analyse } from '../../../../src/trace/analyse.ts';
import type { TraceEvent } from '../../../../src/trace/event.ts';
import type { LoadedTrace } from '../../../../src/trace/loaded.ts';
import { type ImportRequest, importTrace } from '../../../../src/trace/record/import/import.ts';

const FIXTURES = join(import.meta.dirname, '../../../../fixtures/imports');

/** A directory for the files of one test. */
export function workplace(): string {
  const directory = mkdtempSync(join(tmpdir(), 'procdiag-import-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The fixtures whose names begin so, unpacked; their paths by name. */
export function unpacked(...beginnings: readonly string[]): Record<string, string> {
  const directory = workplace();
  const paths: Record<string, string> = {};
  for (const name of readdirSync(FIXTURES)) {
    if (!name.endsWith('.gz') || !beginnings.some((beginning) => name.startsWith(`${beginning}.`))) continue;
    const plain = name.slice(0, -3);
    paths[plain] = join(directory, plain);
    writeFileSync(paths[plain], gunzipSync(readFileSync(join(FIXTURES, name))));
  }
  return paths;
}

export interface Imported {
  readonly trace: LoadedTrace;
  readonly analysed: Analysed;
  readonly events: readonly TraceEvent[];
  readonly notes: string;
}

/** Imports files and reads them to their end. */
export function imported(request: Partial<ImportRequest>): Imported {
  const trace = importTrace({ strace: [], perf: [], ...request });
  try {
    const events: TraceEvent[] = [];
    const analysed = analyse({ ...trace.input, sinks: [{ event: (event) => events.push(event) }] });
    return { trace, analysed, events, notes: trace.notes().join('\n') };
  } finally {
    trace.close();
  }
}
