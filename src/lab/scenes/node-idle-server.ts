import { settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'node-idle-server',
  title: 'An HTTP server in Node without a request: nothing is wrong',
  story: `\
A dozen threads in futex(), the main thread in epoll_wait, its own wake-up descriptors in the set.
To learn: this is what an idle server looks like; both ends of a pipe in one process need not be a fault.`,
  needs: [],
  async setUp(lab) {
    const program = `require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('listening'));`;
    const node = await lab.start(process.execPath, ['-e', program], { stdio: 'lines' });
    await node.line();
    await settled(lab, node.pid, 'S');
    return [{ role: 'server', pid: node.pid, cause: null, idle: 'idle-epoll' }];
  },
};
