import { decimal, keyed } from './text.ts';

/** /proc/PID/io, proc_pid_io(5). Bytes and calls. */
export interface ProcIo {
  readonly rchar?: number;
  readonly wchar?: number;
  readonly syscr?: number;
  readonly syscw?: number;
  /** What went to and from storage. */
  readonly readBytes?: number;
  readonly writeBytes?: number;
  readonly cancelledWriteBytes?: number;
}

export function parseIo(text: string): ProcIo {
  const values = keyed(text);
  return {
    rchar: decimal(values.get('rchar')),
    wchar: decimal(values.get('wchar')),
    syscr: decimal(values.get('syscr')),
    syscw: decimal(values.get('syscw')),
    readBytes: decimal(values.get('read_bytes')),
    writeBytes: decimal(values.get('write_bytes')),
    cancelledWriteBytes: decimal(values.get('cancelled_write_bytes')),
  };
}
