import type { PerfHeader } from '../batch.ts';
import { clockById } from '../clock-name.ts';
import { detached } from '../texts.ts';

const KEYS = new Set(['clockid', 'hostname', 'os release', 'arch', 'perf version', 'cmdline']);

const MOST_EVENTS = 4096;
const LONGEST_VALUE = 1 << 14;

/** What the comments above a perf script text tell (`--header`), line by line. */
export class HeaderComments {
  readonly #fields = new Map<string, string>();
  readonly #events: string[] = [];
  #reference: PerfHeader['reference'];
  #clockOfEvents: string | undefined;

  /** A line that begins with `#`. */
  take(line: string): void {
    const match = /^#\s*([a-z][a-z ]{0,30}?)\s*:\s*(.*)$/.exec(line);
    if (!match) return;
    const [, key, value] = match;
    if (key === 'event') {
      const name = /^name = (.{1,200}?),/.exec(value!)?.[1];
      // perf before 5.9 names the clock nowhere else.
      const clock = /, clockid = (\d{1,3})/.exec(value!)?.[1];
      if (clock !== undefined) this.#clockOfEvents ??= clockById(Number(clock));
      if (name !== undefined && this.#events.length < MOST_EVENTS) this.#events.push(detached(name));
    } else if (key === 'reference time') this.#reference = parseReference(value!);
    else if (KEYS.has(key!) && !this.#fields.has(key!)) {
      this.#fields.set(key!, detached(value!.slice(0, LONGEST_VALUE)));
    }
  }

  get header(): PerfHeader {
    const get = (key: string): string | undefined => this.#fields.get(key);
    const clockId = get('clockid');
    const told = clockId === undefined ? undefined : /^(\S+)/.exec(clockId)?.[1];
    return {
      // Without -k the header says nothing of a clock.
      clock: told ?? this.#clockOfEvents ?? (this.#events.length > 0 ? 'perf' : undefined),
      reference: this.#reference,
      hostname: get('hostname'),
      release: get('os release'),
      arch: get('arch'),
      perfVersion: get('perf version'),
      cmdline: get('cmdline')?.trim().split(/\s+/),
      events: this.#events,
    };
  }
}

/** `2026-11-25 21:46:26.052331 = 1795643186.052331 (TOD) = 575.736471232 (monotonic)`. */
function parseReference(text: string): PerfHeader['reference'] {
  const match = /= (\d{1,12})\.(\d{1,9}) \(TOD\) = (\d{1,12})\.(\d{1,9}) \(/.exec(text);
  if (!match) return undefined;
  const moment = (seconds: string, fraction: string): bigint =>
    BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  return { realNs: moment(match[1]!, match[2]!), clockNs: moment(match[3]!, match[4]!) };
}
