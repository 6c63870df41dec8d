/** Sets real trouble up, runs the built procdiag on it as a user would, and puts it away: `npm run demo`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { withLab } from '../../src/lab/lab.ts';
import { missingNeeds } from '../../src/lab/needs.ts';
import { scenes } from '../../src/lab/registry.ts';

/** From the best story to the one that needs neither root nor a compiler. */
const PREFERRED = ['vfork-exec-fuse', 'vfork-wait', 'pipe-held-node', 'sigstop'];
const bin = join(import.meta.dirname, '../../bin/procdiag.cjs');

const name =
  process.argv[2] ?? PREFERRED.find((candidate) => missingNeeds(sceneCalled(candidate)).length === 0);
const scene = sceneCalled(name ?? 'sigstop');
const missing = missingNeeds(scene);
if (missing.length > 0) {
  process.stderr.write(`${scene.name} cannot be set up here: ${missing.map(({ why }) => why).join('; ')}\n`);
  process.exit(2);
}
await withLab(
  async (lab) => {
    const looks = await scene.setUp(lab);
    const pid = looks.find(({ cause }) => cause !== null)?.pid ?? looks[0]?.pid;
    process.stdout.write(`${scene.title} (procdiag lab run ${scene.name}):\n\n$ procdiag inspect ${pid}\n`);
    spawnSync(process.execPath, [bin, 'inspect', String(pid)], { stdio: 'inherit' });
  },
  { maxSeconds: 60 },
);
process.stdout.write(`
That was real, and is put away again. On a process of yours: node bin/procdiag.cjs inspect PID
More of it: node bin/procdiag.cjs lab list. To install it as procdiag: npm pack && npm install -g ./procdiag-*.tgz
`);

function sceneCalled(wanted: string) {
  const found = scenes.find((candidate) => candidate.name === wanted);
  if (found === undefined) throw new Error(`no scene is called ${wanted}`);
  return found;
}
