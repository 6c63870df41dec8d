import { signalName } from '../../../procfs/signals.ts';

/**
 * What an exit status says by the convention of shells (sh(1), "Exit status"; env(1), timeout(1)): nothing in the kernel
 * makes a program keep to it. Undefined for those that mean nothing in general.
 */
export function exitWords(status: number): string | undefined {
  if (status === 124) return 'by convention of timeout(1): the time was over';
  if (status === 126) return 'by convention: the command was found and could not be executed';
  if (status === 127) return 'by convention: the command was not found';
  if (status > 128 && status <= 128 + 64) {
    return `by convention: a child of it was ended by ${signalName(status - 128)} (128+${status - 128})`;
  }
  return undefined;
}
