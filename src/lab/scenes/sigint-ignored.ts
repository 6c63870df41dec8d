import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'sigint-ignored',
  title: 'Ctrl+C does nothing: the program ignores SIGINT',
  story: `\
The program was started with SIGINT and SIGQUIT ignored, as \`nohup\`-like wrappers and \`sh -c 'cmd &'\` do.
SigIgn in status has bits 1 and 2 (0x6). An ignored signal stays ignored over exec.
To learn: read SigIgn before blaming the program; SIGTERM still works.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'signals', ['ignored'], ['process']);
    await settled(lab, pids.process, 'S');
    return [{ role: 'process', pid: pids.process, cause: 'signal-ignored', culprit: pids.process }];
  },
};
