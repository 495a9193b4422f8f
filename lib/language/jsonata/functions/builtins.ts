import type { Native } from '../apply.ts';
import { arrayFunctions } from './array.ts';
import { datetimeFunctions } from './datetime.ts';
import { formatNumberFunction } from './format-number.ts';
import { numericFunctions } from './numeric.ts';
import { objectFunctions } from './object.ts';
import { patternFunctions } from './pattern.ts';
import { statesFunctions } from './states.ts';
import { stringFunctions } from './string.ts';

/** All built-in functions but `$eval`, by name without `$`. */
export const builtins: ReadonlyMap<string, Native> = new Map([
  ...stringFunctions,
  ...patternFunctions,
  ...numericFunctions,
  ...arrayFunctions,
  ...objectFunctions,
  ...statesFunctions,
  ...datetimeFunctions,
  formatNumberFunction,
]);
