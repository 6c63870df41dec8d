export { classifyFrames, type FrameClass, type FrameContext } from './classify.ts';
export { SUBSYSTEMS, type Subsystem } from './subsystem.ts';
