import { builtTracePage } from '../../src/build/trace-page.ts';

/** Gives the page's script and style to code that runs from its source, as the build gives them to what it bundles. */
export async function providePage(): Promise<void> {
  Object.assign(globalThis, { TRACE_PAGE: await builtTracePage() });
}
