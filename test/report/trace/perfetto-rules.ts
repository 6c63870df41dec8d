/**
 * What the importer of ui.perfetto.dev wants of Chrome trace events, and drops or misreads without a word when it does not
 * get it (google/perfetto, src/trace_processor/importers/json).
 */

interface Event {
  readonly ph?: unknown;
  readonly name?: unknown;
  readonly cat?: unknown;
  readonly id?: unknown;
  readonly bp?: unknown;
  readonly pid?: unknown;
  readonly tid?: unknown;
  readonly ts?: unknown;
  readonly dur?: unknown;
  readonly args?: { readonly name?: unknown };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is wrong with a file; empty: nothing. */
export function perfettoProblems(text: string): readonly string[] {
  const file = JSON.parse(text) as { displayTimeUnit?: unknown; traceEvents?: unknown };
  if (file.displayTimeUnit !== 'ns') return ['displayTimeUnit is not ns'];
  if (!Array.isArray(file.traceEvents)) return ['no traceEvents'];
  const events = file.traceEvents as readonly Event[];
  const spans = spansOf(events);
  return [
    ...events.flatMap((event, at) => fieldProblems(event).map((problem) => `event ${at}: ${problem}`)),
    ...[...spans].flatMap(([tid, track]) => nestingProblems(tid, track)),
    ...flowProblems(events, spans),
  ];
}

function fieldProblems(event: Event): string[] {
  const problems: string[] = [];
  const phase = event.ph;
  if (!['X', 'M', 'i', 's', 'f'].includes(phase as string)) problems.push(`phase ${String(phase)}`);
  for (const key of ['pid', 'tid'] as const) if (!isUint32(event[key])) problems.push(`${key} is no uint32`);
  if (typeof event.name !== 'string' || event.name === '') problems.push('no name');
  if (phase === 'M') {
    if (!['process_name', 'thread_name'].includes(event.name as string)) problems.push('unknown meta data');
    if (typeof event.args?.name !== 'string') problems.push('a name of nothing');
    return problems;
  }
  if (!Number.isFinite(event.ts)) problems.push('ts is not finite');
  if (phase === 'X' && !(Number.isFinite(event.dur) && (event.dur as number) >= 0)) problems.push('no dur');
  if (phase === 's' || phase === 'f') {
    if (!isUint32(event.id)) problems.push('id is no uint32');
    if (typeof event.cat !== 'string') problems.push('a flow without a category');
  }
  if (phase === 'f' && event.bp !== 'e') problems.push('the arrow ends at the next slice');
  return problems;
}

function isUint32(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}

/** As the importer rounds: to nanoseconds, each of both. */
function nanoseconds(microseconds: unknown): number {
  return Math.round((microseconds as number) * 1000);
}

function spansOf(events: readonly Event[]): Map<number, Span[]> {
  const tracks = new Map<number, Span[]>();
  for (const { ph, tid, ts, dur } of events) {
    if (ph !== 'X') continue;
    const from = nanoseconds(ts);
    const track = tracks.get(tid as number) ?? [];
    track.push({ from, to: from + nanoseconds(dur) });
    tracks.set(tid as number, track);
  }
  for (const track of tracks.values()) track.sort((a, b) => a.from - b.from || b.to - a.to);
  return tracks;
}

function nestingProblems(tid: number, track: readonly Span[]): string[] {
  const problems: string[] = [];
  const open: Span[] = [];
  for (const span of track) {
    while (open.length > 0 && open.at(-1)!.to <= span.from) open.pop();
    const around = open.at(-1);
    if (around !== undefined && span.to > around.to)
      problems.push(`track ${tid}: ${span.from}-${span.to} sticks out of ${around.from}-${around.to}`);
    open.push(span);
  }
  return problems;
}

function flowProblems(events: readonly Event[], spans: Map<number, Span[]>): string[] {
  const problems: string[] = [];
  const begun = new Map<string, number>();
  const flows = events.filter(({ ph }) => ph === 's' || ph === 'f');
  for (const { ph, cat, name, id, tid, ts } of flows) {
    const key = `${String(cat)}/${String(name)}/${String(id)}`;
    const at = nanoseconds(ts);
    if (!(spans.get(tid as number) ?? []).some(({ from, to }) => from <= at && at < to))
      problems.push(`flow ${key}: its ${String(ph)} lies in no slice`);
    if (ph === 's') {
      if (begun.has(key)) problems.push(`flow ${key} begins twice`);
      begun.set(key, at);
    } else {
      const from = begun.get(key);
      if (from === undefined) problems.push(`flow ${key} ends and never began`);
      else if (from > at) problems.push(`flow ${key} goes back in time`);
      begun.delete(key);
    }
  }
  for (const key of begun.keys()) problems.push(`flow ${key} never ends`);
  return problems;
}
