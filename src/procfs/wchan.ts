/** What compilers append to a function they cloned, split or specialised. */
const SUFFIX = /\.(?:isra|constprop|part|cold|lto_priv|llvm|cfi)(?:\.\d+)?$/;

/** A kernel function's name without the compiler's suffixes: `sigsuspend.isra.0` is `sigsuspend`. */
function plainSymbol(symbol: string): string {
  let plain = symbol;
  while (SUFFIX.test(plain)) plain = plain.replace(SUFFIX, '');
  return plain;
}

/**
 * /proc/PID/wchan, proc_pid_wchan(5): the function a task sleeps in. Undefined for `0` and empty, which say nothing: running,
 * a zombie, no permission, or a kernel (5.10) that never tells.
 */
export function parseWchan(text: string): string | undefined {
  const symbol = text.trim();
  return symbol.length <= 512 && /^[A-Za-z_.$][\w.$]*$/.test(symbol) ? plainSymbol(symbol) : undefined;
}
