import { analyse } from '../../../src/trace/analyse.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { loadRecording } from '../../../src/trace/record/files/load.ts';
import { record } from '../../../src/trace/record/record.ts';
import { RecordError, type RecordRequest } from '../../../src/trace/record/request.ts';

/**
 * Records as the first argument says (a RecordRequest as JSON), tells its stages and then the result on stdout, a line of
 * JSON each. SIGINT, SIGTERM and SIGHUP end the recording. With `"keep": true` the directory stays until stdin ends; with
 * `"look": true` the first events are told, too.
 */
const { keep, look, ...request } = JSON.parse(process.argv[2] ?? '{}') as RecordRequest & {
  keep?: boolean;
  look?: boolean;
};
const MOST_EVENTS = 20_000;
const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());

const tell = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
let stage = '';
try {
  const recording = await record({
    ...request,
    stop: controller.signal,
    onProgress: (progress) => {
      if (progress.stage === stage) return;
      stage = progress.stage;
      tell({ stage });
    },
  });
  const { directory, meta, endedBy, left, refusals } = recording;
  const events = look === true ? eventsOf(directory) : undefined;
  tell({ directory, endedBy, left, refusals, meta, events });
  if (keep === true) for await (const _ of process.stdin);
  await recording.remove();
} catch (error) {
  if (!(error instanceof RecordError)) throw error;
  tell({ refused: error.refusals });
  process.exitCode = 2;
}

function eventsOf(directory: string): TraceEvent[] {
  const events: TraceEvent[] = [];
  const trace = loadRecording(directory);
  analyse({ ...trace.input, sinks: [{ event: (event) => void events.push(event) }] });
  trace.close();
  return events.slice(0, MOST_EVENTS);
}
