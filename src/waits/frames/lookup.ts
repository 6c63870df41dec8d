import { canonicalName } from './names.ts';
import type { FrameRule } from './rule.ts';
import { VOCABULARY } from './vocabulary/index.ts';

const exact = new Map<string, FrameRule>();
const prefixes = new Map<string, FrameRule>();
const lengths: number[] = [];

for (const rule of VOCABULARY) {
  for (const pattern of rule.frames) {
    const name = canonicalName(pattern);
    if (!name.endsWith('*')) {
      if (!exact.has(name)) exact.set(name, rule);
      continue;
    }
    const prefix = name.slice(0, -1);
    if (!prefixes.has(prefix)) prefixes.set(prefix, rule);
    if (!lengths.includes(prefix.length)) lengths.push(prefix.length);
  }
}
lengths.sort((a, b) => b - a);

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
  return exact.get(name) ?? byPrefix(name);
}

/** The family that a function's name begins with, whatever its own row says. */
export function familyOf(name: string): FrameRule | undefined {
  return byPrefix(canonicalName(name));
}

function byPrefix(name: string): FrameRule | undefined {
  for (const length of lengths) {
    if (length > name.length) continue;
    const rule = prefixes.get(name.slice(0, length));
    if (rule) return rule;
  }
  return undefined;
}
