import type { StraceCall, StraceExit, StraceSignal } from '../../../src/trace/strace/call.ts';
import { StraceReader, type StraceReaderOptions } from '../../../src/trace/strace/reader.ts';

export type Told =
  | { readonly type: 'begun'; readonly call: StraceCall }
  | { readonly type: 'ended'; readonly of: string; readonly args: string; readonly stampNs: number }
  | { readonly type: 'alone'; readonly call: StraceCall; readonly stampNs: number }
  | ({ readonly type: 'signal' } & StraceSignal)
  | ({ readonly type: 'exit' } & StraceExit)
  | { readonly type: 'message'; readonly text: string; readonly tid: number };

/** Reads a log, given in one piece or in pieces, and keeps all that a visitor is told. */
export function read(
  text: string | readonly Uint8Array[],
  options: StraceReaderOptions = {},
): { events: Told[]; calls: StraceCall[]; reader: StraceReader } {
  const events: Told[] = [];
  const calls: StraceCall[] = [];
  const reader = new StraceReader(
    {
      begun: (call) => {
        calls.push(call);
        // Calls are filled in later: what is told now is kept as it is now.
        events.push({ type: 'begun', call: defined(call) });
      },
      ended: (call, stampNs) => events.push({ type: 'ended', of: call.name, args: call.args, stampNs }),
      resumedAlone: (call, stampNs) => events.push({ type: 'alone', call: defined(call), stampNs }),
      signal: (signal) => events.push({ type: 'signal', ...signal }),
      exit: (exit) => events.push({ type: 'exit', ...exit }),
      message: (said, tid) => events.push({ type: 'message', text: said, tid }),
    },
    options,
  );
  const chunks = typeof text === 'string' ? [Buffer.from(text, 'latin1')] : text;
  for (const chunk of chunks) reader.feed(chunk);
  reader.end();
  return { events, calls, reader };
}

/** A plain copy without what is undefined. */
function defined(call: StraceCall): StraceCall {
  return Object.fromEntries(
    Object.entries(call).filter(([, value]) => value !== undefined),
  ) as unknown as StraceCall;
}
