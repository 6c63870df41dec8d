import type { Rule } from '../rules/rule.ts';

const SCHEMA_VERSION = 1;

/** `procdiag explain CAUSE --json`. */
export function explanationJson({ id, family, title, explanation }: Rule) {
  return { schemaVersion: SCHEMA_VERSION, cause: id, family, title, ...explanation };
}

/** `procdiag explain --json`. */
export function explanationListJson(rules: readonly Rule[]) {
  return {
    schemaVersion: SCHEMA_VERSION,
    causes: rules.map(({ id, family, title }) => ({ cause: id, family, title })),
  };
}
