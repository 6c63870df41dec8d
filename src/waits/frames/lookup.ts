import { lazily } from '../../procfs/lazily.ts';
import { canonicalName } from './names.ts';
import { type FrameRule, patternsOf } from './rule.ts';
import { vocabulary } from './vocabulary/index.ts';

const ASTERISK = 42;

interface Index {
  /** By pattern as it is written. */
  readonly byPattern: ReadonlyMap<string, FrameRule>;
  /** Lengths of the patterns that end in `*`, longest first. */
  readonly lengths: readonly number[];
}

const index = lazily((): Index => {
  const byPattern = new Map<string, FrameRule>();
  const found: boolean[] = [];
  for (const rule of vocabulary()) {
    for (const pattern of patternsOf(rule)) {
      byPattern.set(pattern, rule);
      const last = pattern.length - 1;
      if (pattern.charCodeAt(last) === ASTERISK) found[last] = true;
    }
  }
  const lengths = [...found.keys()].filter((length) => found[length] === true).reverse();
  return { byPattern, lengths };
});

/** Names repeat much in a log; a hostile log's do not, so the memory is bounded. */
const MAX_REMEMBERED = 20_000;
const remembered = new Map<string, FrameRule | null>();

/** What the vocabulary says of a function: its own row, else the row with the longest matching beginning. */
export function ruleOf(name: string): FrameRule | undefined {
  const known = remembered.get(name);
  if (known !== undefined) return known ?? undefined;
  const rule = find(canonicalName(name));
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(name, rule ?? null);
  return rule;
}

function find(name: string): FrameRule | undefined {
  return index().byPattern.get(name) ?? byPrefix(name);
}

/** The family that a function's name begins with, whatever its own row says. */
export function familyOf(name: string): FrameRule | undefined {
  return byPrefix(canonicalName(name));
}

function byPrefix(name: string): FrameRule | undefined {
  const { byPattern, lengths } = index();
  for (const length of lengths) {
    if (length > name.length) continue;
    const rule = byPattern.get(`${name.slice(0, length)}*`);
    if (rule) return rule;
  }
  return undefined;
}
