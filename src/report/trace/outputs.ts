import { foldedOutput } from './folded.ts';
import { htmlOutput } from './html/html.ts';
import { jsonlOutput } from './jsonl.ts';
import type { MakeOutput } from './output.ts';
import { perfettoOutput } from './perfetto/perfetto.ts';
import { speedscopeOutput } from './speedscope/speedscope.ts';

/** An output file that a trace can be written to. */
export interface OutputKind {
  /** What a file's name must end in. */
  readonly extension: string;
  /** For help texts and errors. */
  readonly description: string;
  readonly make: MakeOutput;
}

export const OUTPUT_KINDS: readonly OutputKind[] = [
  {
    extension: '.html',
    description: 'a page with a timeline, for a browser',
    make: htmlOutput,
  },
  {
    extension: '.perfetto.json',
    description: 'Chrome trace events: opens in ui.perfetto.dev',
    make: perfettoOutput,
  },
  {
    extension: '.speedscope.json',
    description: 'calls and waits of each thread: opens in speedscope.app',
    make: speedscopeOutput,
  },
  {
    extension: '.folded',
    description: 'stacks on and off the CPU, for flame graphs',
    make: foldedOutput,
  },
  {
    extension: '.jsonl',
    description: 'one event a line',
    make: jsonlOutput,
  },
];

/** Says which output a file name asks for. Throws an error for the user when it asks for none. */
export function outputKindFor(file: string): OutputKind {
  const name = file.toLowerCase();
  const kind = OUTPUT_KINDS.find(({ extension }) => name.endsWith(extension) && name !== extension);
  if (kind !== undefined) return kind;
  const known = OUTPUT_KINDS.map(({ extension, description }) => `${extension} (${description})`);
  throw new UnknownOutputError(`${file}: the name must end in one of ${known.join(', ')}`);
}

/** A file name that no output goes by. */
export class UnknownOutputError extends Error {
  override readonly name = 'UnknownOutputError';
}
