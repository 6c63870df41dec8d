import { CANNOT_LOOK, UserError } from '../../cli/errors.ts';
import type { LoadedTrace, RawRecording } from '../../trace/loaded.ts';
import { openCapture, writeCapture } from '../../trace/record/files/capture.ts';
import { loadRecording } from '../../trace/record/files/load.ts';
import { CaptureError } from '../../trace/record/files/meta-file.ts';
import { whyNot } from './outputs.ts';

/** Writes the recording itself, when all of it was read. */
export async function saveRecording({ directory, texts }: RawRecording, name: string): Promise<void> {
  try {
    await writeCapture(directory, name, texts());
  } catch (error) {
    throw error instanceof CaptureError ? new UserError(CANNOT_LOOK, error.message) : whyNot(name, error);
  }
}

/** Opens what `--output` wrote. An archive is unpacked until it is removed. */
export async function openSaved(
  path: string,
): Promise<{ readonly trace: LoadedTrace; readonly recording: { remove(): Promise<void> } }> {
  try {
    const capture = await openCapture(path);
    try {
      return { trace: loadRecording(capture.directory), recording: { remove: () => capture.close() } };
    } catch (error) {
      await capture.close();
      if (error instanceof CaptureError)
        throw new CaptureError(error.message.replaceAll(capture.directory, path));
      throw error;
    }
  } catch (error) {
    throw error instanceof CaptureError ? new UserError(CANNOT_LOOK, error.message) : error;
  }
}
