import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { BuiltPage } from '../report/trace/html/shell.ts';

const page = join(import.meta.dirname, '../report/trace/html/page/view');

/** The style and the script of the page that shows a trace: browsers get them as one text each, within the page. */
export async function builtTracePage(): Promise<BuiltPage> {
  const [script, style] = await Promise.all(['main.ts', 'style.css'].map(bundled));
  for (const text of [script!, style!])
    if (/<\/(?:script|style)|<!--/i.test(text)) throw new Error('the page would end within its own source');
  return { script: script!, style: style!, scriptHash: hashOf(script!), styleHash: hashOf(style!) };
}

async function bundled(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(page, file)],
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome110', 'firefox115', 'safari16.4'],
    charset: 'ascii',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]!.text.trim();
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
