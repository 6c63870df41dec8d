/**
 * Lines as in /proc/kallsyms for the addresses that a recording has asked for, so that these are named as they were where it was
 * made, and all others stay without a name.
 */
export function symbolLines(used: ReadonlyMap<bigint, string>): string {
  const addresses = [...used.keys()].sort((a, b) => (a < b ? -1 : 1));
  return addresses
    .map((address) => {
      const line = `${hex(address)} t ${used.get(address)}\n`;
      // What lies behind is no part of it.
      return used.has(address + 1n) ? line : `${line}${hex(address + 1n)} d -\n`;
    })
    .join('');
}

function hex(address: bigint): string {
  return address.toString(16).padStart(16, '0');
}
