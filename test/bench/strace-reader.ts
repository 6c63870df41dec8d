/** One run of test/bench/strace.ts: `node FILE regex|reader LOG` prints the calls found, CPU time and memory as JSON. */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { StraceReader } from '../../src/trace/strace/reader.ts';

const PREFIX = '^(\\d+)(?:<([^>]*)>)? +([\\d.]+) \\(\\+ *([\\d.]+)\\) \\[ *(\\d+)\\] ';
const CALL = new RegExp(`${PREFIX}(\\w+)\\((.*)\\) += (.*?)(?: <([\\d.]+)>)?$`);
const UNFINISHED = new RegExp(`${PREFIX}(\\w+)\\((.*) <unfinished \\.\\.\\.>$`);
const RESUMED = new RegExp(`${PREFIX}<\\.\\.\\. (\\w+) resumed>(.*)\\) += (.*?)(?: <([\\d.]+)>)?$`);

const [mode, file = ''] = process.argv.slice(2);
const started = process.cpuUsage();
const calls = mode === 'regex' ? await plainly(file) : read(file);
const { user, system } = process.cpuUsage(started);
const rssMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ calls, cpuMs: (user + system) / 1000, rssMb }));

async function plainly(path: string): Promise<number> {
  let ended = 0;
  let length = 0;
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const call = CALL.exec(line);
    if (call) {
      ended++;
      length += call[7]!.length + Number(call[3]);
    } else {
      const resumed = RESUMED.exec(line);
      if (resumed) ended++;
      else length += UNFINISHED.exec(line)?.[7]?.length ?? 0;
    }
  }
  return length > 0 ? ended : 0;
}

function read(path: string): number {
  let ended = 0;
  let length = 0;
  const reader = new StraceReader({
    begun: () => {},
    ended: (call) => {
      ended++;
      length += call.args.length + call.stampNs;
    },
    signal: () => {},
    exit: () => {},
    message: () => {},
  });
  const descriptor = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(64 * 1024);
  for (;;) {
    const count = readSync(descriptor, chunk);
    if (count === 0) break;
    reader.feed(chunk.subarray(0, count));
  }
  reader.end();
  closeSync(descriptor);
  return length > 0 ? ended : 0;
}
