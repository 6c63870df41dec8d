/** Runs of names: the number of the first, and lines of names by single blanks, one a number. */
export type SyscallTable = readonly (readonly [first: number, names: readonly string[]])[];
