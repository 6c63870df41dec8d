type FunctionTest = (name: string) => boolean;

const bySource = new Map<string, FunctionTest>();

/**
 * Whether a pattern matches a function's name. Patterns `^(?:name|other\w*)$` are compared as names and beginnings: a
 * start of procdiag asks dozens of them once each, and V8 takes longer to compile one than to compare.
 */
export function functionTest(pattern: RegExp): FunctionTest {
  let test = bySource.get(pattern.source);
  if (test === undefined) {
    test = byNames(pattern.source) ?? ((name) => pattern.test(name));
    bySource.set(pattern.source, test);
  }
  return test;
}

const NAMES = /^\w+(?:\|\w+)*$/;
const NAMES_AND_BEGINNINGS = /^(?:\w|\\w[*+](?=\||$)|\|)+$/;

function byNames(source: string): FunctionTest | undefined {
  const list = listIn(source);
  if (list === undefined) return undefined;
  if (NAMES.test(list)) return (name) => isListed(name, list);
  if (!NAMES_AND_BEGINNINGS.test(list)) return undefined;
  const alternatives = list.split('|');
  const names = alternatives.filter((name) => !name.includes('\\'));
  const beginnings = alternatives.filter((name) => name.includes('\\'));
  return (name) => names.includes(name) || beginnings.some((beginning) => beginsWith(name, beginning));
}

/** What stands between `^(?:` and `)$`, or between `^` and `$`. */
function listIn(source: string): string | undefined {
  if (!source.startsWith('^') || !source.endsWith('$')) return undefined;
  if (source.startsWith('^(?:') && source.endsWith(')$')) return source.slice(4, -2);
  return source.includes('|') ? undefined : source.slice(1, -1);
}

/** Without taking the list apart: most functions are in none of it. */
function isListed(name: string, list: string): boolean {
  if (!/^\w+$/.test(name)) return false;
  for (let at = list.indexOf(name); at >= 0; at = list.indexOf(name, at + 1)) {
    const end = at + name.length;
    if ((at === 0 || list[at - 1] === '|') && (end === list.length || list[end] === '|')) return true;
  }
  return false;
}

/** `beginning` ends in `\w*` or `\w+`. */
function beginsWith(name: string, beginning: string): boolean {
  const length = beginning.length - 3;
  if (!name.startsWith(beginning.slice(0, length)) || /\W/.test(name)) return false;
  return beginning.endsWith('*') || name.length > length;
}
