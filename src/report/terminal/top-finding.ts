import type { Diagnosis, Judged } from '../../diagnosis/diagnosis.ts';

/** The finding that the screen tells in full. What is only worth knowing is no story: it is a line below the verdict. */
export function topFinding({ verdict, findings }: Diagnosis): Judged | undefined {
  const [first] = findings;
  return verdict.state === 'healthy' || first?.severity === 'info' ? undefined : first;
}
