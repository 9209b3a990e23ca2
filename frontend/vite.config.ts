import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** An app's service worker, with the names of all that the app is made of and a version that changes with them. */
function shell(app: string): Plugin {
  return {
    name: 'shell',
    generateBundle(_, bundle) {
      const assets = Object.keys(bundle)
        .filter((name) => name !== 'index.html')
        .map((name) => `/${app}/${name}`);
      const shipped = readdirSync(`${app}/public`).map((name) => `/${app}/${name}`);
      const files = [`/${app}/`, ...assets, ...shipped].sort();
      const digest = createHash('sha256');
      for (const part of Object.values(bundle))
        digest.update(part.fileName).update('code' in part ? part.code : part.source);
      for (const name of readdirSync(`${app}/public`).sort()) digest.update(readFileSync(join(`${app}/public`, name)));
      const source = readFileSync(`${app}/sw.js`, 'utf8')
        .replace('__VERSION__', digest.digest('hex').slice(0, 12))
        .replace("['__FILES__']", JSON.stringify(files));
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  };
}

/** From how many bytes on a text is compressed: a smaller one fits into one packet anyway. */
const compressFrom = 1024;

/** Stores each text of an app compressed beside it, for browsers that accept gzip or Brotli. */
function compressed(app: string): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      for (const name of readdirSync(`dist/${app}`, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(html|js|css|svg|webmanifest)$/.test(name)) continue;
        const content = readFileSync(join(`dist/${app}`, name));
        if (content.length < compressFrom) continue;
        writeFileSync(join(`dist/${app}`, `${name}.gz`), gzipSync(content, { level: 9 }));
        writeFileSync(join(`dist/${app}`, `${name}.br`), brotliCompressSync(content));
      }
    },
  };
}

/** One app a run: `vite build` makes the stall's, `vite build --mode district` the officers'. */
export default defineConfig(({ mode }) => {
  const app = mode === 'district' ? 'district' : 'stall';
  return {
    root: app,
    base: `/${app}/`,
    plugins: [svelte({ compilerOptions: { runes: true } }), shell(app), compressed(app)],
    build: {
      outDir: `../dist/${app}`,
      emptyOutDir: true,
      license: { fileName: '.vite/license.json' }, // packages.go reads it
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    test: { root: '.', environment: 'happy-dom', include: ['**/*.test.ts'] },
  };
});
