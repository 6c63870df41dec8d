/** Runs of names: the number of the first, and the names by blanks, one a number. */
export type SyscallTable = readonly (readonly [first: number, names: string])[];
