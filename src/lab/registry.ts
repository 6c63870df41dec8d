import type { Scene } from './scene.ts';
import * as all from './scenes/index.ts';

/** All scenes by name. A new scene is a file in `scenes/` and a line in its index (a test fails when it is forgotten). */
export const scenes: Scene[] = Object.values(all).sort((a, b) => (a.name < b.name ? -1 : 1));
