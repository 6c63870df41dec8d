/**
 * Makes something when it is first asked for, and once: tables and patterns that most looks do without would else be made at
 * each start.
 */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
