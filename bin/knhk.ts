#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Halves the time to start: TypeScript is stripped and compiled once, not every time.
enableCompileCache();
const { main } = await import('../lib/local/cli/main.ts');
await main(process.argv.slice(2));
