import { decodeUtf8 } from '../../term/sanitize.ts';
import type { TraceEvent } from '../../trace/event.ts';

/** What nearly no text of an event holds: bytes that may be UTF-8. */
const BYTES = /[\x80-\xff]/;

/** Names and arguments are bytes as they were recorded; output files show text. The same event where all of it is ASCII. */
export function decodedEvent(event: TraceEvent): TraceEvent {
  return textsOf(event).some((text) => text !== undefined && BYTES.test(text)) ? decoded(event) : event;
}

function textsOf(event: TraceEvent): readonly (string | undefined)[] {
  switch (event.type) {
    case 'syscall':
      return [event.args, event.resultText, event.waker?.comm];
    case 'state':
      return [event.waker?.comm];
    case 'comm':
      return [event.comm];
    case 'exec':
      return [event.path, event.argv];
    default:
      return [];
  }
}

/** A copy of plain data, the texts in it read as UTF-8. */
export function decoded<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value === 'string') return decodeUtf8(value);
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}
