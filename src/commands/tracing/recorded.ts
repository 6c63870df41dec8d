import { CANNOT_LOOK, UserError } from '../../cli/errors.ts';
import { Progress } from '../../cli/progress.ts';
import { line } from '../../report/text.ts';
import { count } from '../../trace/digest/numbers.ts';
import type { LoadedTrace } from '../../trace/loaded.ts';
import { loadRecording } from '../../trace/record/files/load.ts';
import { record } from '../../trace/record/record.ts';
import {
  type Progress as Now,
  RecordError,
  type Recording,
  type RecordRequest,
} from '../../trace/record/request.ts';

/** A recording made now, open. */
export interface Recorded {
  readonly trace: LoadedTrace;
  readonly recording: Recording;
}

const COST =
  'strace stops the process twice in each system call: each takes 20 to 200 μs longer until it is gone (--perf alone costs 1 to 2 μs)';

type Wanted = Pick<RecordRequest, 'strace' | 'perf' | 'wholePerf'>;

/** Records as the flags say; with neither source named, perf where it works, else strace. `complain`: to stderr. */
export async function recordNow(
  request: RecordRequest,
  complain: (sentence: string) => void,
): Promise<Recorded> {
  const progress = new Progress(process.stderr.isTTY);
  const run = async (wanted: Wanted): Promise<Recording> => {
    return record({
      ...request,
      ...wanted,
      onBegin: (strace) => {
        request.onBegin?.(strace);
        if (strace) complain(COST);
      },
      onProgress: (now) => progress.show(inWords(now), performance.now()),
    });
  };
  try {
    const recording = await (request.strace || request.perf ? run(request) : either(run, complain));
    progress.end();
    for (const { tid, comm, what } of recording.left) complain(`${tid} ${line(comm)} is still ${what}`);
    for (const { message, remedy } of recording.refusals) {
      const sentence = `${message} ${remedy}`;
      // What makes it a part only is told with the answer.
      if (recording.meta.partial?.includes(sentence) !== true) complain(sentence);
    }
    try {
      return { recording, trace: loadRecording(recording.directory) };
    } catch (error) {
      await recording.remove();
      throw error;
    }
  } catch (error) {
    progress.end();
    throw error instanceof RecordError ? new UserError(CANNOT_LOOK, sentences(error)) : error;
  }
}

async function either(
  run: (wanted: Wanted) => Promise<Recording>,
  complain: (sentence: string) => void,
): Promise<Recording> {
  try {
    return await run({ strace: false, perf: true, wholePerf: true });
  } catch (error) {
    if (!(error instanceof RecordError) || error.refusals.some(({ source }) => source === 'both'))
      throw error;
    // What it is still permitted to see costs nothing, and says what strace cannot.
    const limited = error.refusals.every(
      ({ code }) => code === 'perf-not-permitted' || code === 'no-tracefs',
    );
    complain(
      limited
        ? `perf may not see the system calls, so strace is used beside it: ${sentences(error)}`
        : `perf cannot be used, so strace is: ${sentences(error)}`,
    );
    return await run({ strace: true, perf: limited });
  }
}

function sentences({ refusals, message }: RecordError): string {
  const told = refusals.map((refusal) => `${refusal.message} ${refusal.remedy}`.trim());
  return told.length === 0 ? message : told.join(' ');
}

export function inWords({ stage, elapsedMs, straceBytes, perfBytes, perfLost }: Now): string {
  if (stage === 'preparing') return 'starting the recorders …';
  if (stage === 'ending') return 'detaching …';
  const sizes = [
    ...(straceBytes > 0 ? [`about ${about(straceBytes / LINE_BYTES)} lines of strace`] : []),
    ...(perfBytes > 0 ? [`about ${about(perfBytes / EVENT_BYTES)} events of perf`] : []),
    ...(straceBytes + perfBytes > 0 ? [megabytes(straceBytes + perfBytes)] : []),
    ...(perfLost > 0 ? [`perf lost ${count(perfLost)} events`] : []),
  ].join(', ');
  return `recording for ${(elapsedMs / 1000).toFixed(0)} s${sizes === '' ? '' : `: ${sizes}`}; Ctrl+C ends it`;
}

/** What a line of strace and an event of perf take with our flags, on average: measured 135 to 230, and 76 to 97 bytes. */
const LINE_BYTES = 150;
const EVENT_BYTES = 85;

/** Two digits: it is an estimate. */
function about(value: number): string {
  return count(Math.round(Number(value.toPrecision(2))));
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
