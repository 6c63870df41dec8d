/**
 * Addresses as /proc/net prints them: 32-bit words in hex, each in the CPU's byte order (net/ipv4/tcp_ipv4.c,
 * net/ipv6/tcp_ipv6.c). Little-endian is taken for granted: x64 and arm64 are.
 */
export function addressText(digits: string): string | undefined {
  if (!/^(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})$/.test(digits)) return undefined;
  const bytes: number[] = [];
  for (let word = 0; word < digits.length; word += 8) {
    for (let at = 6; at >= 0; at -= 2)
      bytes.push(Number.parseInt(digits.slice(word + at, word + at + 2), 16));
  }
  if (bytes.length === 4) return bytes.join('.');
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? `::ffff:${bytes.slice(12).join('.')}` : ipv6Text(bytes);
}

/** RFC 5952: lower case, the first longest run of two or more zero groups as `::`. */
function ipv6Text(bytes: readonly number[]): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(bytes[at]! * 256 + bytes[at + 1]!);
  let best = { at: 0, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.length < 2) return text(groups);
  return `${text(groups.slice(0, best.at))}::${text(groups.slice(best.at + best.length))}`;
}
