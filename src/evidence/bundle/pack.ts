import type { Key } from '../keys.ts';
import type { LogEntry, World } from '../world.ts';
import { BUNDLE_FORMAT, type Bundle, type BundleOptions, type BundleRecord } from './manifest.ts';
import type { Redactor } from './redact.ts';

export interface PackOptions {
  readonly version: string;
  readonly targets: readonly number[];
  readonly options: BundleOptions;
  readonly redactor?: Redactor;
}

/** Makes a bundle of all that was read in one diagnosis. */
export function pack(world: World, { version, targets, options, redactor }: PackOptions): Bundle {
  const files = new Map<string, string>();
  const records = world.log.map((entry, index): BundleRecord => {
    const { round: look, outcome } = entry;
    const key = redactor === undefined ? entry.key : redactor.key(entry.key);
    if (outcome.kind !== 'text') return { key, look, outcome };
    const file = fileName({ ...entry, key }, index);
    files.set(file, redactor === undefined ? outcome.text : redactor(entry.key, outcome.text));
    return { key, look, file, outcome: { kind: 'text', ...(outcome.cut === true ? { cut: true } : {}) } };
  });
  const manifest = {
    format: BUNDLE_FORMAT,
    tool: { name: 'procdiag' as const, version },
    startedAt: world.startedAt,
    targets,
    options,
    lookTimes: world.roundTimes,
    redacted: redactor !== undefined,
    records,
  };
  return { manifest, files };
}

/** A name that tells what the file is: `look0/proc/1/status`, `look0/proc/1/fd.links`, `look0/proc/1/task.names`. */
function fileName({ key, round }: LogEntry, index: number): string {
  const plain = readableName(key);
  const safe = /^[\w@+-][\w./@+-]*$/.test(plain) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(plain);
  return `look${round}/${safe ? plain : `other/${index}`}`;
}

function readableName(key: Key): string {
  if (key.startsWith('links:')) return `${key.slice('links:/'.length)}.links`;
  if (key.endsWith('/')) return `${key.slice(1, -1)}.names`;
  return key.startsWith('/') ? key.slice(1) : key.replaceAll(':', '/');
}
