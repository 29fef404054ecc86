// The dashboard: src/dashboard becomes dist/dashboard, which the control port serves.
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
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
