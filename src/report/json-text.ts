/** What a JSON document can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * Characters that JSON allows unescaped and a terminal obeys or hides: DEL, C1 controls, formats (direction, zero width,
 * tags), line separators, non-characters, blank letters. The newlines between the lines stay.
 */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u115f\u1160\u3164\uffa0]/gu;

/** What nearly all texts are: nothing in it needs a look by its Unicode properties. */
const PLAIN = /^[\x20-\x7e]*$/;

/** JSON in two-space indentation, safe to be shown by a terminal, whatever names and paths it holds. Ends in a newline. */
export function safeStringify(value: object): string {
  return `${JSON.stringify(value, undefined, 2).replace(UNSAFE, escaped)}\n`;
}

/** One value within a line of JSON, as safe as that; a bigint becomes an integer of all its digits. */
export function safeValue(value: Json | bigint): string {
  if (typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value);
  return PLAIN.test(text) ? text : text.replace(UNSAFE, escaped);
}

/** Unsafe characters stand only within strings, where `\uXXXX` means the same. */
function escaped(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** Leaves out what is undefined, so that an absent field is absent. */
export function present<T extends Record<string, Json | undefined>>(fields: T): { [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}
