import type { Ns } from '../../event.ts';
import type { Capped } from '../capped.ts';

/** A file or directory that is left. */
export interface LeftFile {
  /** Raw, as strace has it. */
  readonly path: string;
  readonly call: string;
  /** Shortened. */
  readonly args: string;
  readonly atNs: Ns;
  readonly byPid: number;
  readonly byTid: number;
}

/** Temporary files of one program in one directory. */
export interface LeftFiles {
  /** Raw. */
  readonly directory: string;
  readonly comm: string;
  /** Who made the last one. */
  readonly pid: number;
  /** How many processes made them; at most as many as are counted. */
  readonly makers: number;
  readonly made: number;
  readonly left: number;
  /** When those that are left were made, in quarters of the trace. */
  readonly quarters: readonly [number, number, number, number];
  readonly samples: Capped<LeftFile>;
}

export interface FileLedger {
  readonly totals: {
    /** Temporary ones: below /tmp and its like, or made as mkstemp(3) and mkdtemp(3) make them. */
    readonly made: number;
    /** Of these: deleted, or renamed to something that is not temporary. */
    readonly deleted: number;
    readonly left: number;
  };
  /** Those of which most is left first. */
  readonly groups: Capped<LeftFiles>;
}
