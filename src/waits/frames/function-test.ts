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

const PLAIN = /^\^(?:\(\?:)?((?:\w|\\w[*+](?=[|)$])|\|)+)\)?\$$/;

function byNames(source: string): FunctionTest | undefined {
  const alternatives = PLAIN.exec(source)?.[1]?.split('|');
  if (alternatives === undefined) return undefined;
  const names = alternatives.filter((name) => !name.includes('\\'));
  if (names.length === alternatives.length) return (name) => names.includes(name);
  const beginnings = alternatives.filter((name) => name.includes('\\'));
  return (name) => names.includes(name) || beginnings.some((beginning) => beginsWith(name, beginning));
}

/** `beginning` ends in `\w*` or `\w+`. */
function beginsWith(name: string, beginning: string): boolean {
  const length = beginning.length - 3;
  if (!name.startsWith(beginning.slice(0, length)) || /\W/.test(name)) return false;
  return beginning.endsWith('*') || name.length > length;
}
