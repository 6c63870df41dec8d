import { describe, expect, test } from 'vitest';
import { renderTrace } from '../../../src/report/terminal/trace/report.ts';
import { displayWidth } from '../../../src/term/width.ts';
import type { StripState } from '../../../src/trace/digest/strip.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { summarised } from '../../trace/digest/summarised.ts';
import { told } from '../../trace/ledgers/told.ts';

/** Thirty children, each waited for, of which each leaves files open; one of each state in the strips. */
const CHILDREN = 30;
const EVENTS: readonly TraceEvent[] = told(
  Array.from({ length: CHILDREN }, (_, nth) => {
    const child = 1000 + nth;
    const at = nth * 1000;
    return `
      10 ${at} +fork ${child}
      ${child} ${at + 1} exec /usr/bin/program-${nth} ["program-${nth}"]
      ${child} ${at + 2} openat(AT_FDCWD, "/var/log/${nth}", O_RDONLY) = 3 <20>
      ${child} ${at + 30} read(0<pipe:[7]>, "x", 1) = 1 <${700 + nth}>
      ${child} ${at + 800} exit 1
      10 ${at + 5} wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = ${child} <${795 + nth}>
    `;
  }).join('\n'),
);

const STATES: readonly StripState[] = ['running', 'runnable', 'blocked', 'stopped', 'ptrace', 'in-call'];

function screen(width: number, top = 10, scheduled = false): string {
  return renderTrace(summarised(EVENTS, { scheduled }), {
    width,
    colour: false,
    unicode: true,
    top,
    strip: (_, columns) => Array.from({ length: columns }, (_unused, at) => STATES[at % STATES.length]),
  });
}

/** The lines below a heading. */
function part(text: string, heading: string): string[] {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`── ${heading} `));
  const to = lines.findIndex((line, at) => at > from && line.startsWith('── '));
  return lines.slice(from + 1, to === -1 ? undefined : to);
}

describe.each([40, 60, 80, 200])('in %i columns', (width) => {
  const text = screen(width);

  test('no line is wider than the terminal', () => {
    const wide = [...text.split('\n'), ...screen(width, 10, true).split('\n')].filter(
      (line) => displayWidth(line) > width,
    );
    expect(wide).toEqual([]);
  });

  test('no figure stands on another line than its unit', () => {
    const parted = text.matchAll(/\d\n +(?:ns|μs|ms|s|min|h|%)\b/g);
    expect([...parted].map(([found]) => found)).toEqual([]);
  });
});

test('--top says how many of each list are shown', () => {
  const counted = (top: number) => {
    const text = screen(80, top);
    return {
      strips: part(text, 'timeline').filter((line) => /^ {2}\d+ /.test(line)).length,
      threads: part(text, 'threads').filter((line) => /^ +\d+ /.test(line)).length,
      waits: part(text, 'longest waits').filter((line) => /^ +[\d.]+ m?s {2}\d+ /.test(line)).length,
      path: part(text, 'critical path').filter((line) => /^ +[\d.]+ .* (?:was|waited)/.test(line)).length,
      commands: part(text, 'ledgers').filter((line) => /^ +once /.test(line)).length,
    };
  };
  expect(counted(3)).toEqual({ strips: 3, threads: 3, waits: 3, path: 3, commands: 3 });
  expect(counted(15)).toEqual({ strips: 15, threads: 15, waits: 15, path: 15, commands: 15 });
});

test('of threads that --json has not either it does not say that they are there', () => {
  const calls = Array.from(
    { length: 300 },
    (_, nth) => `${nth + 1} ${nth} read(0<pipe:[7]>, "x", 1) = 1 <20>`,
  );
  const text = renderTrace(summarised(told(calls.join('\n'))), {
    width: 80,
    colour: false,
    unicode: true,
    top: 10,
    strip: () => undefined,
  });
  expect(part(text, 'threads').at(-1)).toBe('  … 190 more: --json');
});

/** What of a line stands before that column. */
function upTo(row: string, column: number): string {
  let text = '';
  for (const char of row) if (displayWidth(text) < column) text += char;
  return text;
}

/** Bytes, as recordings have them: newlines, escape codes, what is no UTF-8, what is, and what takes two columns. */
const NAMES = [
  'one\ntwo\n',
  '\x1b]0;pwn\x07zzz',
  '\xff\xfe\x80\x81\xff\xfe\x80\x81\xff\xfe\x80\x81',
  '\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e',
  '\n\n\n',
  '  a b  ',
];

describe.each([40, 60, 80, 120])('names that would break a table, in %i columns', (width) => {
  const events: readonly TraceEvent[] = NAMES.flatMap((comm, nth) => {
    const tid = 10 + nth;
    const next = 10 + ((nth + 1) % NAMES.length);
    const at = { pid: tid, tid, startNs: 0 };
    return [
      { type: 'comm', ...at, sources: [], comm } as const,
      ...told(`${tid} 0 futex(0x7f10, FUTEX_WAIT, 2, NULL) = 0 <${100 + nth}>`).map((event) => ({
        ...event,
        blockedNs: 9e7,
        runnableNs: 1.23e6,
        onCpuNs: 9.87e6,
        waker: { pid: next, tid: next, comm: NAMES[(nth + 1) % NAMES.length]!, how: 'futex' as const },
      })),
      { type: 'state', ...at, state: 'ptrace', startNs: 2e8, durationNs: 1.23e6 } as const,
      { type: 'state', ...at, state: 'runnable', startNs: 3e8, durationNs: 4.56e6 } as const,
      { type: 'state', ...at, state: 'blocked', startNs: 4e8, durationNs: 7.89e6, during: 'futex' } as const,
    ];
  });
  const text = renderTrace(summarised(events, { scheduled: true }), {
    width,
    colour: false,
    unicode: true,
    top: 20,
    strip: (_, columns) => Array.from({ length: columns }, () => 'blocked' as const),
  });

  test('are on one line each, made visible, and as wide as they show', () => {
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    for (const heading of ['timeline', 'threads'])
      expect(part(text, heading).filter((row) => /^ +1\d /.test(row))).toHaveLength(NAMES.length);
    expect(part(text, 'longest waits').filter((row) => /^ +[\d.]+ m?s {2}1\d /.test(row))).toHaveLength(
      NAMES.length,
    );
    expect(text.split('\n').filter((row) => displayWidth(row) > width)).toEqual([]);
    const [head = '', ...rows] = part(text, 'threads').filter((row) => row !== '');
    const end = head.indexOf('on CPU') + 'on CPU'.length;
    expect(rows.map((row) => upTo(row, end).at(-1))).toEqual(NAMES.map(() => 's'));
  });

  test('take no figure its room', () => {
    expect(part(text, 'threads').join('\n')).not.toMatch(/\d …/);
  });
});
