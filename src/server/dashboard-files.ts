import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { DashboardFiles, DocsFile, PageFile } from '../api/pages/page-file.ts';

/** Whether this runs from the sources or from the package, it is built into the same folder. */
const BUILT = join(import.meta.dirname, '../../dist/dashboard');
const DOCS = join(import.meta.dirname, '../../dist/api-docs');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The dashboard as it was built, read once; null where it was not built. */
export function readDashboard(folder = BUILT): DashboardFiles | null {
  try {
    const assets = join(folder, 'assets');
    return {
      shell: fileAt(join(folder, 'index.html')),
      assets: new Map(readdirSync(assets).map((name) => [`/assets/${name}`, fileAt(join(assets, name))])),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function fileAt(path: string): PageFile {
  const contentType = TYPES[extname(path)] ?? 'application/octet-stream';
  return { contentType, bytes: Uint8Array.from(readFileSync(path)) };
}

const DOCS_TYPES = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
} as const;

/** Read when it is asked for: it is large, and rarely is. */
export const docsFile: DocsFile = async (name) => {
  try {
    return { contentType: DOCS_TYPES[name], bytes: Uint8Array.from(await readFile(join(DOCS, name))) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};
