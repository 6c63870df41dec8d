import { fstatSync } from 'node:fs';

/** What the terminal (or the pipe) at stdout can show; an argument of every renderer. */
export interface Screen {
  /** Columns. */
  readonly width: number;
  readonly colour: boolean;
  /** May box-drawing and other signs beyond ASCII be used? */
  readonly unicode: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Columns where nobody says how many there are: a file, a pipe, a log. */
const UNKNOWN_WIDTH = 80;
const NARROWEST = 20;

/** The screen at stdout. */
export async function screenOf(env: Environment, noColour: boolean): Promise<Screen> {
  const terminal = await terminalAt(1);
  return {
    width: widthOf(env, terminal?.columns),
    colour: wantsColour(env, terminal !== undefined, noColour),
    unicode: knowsUnicode(env),
  };
}

/**
 * Colour or none. In this order: `--no-color`, FORCE_COLOR (`0` and `false` say no), NO_COLOR (https://no-color.org),
 * TERM=dumb, CI (logs), and then a terminal has colour and all else has none.
 */
export function wantsColour(env: Environment, isTerminal: boolean, noColour: boolean): boolean {
  if (noColour) return false;
  const { FORCE_COLOR: force } = env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (env.NO_COLOR || env.TERM === 'dumb' || env.CI) return false;
  return isTerminal;
}

/** COLUMNS when it is a number, else the terminal's own count, else 80. */
export function widthOf(env: Environment, columns: number | undefined): number {
  const asked = /^\d{1,4}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : 0;
  return Math.max(NARROWEST, asked || columns || UNKNOWN_WIDTH);
}

/** Unless the locale names another character set, or the Linux console shows: containers set no locale at all. */
export function knowsUnicode(env: Environment): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || 'UTF-8';
  return /utf-?8/i.test(locale) && env.TERM !== 'linux' && env.TERM !== 'dumb';
}

/** Node's tty module brings the network stack along, so it is asked only when there may be a terminal at all. */
async function terminalAt(fd: 1): Promise<{ columns: number } | undefined> {
  if (!mayBeTerminal(fd)) return undefined;
  const { isatty } = await import('node:tty');
  return isatty(fd) ? { columns: process.stdout.columns } : undefined;
}

/** /dev/null and its like, of major number 1 (Documentation/admin-guide/devices.txt), are character devices too. */
const MEMORY_DEVICES = 1;

function mayBeTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && stat.rdev >> 8 !== MEMORY_DEVICES;
  } catch {
    return false; // closed: `procdiag >&-`
  }
}
