import { decodeUtf8 } from '../term/sanitize.ts';
import { story } from '../trace/digest/story.ts';
import type { TraceSummary } from '../trace/digest/summary.ts';
import { type Json, safeStringify } from './json-text.ts';
import { MOST_IN_JSON } from './most-in-json.ts';

/** Grows only when a reader of the older one would misread: see `schema/trace.schema.json`. */
const SCHEMA_VERSION = 1;

/** The text of `procdiag trace --json`. */
export function traceJson(
  summary: TraceSummary,
  meta: { readonly toolVersion: string; readonly outputs: readonly string[] },
): string {
  const told = clean({
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'procdiag', version: meta.toolVersion },
    ...summary,
    calls: summary.calls.slice(0, MOST_IN_JSON.calls),
    threads: summary.threads.slice(0, MOST_IN_JSON.threads),
    longestWaits: summary.longestWaits.slice(0, MOST_IN_JSON.waits),
    story: story(summary),
  });
  // Nanoseconds since boot or 1970 do not fit a double: they stand in the text as exact integers.
  // Names that the user gave are no bytes.
  return safeStringify({ ...(told as object), outputs: meta.outputs }).replace(
    new RegExp(`"${EXACT}(-?\\d+)"`, 'g'),
    '$1',
  );
}

/** Marks what becomes an integer; nothing from outside can hold it, as it is made anew in each run. */
const EXACT = `exact${Math.random().toString(36).slice(2)}:`;

/** Bytes of names and arguments to UTF-8, and what is undefined left out. */
function clean(value: unknown): Json {
  if (typeof value === 'string') return decodeUtf8(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') return `${EXACT}${value}`;
  if (value === null || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object') return null;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, clean(inner)]])),
  );
}
