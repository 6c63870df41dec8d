import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SyscallEvent, TraceEvent } from '../../../../src/trace/event.ts';
import { chromiumPath, launchChromium } from '../../../support/chromium.ts';
import { fakeTrace } from '../../../support/fake-trace/fake-trace.ts';
import { providePage } from '../../../support/trace-page.ts';
import { HEAD, HOSTILE, HOSTILE_EVENTS, SUMMARY } from '../written.ts';
import { pageOf } from './opened.ts';

const SIZE = { width: 1280, height: 800 };
const POLL = { timeout: 30_000 };

if (chromiumPath === undefined) process.stderr.write('tests: no chromium here: the page is not opened\n');

describe.skipIf(chromiumPath === undefined)('the page in a browser', () => {
  const dir = mkdtempSync(join(tmpdir(), 'procdiag-page-'));
  let browser: Browser;
  let page: Page;
  /** All that went wrong, or went out, in the page that is open. */
  let trouble: string[];

  beforeAll(async () => {
    await providePage();
    browser = await launchChromium();
    write('small', fakeTrace({ events: 6000 }).events);
  });
  afterEach(() => page.close());
  afterAll(async () => {
    await browser?.close();
    rmSync(dir, { recursive: true });
  });

  function write(name: string, events: readonly TraceEvent[], known = {}): void {
    writeFileSync(join(dir, `${name}.html`), pageOf(events, {}, known));
  }

  async function open(name: string, colorScheme: 'light' | 'dark' = 'light'): Promise<void> {
    page = await browser.newPage({ colorScheme, viewport: SIZE, reducedMotion: 'reduce' });
    trouble = [];
    page.on('console', (message) => trouble.push(message.text()));
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('dialog', (dialog) => {
      trouble.push(dialog.message());
      void dialog.dismiss();
    });
    const url = pathToFileURL(join(dir, `${name}.html`)).href;
    page.on('request', (request) => {
      if (request.url() !== url) trouble.push(request.url());
    });
    await page.goto(url);
    await page.waitForSelector('html[data-ready=yes]');
    await page.waitForSelector('.tracks[data-slices]');
  }

  /** What the last drawing came to. */
  async function drawn(): Promise<Record<'slices' | 'arrows' | 'from' | 'to' | 'rows', number>> {
    const data = await page
      .locator('.tracks')
      .evaluate((canvas) => ({ ...(canvas as unknown as Drawn).dataset }));
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Number(value)])) as never;
  }

  const spoken = () => page.locator('.spoken').textContent();
  const span = async () => {
    const { from, to } = await drawn();
    return to - from;
  };

  it('opens without an error and without a request, and shows threads, calls and arrows', async () => {
    await open('small');
    const { slices, arrows, rows } = await drawn();
    expect(rows).toBeGreaterThan(5);
    expect(slices).toBeGreaterThan(500);
    expect(arrows).toBeGreaterThan(10);
    expect(await page.locator('.label .name').allTextContents()).toContain('libuv-worker');
    expect(await page.locator('.content').textContent()).toContain(SUMMARY.story[0]);
    expect(await coloursOf('.tracks')).toBeGreaterThan(8);
    expect(await coloursOf('.overview canvas')).toBeGreaterThan(2);
    expect(trouble).toEqual([]);
  });

  /** How many colours a canvas shows: an empty one has one. */
  async function coloursOf(selector: string): Promise<number> {
    return page.locator(selector).evaluate((element) => {
      const canvas = element as unknown as Canvas;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set<number>();
      for (let at = 0; at < data.length; at += 4)
        colours.add(data[at]! * 65_536 + data[at + 1]! * 256 + data[at + 2]!);
      return colours.size;
    });
  }

  it('zooms and moves by keys and wheel, and never leaves the trace', async () => {
    await open('small');
    const whole = await span();
    await page.keyboard.press('w');
    await expect.poll(span, POLL).toBeLessThan(whole * 0.7);
    const { from } = await drawn();
    await page.keyboard.press('d');
    await expect.poll(async () => (await drawn()).from, POLL).toBeGreaterThan(from);
    for (let press = 0; press < 12; press++) await page.keyboard.press('d');
    await expect.poll(async () => (await drawn()).to, POLL).toBe(whole);
    await page.keyboard.press('0');
    await expect.poll(span, POLL).toBe(whole);
    await page.mouse.move(700, 250);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -600);
    await page.keyboard.up('Control');
    await expect.poll(span, POLL).toBeLessThan(whole * 0.7);
    for (let press = 0; press < 60; press++) await page.keyboard.press('w');
    await expect.poll(span, POLL).toBe(200);
    expect(trouble).toEqual([]);
  });

  it('moves by dragging, and shows a marked part', async () => {
    await open('small');
    const ruler = (await page.locator('.ruler').boundingBox())!;
    await drag(ruler.x + 200, ruler.x + 300, ruler.y + 10);
    const whole = (await span()) || 1;
    await expect.poll(span, POLL).toBeLessThan(whole * 1.01);
    const { from } = await drawn();
    await drag(800, 700, 250);
    await expect.poll(async () => (await drawn()).from, POLL).toBeGreaterThan(from);
    const overview = (await page.locator('.overview').boundingBox())!;
    await drag(overview.x + overview.width / 2, overview.x + overview.width * 0.75, overview.y + 20);
    await expect.poll(async () => Math.round((100 * (await span())) / (await length())), POLL).toBe(25);
  });

  async function length(): Promise<number> {
    const before = await drawn();
    await page.keyboard.press('0');
    await expect.poll(async () => (await drawn()).from, POLL).toBe(0);
    const whole = await span();
    expect(before.to).toBeLessThanOrEqual(whole);
    return whole;
  }

  async function drag(fromX: number, toX: number, y: number): Promise<void> {
    await page.mouse.move(fromX, y);
    await page.mouse.down();
    await page.mouse.move((fromX + toX) / 2, y);
    await page.mouse.move(toX, y);
    await page.mouse.up();
  }

  it('finds calls, goes from match to match, and tells all of the selected one', async () => {
    await open('small');
    await page.keyboard.press('/');
    await page.keyboard.type('openat failed');
    await page.keyboard.press('Enter');
    await expect.poll(spoken, POLL).toMatch(/^openat of 4711 node, .*ENOENT/);
    const first = await spoken();
    expect(await page.locator('.search .count').textContent()).toMatch(/^1 of \d+$/);
    const content = await page.locator('.content').textContent();
    for (const part of ['.env.local', 'strace and perf', 'on CPU', 'strace -T'])
      expect(content).toContain(part);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.search .count').textContent(), POLL).toMatch(/^2 of/);
    await page.keyboard.press('Shift+Enter');
    await expect.poll(spoken, POLL).toBe(first);
    await page.locator('#tab-matches').click();
    expect(await page.locator('.content tbody tr').count()).toBeGreaterThan(2);
    await page.locator('#search').press('Escape');
    await expect.poll(() => page.locator('.search .count').textContent(), POLL).toBe('');
  });

  it('selects what is clicked on, and what is beside it by keys', async () => {
    await open('small');
    const label = (await page.locator('.label', { hasText: '4731' }).boundingBox())!;
    await page.mouse.click(640, label.y + 22);
    await expect.poll(spoken, POLL).toContain('4731 postgres');
    const first = await spoken();
    await page.keyboard.press('ArrowRight');
    await expect.poll(spoken, POLL).not.toBe(first);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(spoken, POLL).toBe(first);
    await page.keyboard.press('ArrowUp');
    await expect.poll(spoken, POLL).toContain('4730 postgres');
    const whole = await span();
    await page.keyboard.press('f');
    await expect.poll(span, POLL).toBeLessThan(whole / 2);
    await page.keyboard.press('Escape');
    await expect.poll(spoken, POLL).toBe('Nothing is selected');
  });

  it('leads from a wait to who ended it, with an arrow', async () => {
    await open('small');
    await page.locator('#tab-waits').click();
    await page.locator('tr.acts', { hasText: 'child-exit' }).first().click();
    await expect.poll(spoken, POLL).toMatch(/^4760 sh asleep in wait4/);
    expect(await page.locator('.content').textContent()).toContain('do_wait');
    expect((await drawn()).arrows).toBeGreaterThan(0);
    const waker = await page.locator('.link.waker').textContent();
    await page.locator('.link.waker').click();
    await expect.poll(spoken, POLL).toContain(`of ${waker!.split(' ').slice(0, 2).join(' ')}`);
  });

  it('shows tables of what is in view, sorted as asked', async () => {
    await open('small');
    await page.locator('#tab-calls').click();
    const counts = async () =>
      (await page.locator('tbody tr td:nth-child(2)').allTextContents()).map((text) =>
        Number(text.replace(/\D/g, '')),
      );
    const all = await counts();
    await page.locator('th button', { hasText: 'count' }).click();
    expect(await counts()).toEqual(all.toSorted((a, b) => b - a));
    for (let press = 0; press < 6; press++) await page.keyboard.press('w');
    await expect.poll(async () => sum(await counts()), POLL).toBeLessThan(sum(all) / 2);
    for (const { title, rows } of SUMMARY.tables) {
      await page.locator('.tab', { hasText: title }).click();
      await expect.poll(() => page.locator('.content tbody tr').count(), POLL).toBe(rows.length);
    }
  });

  it('follows the colours of the system, and changes them when asked', async () => {
    await open('small', 'dark');
    const background = () =>
      page.evaluate('getComputedStyle(document.body).backgroundColor') as Promise<string>;
    const dark = await background();
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(background, POLL).not.toBe(dark);
    await page.locator('button[aria-label="Light or dark"]').click();
    await expect.poll(background, POLL).toBe(dark);
  });

  it('has a name for all that can be used, and can be used by keys', async () => {
    await open('small');
    const nameless = await page.locator('button, input, canvas, [role], [tabindex]').evaluateAll((elements) =>
      (elements as unknown as Named[])
        .filter(
          (element) =>
            element.getAttribute('aria-hidden') !== 'true' && !element.className.includes('spoken'),
        )
        .filter(
          (element) =>
            (element.textContent ?? '') === '' &&
            !element.hasAttribute('aria-label') &&
            !element.hasAttribute('aria-labelledby') &&
            element.getAttribute('role') !== 'tooltip',
        )
        .map(({ outerHTML }) => outerHTML),
    );
    expect(nameless).toEqual([]);
    await page.locator('#tab-story').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('[role=tab][aria-selected=true]').textContent()).toBe('Event');
    await page.keyboard.press('?');
    expect(await page.locator('dialog').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog').isVisible()).toBe(false);
  });

  it('lets hostile strings be text', async () => {
    write('hostile', HOSTILE_EVENTS, {
      head: {
        ...HEAD,
        target: { pid: 1, comm: HOSTILE },
        command: [HOSTILE],
        tasks: [{ pid: 4711, tid: 4711, comm: HOSTILE }],
      },
      summary: {
        story: [HOSTILE],
        findings: [{ severity: HOSTILE, title: HOSTILE, text: HOSTILE }],
        facts: [{ name: HOSTILE, value: HOSTILE }],
        tables: [{ title: HOSTILE, columns: [{ title: HOSTILE, kind: 'text' }], rows: [[HOSTILE]] }],
      },
    });
    await open('hostile');
    for (const tab of await page.locator('.tab').all()) await tab.click();
    await page.keyboard.press('/');
    await page.keyboard.type('onerror');
    await page.keyboard.press('Enter');
    await expect.poll(spoken, POLL).toContain('<img src=x');
    await page.mouse.move(640, 130);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('h1').textContent()).toContain('</script><!--<img src=x onerror=alert(1)>');
    expect(trouble).toEqual([]);
  });

  it('runs no script that is not its own', async () => {
    await open('small');
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.hacked = true' }))`,
    );
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(trouble.join()).toContain('Content Security Policy');
  });

  it('opens a trace of strace alone', async () => {
    const { events } = fakeTrace({ events: 3000 });
    write(
      'strace',
      events.flatMap<TraceEvent>((event) =>
        event.type === 'syscall' ? [withoutPerf(event)] : event.type === 'state' ? [] : [event],
      ),
    );
    await open('strace');
    await page.locator('#tab-waits').click();
    await page.locator('tr.acts').first().click();
    await expect.poll(spoken, POLL).toMatch(/^\w+ of \d+ /);
    expect(await page.locator('.content').textContent()).toContain('strace alone');
    expect(await coloursOf('.overview canvas')).toBeGreaterThan(1);
    expect(trouble).toEqual([]);
  });

  it('opens an empty trace', async () => {
    write('empty', [], { head: { ...HEAD, tasks: [] } });
    await open('empty');
    for (const tab of await page.locator('.tab').all()) await tab.click();
    await page.keyboard.press('w');
    await page.keyboard.press('ArrowDown');
    expect(trouble).toEqual([]);
  });

  it('draws no more of 200 000 events than of few', async () => {
    write('large', fakeTrace({ events: 200_000 }).events);
    await open('large');
    const whole = await drawn();
    // Per row two lanes, in each at most three slices a pixel: see overPixels.
    expect(whole.slices).toBeLessThan(whole.rows * 2 * 3 * SIZE.width);
    expect(whole.arrows).toBeLessThan(400);
    for (let press = 0; press < 8; press++) await page.keyboard.press('w');
    await expect.poll(span, POLL).toBeLessThan((whole.to - whole.from) * 0.6 ** 7);
    expect((await drawn()).slices).toBeGreaterThan(20);
    await page.keyboard.press('/');
    await page.keyboard.type('pg_wal');
    await page.keyboard.press('Enter');
    await expect.poll(spoken, POLL).toMatch(/^fsync of 473\d postgres/);
    expect(trouble).toEqual([]);
  });
});

function withoutPerf(call: SyscallEvent): SyscallEvent {
  const { onCpuNs, runnableNs, blockedNs, ptraceNs, waker, stack, ...rest } = call;
  return { ...rest, sources: ['strace'] };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** What the functions that run in the browser use of it: its types are not among those of the tests. */
interface Drawn {
  readonly dataset: Readonly<Record<string, string>>;
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  };
}

interface Named {
  readonly className: string;
  readonly textContent: string | null;
  readonly outerHTML: string;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
}
