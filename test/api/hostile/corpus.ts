import type { Json } from '../../../lib/model/json.ts';

/** Known traps: each is refused, or fails its execution by the error that is named. Each stands for one bound. */

interface Trap {
  readonly name: string;
  readonly definition: Json;
  readonly input?: Json;
}

const jsonata = (output: string): Json => ({
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: { A: { Type: 'Pass', Output: `{% ${output} %}`, End: true } },
});

const intrinsic = (expression: string): Json => ({
  StartAt: 'A',
  States: { A: { Type: 'Pass', Parameters: { 'x.$': expression }, End: true } },
});

/** Run to their end; the engine's budgets end them. */
export const failing: readonly Trap[] = [
  { name: 'a recursion of JSONata without end', definition: jsonata('($f := function($n) { 1 + $f($n) }; $f(1))') },
  { name: 'a tail recursion without end', definition: jsonata('($f := function($n) { $f($n + 1) }; $f(1))') },
  {
    name: 'two functions that call each other',
    definition: jsonata('($f := function() { $g() }; $g := function() { $f() }; $f())'),
  },
  { name: 'a text of a billion characters', definition: jsonata('$pad("", 1000000000, "x")') },
  {
    name: 'a text that doubles',
    definition: jsonata('($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f("x", 60))'),
  },
  { name: 'a range of a billion', definition: jsonata('[1..1000000000]') },
  { name: 'a product of ranges', definition: jsonata('[1..10000].([1..10000].([1..10000]))') },
  { name: 'a regex that backtracks', definition: jsonata(`$match("${'a'.repeat(40)}!", /^(a+)+$/)`) },
  {
    name: 'a regex that backtracks in a replacement',
    definition: jsonata(`$replace("${'a'.repeat(40)}!", /(a|aa)+$/, "b")`),
  },
  { name: 'a division by zero', definition: jsonata('1/0') },
  { name: 'a number too large', definition: jsonata('$power(10, 400)') },
  { name: 'a huge range of States.ArrayRange', definition: intrinsic('States.ArrayRange(1, 1000000000, 1)') },
  { name: 'States.ArrayRange with a step of zero', definition: intrinsic('States.ArrayRange(1, 9, 0)') },
  {
    name: 'States.ArrayRange backwards',
    definition: intrinsic('States.ArrayRange(-9007199254740991, 9007199254740991, 1)'),
  },
];

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const path = (tail: string): Json => intrinsic(`$${tail}`);

const states = (count: number, next: (index: number) => string): Json => ({
  StartAt: 'S0',
  States: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`S${index}`, { Type: 'Pass', Next: next(index) }]),
  ),
});

/** Refused at the latest when they are stored, or harmless; never an error of the server. */
export const definitions: readonly Trap[] = [
  { name: 'a deep JSONata expression', definition: jsonata(nested(20_000)) },
  { name: 'a deep chain of functions', definition: jsonata(`${'$string('.repeat(5_000)}1${')'.repeat(5_000)}`) },
  { name: 'a deep intrinsic function', definition: intrinsic(`${'States.Array('.repeat(5_000)}1${')'.repeat(5_000)}`) },
  {
    name: 'a deep States.Format',
    definition: intrinsic(`${"States.Format('{}',".repeat(2_000)}1${')'.repeat(2_000)}`),
  },
  { name: 'a path with ten thousand descents', definition: path('..a'.repeat(10_000)) },
  { name: 'a path with wildcards', definition: path('..*'.repeat(30)), input: { a: { a: { a: { a: [1, 2, 3] } } } } },
  { name: 'a path with an unclosed filter', definition: path(`[?(${'('.repeat(5_000)}`) },
  { name: 'a long unclosed text', definition: intrinsic(`States.Format('${'\\'.repeat(10_001)}`) },
  { name: 'ten thousand states with no end', definition: states(10_000, (index) => `S${(index + 1) % 10_000}`) },
  { name: 'ten thousand states that all go on to nothing', definition: states(10_000, () => 'Nowhere') },
  {
    name: 'a state named __proto__',
    definition: JSON.parse('{"StartAt":"__proto__","States":{"__proto__":{"Type":"Pass","End":true}}}'),
  },
  {
    name: 'a state named constructor',
    definition: { StartAt: 'constructor', States: { constructor: { Type: 'Pass', End: true } } },
  },
  { name: 'a target named toString', definition: { StartAt: 'toString', States: { A: { Type: 'Pass', End: true } } } },
  {
    name: 'a state with a lone surrogate',
    definition: { StartAt: '\ud800', States: { '\ud800': { Type: 'Pass', End: true } } },
  },
  { name: 'a state with NUL', definition: { StartAt: '\u0000', States: { '\u0000': { Type: 'Pass', End: true } } } },
  { name: 'a very long name', definition: { StartAt: 'x'.repeat(100_000), States: {} } },
  {
    name: 'a wait of more than time',
    definition: { StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 1e308, End: true } } },
  },
];

/** Bodies as they stand on the wire, with what they are declared as. */
export const bodies: readonly (readonly [name: string, body: string | Uint8Array<ArrayBuffer>, type: string])[] = [
  ['nothing but brackets', '['.repeat(1_000_000), 'application/json'],
  ['closed brackets', nested(500_000), 'application/json'],
  ['an input nested too deeply', `{"name":"deep","input":${nested(100_000)}}`, 'application/json'],
  ['objects nested too deeply', `{"input":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`, 'application/json'],
  ['a number too large', '{"name":"large","input":1e999}', 'application/json'],
  ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 'application/json'],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]), 'application/json'],
  ['a body that is cut', '{"input":{"a":', 'application/json'],
  ['a key of the prototype', '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}', 'application/json'],
  ['XML', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'application/xml'],
  ['a form', 'input=1', 'application/x-www-form-urlencoded'],
  ['a list of types', '{}', 'application/json, text/html; charset=\u00ff'],
];
