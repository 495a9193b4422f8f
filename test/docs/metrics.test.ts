import { expect, it } from 'vitest';
import { METRICS } from '../../lib/ports/metrics.ts';
import { pageOf } from './pages.ts';

it('shows every metric as the table in the code has it', () => {
  const rows = [...pageOf('docs/observability.md').prose.matchAll(/^\| `knhk_.* \|$/gm)].map(([row]) => row);
  const wanted = Object.entries(METRICS).map(([name, { kind, unit, labels, fine, means }]) => {
    const shown = [...labels, ...fine.map((label) => `${label}*`)].map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${unit} | ${shown || 'none'} | ${means} |`;
  });
  expect(rows).toEqual(wanted);
});
