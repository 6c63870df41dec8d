/** Milliseconds on a clock that only goes forward. The first use of `performance` has Node load a module of 1 ms. */
export const now = (): number => process.uptime() * 1000;
