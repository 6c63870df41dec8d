import { Chalk, type ChalkInstance } from 'chalk';
import type { VerdictState } from '../../diagnosis/diagnosis.ts';
import type { Severity } from '../../rules/rule.ts';
import { displayWidth } from '../../term/width.ts';

/** What a piece of text is, not how it looks: the looks are decided here alone. */
export type Style =
  | 'plain'
  | 'name'
  | 'quiet'
  | 'heading'
  | 'command'
  | 'code'
  | 'says'
  | 'alarm'
  | 'caution'
  | 'good'
  | 'doubt';

export interface Glyphs {
  readonly alarm: string;
  readonly caution: string;
  readonly good: string;
  readonly doubt: string;
  readonly info: string;
  readonly dot: string;
  readonly dash: string;
  readonly last: string;
  readonly tee: string;
  readonly bar: string;
  readonly culprit: string;
  readonly back: string;
  readonly more: string;
  readonly no: string;
}

const UNICODE: Glyphs = {
  alarm: '✖',
  caution: '▲',
  good: '✔',
  doubt: '?',
  info: '•',
  dot: '·',
  dash: '─',
  last: '└─',
  tee: '├─',
  bar: '│ ',
  culprit: '◀',
  back: '↺',
  more: '…',
  no: '✗',
};

const ASCII: Glyphs = {
  alarm: 'x',
  caution: '!',
  good: '+',
  doubt: '?',
  info: '*',
  dot: '-',
  dash: '-',
  last: '`-',
  tee: '|-',
  bar: '| ',
  culprit: '<-',
  back: '@',
  more: '...',
  no: 'x',
};

export interface Palette {
  readonly glyphs: Glyphs;
  readonly unicode: boolean;
  /** The bytes for a piece of one line. */
  paint(style: Style, text: string): string;
}

/** `colour` and `unicode` are decided by the caller: nothing here looks at the environment. */
export function palette(colour: boolean, unicode: boolean): Palette {
  const styles = colour ? looks(new Chalk({ level: 1 })) : undefined;
  return {
    glyphs: unicode ? UNICODE : ASCII,
    unicode,
    paint: (style, text) => {
      const shown = unicode ? text : asciiOnly(text);
      return styles === undefined ? shown : styles[style](shown);
    },
  };
}

/** A terminal without Unicode gets none: neither ours nor that in a process's name. */
function asciiOnly(text: string): string {
  return text
    .replaceAll('…', '~')
    .replaceAll('μ', 'u')
    .replace(/[^\u0000-\u007f]/gu, (char) => (displayWidth(char) === 0 ? '' : '?'));
}

function looks(chalk: ChalkInstance): Record<Style, (text: string) => string> {
  return {
    plain: (text) => text,
    name: chalk.bold,
    quiet: chalk.dim,
    heading: chalk.bold.blue,
    command: chalk.bold.green,
    code: chalk.cyan,
    says: chalk.cyan,
    alarm: chalk.bold.red,
    caution: chalk.bold.yellow,
    good: chalk.bold.green,
    doubt: chalk.bold.magenta,
  };
}

export const STATE_STYLE: Readonly<Record<VerdictState, Style>> = {
  hung: 'alarm',
  stopped: 'caution',
  leaking: 'caution',
  degraded: 'caution',
  healthy: 'good',
  unknown: 'doubt',
};

export const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = {
  critical: 'alarm',
  warning: 'caution',
  info: 'quiet',
};

export function stateGlyph(state: VerdictState, glyphs: Glyphs): string {
  if (state === 'hung') return glyphs.alarm;
  if (state === 'healthy') return glyphs.good;
  return state === 'unknown' ? glyphs.doubt : glyphs.caution;
}

export function severityGlyph(severity: Severity, glyphs: Glyphs): string {
  if (severity === 'critical') return glyphs.alarm;
  return severity === 'warning' ? glyphs.caution : glyphs.info;
}
