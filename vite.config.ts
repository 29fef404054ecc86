// The dashboard: src/dashboard becomes dist/dashboard, which the control port serves. The library of the docs page goes beside it.
import { copyFileSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const LIBRARY = resolve(import.meta.dirname, 'node_modules/swagger-ui-dist');

/** As it was published, with its licences. */
const docsPage = (): Plugin => ({
  name: 'docs-page',
  writeBundle({ dir = 'dist/dashboard' }) {
    const folder = resolve(dir, '../api-docs');
    mkdirSync(folder, { recursive: true });
    const files = ['swagger-ui-bundle.js', 'swagger-ui-bundle.js.LICENSE.txt', 'swagger-ui.css', 'LICENSE', 'NOTICE'];
    for (const name of files) copyFileSync(resolve(LIBRARY, name), resolve(folder, name));
  },
});

export default defineConfig({
  plugins: [docsPage()],
  root: resolve(import.meta.dirname, 'src/dashboard'),
  // From where it lies on the control port: the shell is served for pages of any depth.
  base: '/',
  oxc: {
    // Preact's own call, with children as arguments, is shorter than that of the JSX runtime. Built for readers whatever NODE_ENV
    // says: with it set to anything but production, each element would name its line.
    jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment', development: false },
    jsxInject: "import { Fragment, h } from 'preact'",
  },
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing inline: the content security policy would refuse it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
