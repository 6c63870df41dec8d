import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tasksOf } from '../peek.ts';
import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

const PATTERN = '/proc/sys/kernel/core_pattern';

export const scene: Scene = {
  name: 'coredump-stuck-handler',
  title: 'A process that crashed does not go: its core handler does not read',
  story: `\
core_pattern pipes cores into a handler (systemd-coredump, apport, a crash reporter); this one hangs and does not read.
The crashed process writes its core into the pipe: S, anon_pipe_write under elf_core_dump, \`CoreDumping: 1\`; its other
threads show I (D on old kernels). SIGTERM does nothing, and supervisors wait for an exit that does not come.
To learn: the handler is a child of kthreadd that holds the pipe's read end: end it, and the dump is over.
Other processes which crash meanwhile leave no core.`,
  needs: ['root', 'gcc', 'core-pattern'],
  maxSeconds: 60,
  async setUp(lab) {
    const { pids } = await play(lab, 'coredump', ['crash'], ['crashing']);
    // A thread still on its way to its sleep could take the signal instead of the leader.
    for (const tid of tasksOf(pids.crashing)) await settled(lab, pids.crashing, 'S', tid);
    const pidFile = join(lab.dir, 'pid');
    const before = readFileSync(PATTERN, 'latin1').trimEnd();
    // Two at once could not both put it back.
    if (before.includes('procdiag-lab-')) throw new Error(`another lab uses core_pattern: ${before}`);
    const pattern = `|${await lab.program('coredump', { threads: true })} handle ${pidFile} ${pids.crashing} %p`;
    // The kernel cuts a longer one silently.
    if (pattern.length > 127) throw new Error(`too long for core_pattern: ${pattern}`);
    lab.release(`printf '%s\\n' '${before.replaceAll("'", `'\\''`)}' > ${PATTERN}`);
    writeFileSync(PATTERN, pattern);
    process.kill(pids.crashing, 'SIGABRT');
    await stuckIn(lab, pids.crashing, 'S', /pipe_write/);
    const handler = await lab.until('the handler', () => {
      const text = read(pidFile);
      return text.endsWith('\n') ? Number(text) : undefined;
    });
    lab.owns(handler);
    return [
      { role: 'crashing', pid: pids.crashing, cause: 'coredump-wait', culprit: handler },
      { role: 'handler', pid: handler, cause: null, alsoOk: ['coredump-wait'] },
    ];
  },
};

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
