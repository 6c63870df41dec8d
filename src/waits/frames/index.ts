export { classifyFrames } from './classify.ts';
export { SUBSYSTEMS, type Subsystem } from './subsystem.ts';
