/* A lab in a process of its own, for the test to kill: `node --import tsx lab-process.ts SCENE` says what it made. */
import { openLab } from '../../src/lab/lab.ts';
import { scenes } from '../../src/lab/registry.ts';

const scene = scenes.find(({ name }) => name === process.argv[2]);
if (!scene) throw new Error(`no scene ${process.argv[2]}`);
const lab = await openLab({ maxSeconds: scene.maxSeconds });
const looks = await scene.setUp(lab);
console.log(JSON.stringify({ dir: lab.dir, pids: looks.map(({ pid }) => pid) }));
setInterval(() => {}, 1000);
