import { settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-held-node',
  title: 'Node waits for the output of a child that has ended: a grandchild holds it',
  story: `\
\`child_process.execFile\` calls back only when the child has ended *and* its output is closed.
The child (a shell) has ended; the \`sleep\` that it left in the background still holds stdout and stderr.
Node sleeps in epoll_wait as if idle. Mind that Node's "pipes" are unix sockets: the other end is in no file of /proc.
To learn: detach background work from stdout (\`>/dev/null 2>&1\`), or listen for \`exit\` and not for \`close\`.`,
  needs: [],
  async setUp(lab) {
    const program = `
      console.log('reader ' + process.pid);
      require('node:child_process')
        .execFile('sh', ['-c', 'sleep 110 & echo $!'], () => console.log('done'))
        .stdout.on('data', (pid) => console.log('holder ' + pid.trim()));`;
    const node = await lab.start(process.execPath, ['-e', program], { stdio: 'lines' });
    await node.line();
    const holder = Number((await node.line()).replace('holder ', ''));
    lab.owns(holder);
    await lab.until('the shell to be gone', () => lab.children(node.pid).length === 0);
    await settled(lab, holder, 'S');
    await settled(lab, node.pid, 'S');
    return [
      { role: 'reader', pid: node.pid, cause: 'pipe-held', culprit: holder },
      { role: 'holder', pid: holder, cause: null, alsoOk: ['orphan-adopted', 'fd-inherited'] },
    ];
  },
};
