/** `npm run bench:page`: what the page of a trace takes in a browser, for few events and for very many. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { htmlOutput } from '../../src/report/trace/html/html.ts';
import { launchChromium } from '../support/chromium.ts';
import { fakeTrace } from '../support/fake-trace/fake-trace.ts';
import { providePage } from '../support/trace-page.ts';

const SIZES = [2000, 20_000, 200_000, 1_000_000];
const STEPS = 12;

const dir = mkdtempSync(join(tmpdir(), 'procdiag-bench-'));
let browser: Browser | undefined;
try {
  await providePage();
  browser = await launchChromium();
  print('events      file MB   write ms   first paint ms   whole redraw ms   zoom step ms   search ms');
  for (const size of SIZES) print(await row(browser, size));
} finally {
  await browser?.close();
  rmSync(dir, { recursive: true });
}

async function row(within: Browser, size: number): Promise<string> {
  const { head, events, summary } = fakeTrace({ events: size });
  const began = performance.now();
  const pieces: string[] = [];
  const output = htmlOutput(head, (text) => pieces.push(text));
  for (const event of events) output.event(event);
  output.finish(summary);
  const html = pieces.join('');
  const writeMs = performance.now() - began;
  const file = join(dir, `${size}.html`);
  writeFileSync(file, html);
  const page = await within.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  const opening = performance.now();
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('.tracks[data-slices]');
  const paintMs = performance.now() - opening;
  const drawMs = async () => Number(await page.locator('.tracks').getAttribute('data-ms'));
  const afterKeys = async (...keys: string[]) => {
    const times: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      for (const key of keys) await page.keyboard.press(key);
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      times.push(await drawMs());
    }
    return median(times);
  };
  const wholeMs = await afterKeys('w', '0');
  const zoomMs = await afterKeys('w');
  const searching = performance.now();
  await page.locator('#search').fill('pg_wal >1ms');
  await page.locator('#search').press('Enter');
  await page.locator('.search .count', { hasText: 'of' }).waitFor();
  const searchMs = performance.now() - searching;
  await page.close();
  return [
    String(events.length).padEnd(11),
    (html.length / 1e6).toFixed(2).padStart(7),
    ...[writeMs, paintMs, wholeMs, zoomMs, searchMs].map((ms, at) =>
      ms.toFixed(at === 2 || at === 3 ? 1 : 0).padStart([11, 17, 18, 15, 12][at]!),
    ),
  ].join('');
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
