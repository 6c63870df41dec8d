import type { ExitCode } from './exit-codes.ts';

/** A command class. It does all of the rest, errors included, so that main need not know oclif. */
export interface RunnableCommand {
  execute(id: string, argv: readonly string[]): Promise<ExitCode>;
}

/** All commands by name, in the order of the help. A new command is a file in `commands/` and a line here. */
export const registry: Readonly<Record<string, () => Promise<RunnableCommand>>> = {
  inspect: async () => (await import('../commands/inspect.ts')).Inspect,
  trace: async () => (await import('../commands/trace.ts')).Trace,
  explain: async () => (await import('../commands/explain.ts')).Explain,
  stack: async () => (await import('../commands/stack.ts')).Stack,
  capture: async () => (await import('../commands/capture.ts')).Capture,
  doctor: async () => (await import('../commands/doctor.ts')).Doctor,
  lab: async () => (await import('../commands/lab.ts')).Lab,
};
