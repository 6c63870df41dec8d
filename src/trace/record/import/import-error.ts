/** Why recordings that somebody has cannot be read or brought together: one sentence for a person. */
export class ImportError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'ImportError';
  }
}
