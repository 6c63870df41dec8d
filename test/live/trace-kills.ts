import { killRecordings } from './trace-killing.ts';

/**
 * `npx tsx test/live/trace-kills.ts [TIMES] [AT_ONCE]`: kills recordings of a threaded and of a forking target at moments
 * spread over all of their life, and tells what was left behind (status 1: something was).
 */
const times = Number(process.argv[2] ?? 200);
const atOnce = Number(process.argv[3] ?? 2);
let done = 0;
const { faults, stages, longestMs } = await killRecordings({
  times,
  atOnce,
  targets: [
    ['threads', 8],
    ['forks', 0],
  ],
  onKill: (found) => {
    done++;
    for (const fault of found) console.log(fault);
    if (done % 20 === 0) console.log(`${done} killed`);
  },
});
console.log(
  `kills by stage: ${JSON.stringify(stages)}; all was well after ${Math.round(longestMs)} ms at most`,
);
console.log(`faults: ${faults.length}`);
process.exitCode = faults.length === 0 ? 0 : 1;
