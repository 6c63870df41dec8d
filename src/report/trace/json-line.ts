import { type Json, safeValue } from '../json-text.ts';

/** What a line may hold: absent fields and numbers that JSON has no word for are left out, bigints stay exact. */
export interface LineFields {
  readonly [name: string]: Json | bigint | undefined;
}

/** An object of JSON in one line, without its end. */
export function jsonLine(fields: LineFields): string {
  let text = '';
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) continue;
    text += `${text === '' ? '{' : ','}"${name}":${safeValue(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}
