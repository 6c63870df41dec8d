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
