import { mkdirSync, writeFileSync } from 'node:fs';
import { patternPages } from './pattern-pages/pages.ts';

/** Writes docs/patterns from the registry of patterns and their examples: `node bin/pattern-pages.ts`. */
mkdirSync(new URL('../docs/patterns/', import.meta.url), { recursive: true });
for (const [path, text] of patternPages()) writeFileSync(new URL(`../${path}`, import.meta.url), text);
