/** The place of a recorded text in the README: between two comments that name it, in a fence. */
function placeOf(name: string): RegExp {
  return new RegExp(`(<!-- recorded: ${name} -->\n+\`\`\`text\n)([\\s\\S]*?)(\`\`\`\n+<!-- /recorded -->)`);
}

/** The text that the README shows of that scene; undefined when it shows none. */
export function recordingIn(readme: string, name: string): string | undefined {
  return placeOf(name).exec(readme)?.[2];
}

/** The README with the text at its place; unchanged when it has no place for it. */
export function withRecording(readme: string, name: string, text: string): string {
  return readme.replace(
    placeOf(name),
    (_, before: string, _old: string, after: string) => before + text + after,
  );
}
