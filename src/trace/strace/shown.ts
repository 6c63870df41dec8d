/**
 * At the `<` in front of what strace shows with a number, a path, a socket or a name: behind its `>`, or -1 without one.
 * Those may be nested (`</dev/null<char 1:3>>`), and stand as arrows in the brackets of sockets
 * (`<TCP:[1.2.3.4:5->6.7.8.9:10]>`), but not in paths, where strace escapes them: `</etc/passwd->` ends there.
 */
export function shownEnd(text: string, from: number): number {
  const path = text[from + 1] === '/';
  let depth = 0;
  let brackets = 0;
  for (let at = from; at < text.length; at++) {
    const code = text[at];
    if (code === '\\') at++;
    else if (code === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (code === '<') depth++;
    else if (code === '[') brackets++;
    else if (code === ']') brackets--;
    else if (code === '>') {
      const arrow = !path && brackets > 0 && text[at - 1] === '-';
      if (!arrow && --depth === 0) return at + 1;
    }
  }
  return -1;
}
