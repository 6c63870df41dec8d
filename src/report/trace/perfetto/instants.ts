import { sanitize } from '../../../term/sanitize.ts';
import type { CommEvent, ExecEvent, ExitEvent, SignalEvent, SpawnEvent } from '../../../trace/event.ts';
import type { LineFields } from '../json-line.ts';

export type Instant = SpawnEvent | ExecEvent | ExitEvent | SignalEvent | CommEvent;

/** How something that took no time is called in a timeline, sanitised, and what is told of it. */
export function instantOf(event: Instant): { name: string; args: LineFields } {
  const { name, args } = told(event);
  const safe = Object.entries(args).map(([key, value]) => [
    key,
    typeof value === 'string' ? sanitize(value) : value,
  ]);
  return { name: sanitize(name), args: Object.fromEntries(safe) as LineFields };
}

function told(event: Instant): { name: string; args: LineFields } {
  switch (event.type) {
    case 'spawn': {
      const { childPid, childTid, thread, call } = event;
      const name = thread ? `starts thread ${childTid}` : `starts process ${childPid}`;
      return { name, args: { childPid, childTid, thread, call } };
    }
    case 'exec':
      return {
        name: `exec ${event.path ?? ''}`.trim(),
        args: { path: event.path, argv: event.argv, formerTid: event.formerTid },
      };
    case 'exit': {
      const { status, signal, core, last } = event;
      const how = signal === undefined ? ` ${status ?? ''}`.trimEnd() : ` by ${signal}`;
      return {
        name: `${last === true ? 'exit' : 'thread exit'}${how}`,
        args: { status, signal, core, last },
      };
    }
    case 'signal': {
      const { signal, code, senderPid, status, stopped } = event;
      const name = stopped === true ? `stopped by ${signal}` : signal;
      return { name, args: { code, senderPid, status } };
    }
    case 'comm':
      return { name: `is now called ${event.comm}`, args: { comm: event.comm } };
  }
}
