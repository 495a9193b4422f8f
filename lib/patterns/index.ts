export { patterns } from './catalogue/index.ts';
export { type Pattern, type PatternId, type PatternUse, patternGroups } from './pattern.ts';
export { patternsOf } from './uses.ts';
