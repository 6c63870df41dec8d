import type { Lab, LabProcess } from '../../src/lab/scene.ts';
import { compiled } from './compiled.ts';

/** Starts one of them; resolves when it is what it has to be. */
export async function startHostile(
  lab: Lab,
  kind: string,
  argument: string,
  more: string[] = [],
): Promise<LabProcess> {
  const started = await lab.start(compiled('hostile'), [kind, argument, ...more], { stdio: 'lines' });
  await started.line();
  return started;
}
