import { describe, expect, it } from 'vitest';
import { errorCode, evaluate } from './evaluate.ts';

describe('strings', () => {
  it.each([
    ['$length("a😀b")', 3],
    ['$substring("a😀bc", 1, 2)', '😀b'],
    ['$substring("hello", -3)', 'llo'],
    ['$substring("hello", -9, 2)', 'he'],
    ['$substringBefore("a=b", "=") & $substringAfter("a=b", "=")', 'ab'],
    ['$trim("  a \\n b ")', 'a b'],
    ['$pad("a", 3) & "|" & $pad("a", -4, "#-")', 'a  |#-#a'],
    ['$join(["a", "b"], "-")', 'a-b'],
    ['$split("a,b,c", ",", 2)', ['a', 'b']],
    ['$split("a1b22c", /[0-9]+/)', ['a', 'b', 'c']],
    ['$contains("abc", "bc") and $contains("abc", /^A/i)', true],
    ['$replace("John Smith", /(\\w+)\\s(\\w+)/, "$2, $1")', 'Smith, John'],
    ['$replace("a.b.c", ".", "$", 1)', 'a$b.c'],
    ['$replace("abc", /b/, function($m) { $uppercase($m.match) })', 'aBc'],
    ['$replace("abc", /(b)/, "[$0$1$2$$]")', 'a[bb$]c'],
    ['$match("ab12cd345", /[a-z]+([0-9]+)/).groups', ['12', '345']],
    ['$base64decode($base64encode("Aé"))', 'Aé'],
    ['$base64decode("aGk")', 'hi'],
    ['$encodeUrlComponent("a b/é") & $decodeUrl("a%20b")', 'a%20b%2F%C3%A9a b'],
    ['$string({"a": [1, null, 0.1 + 0.2], "f": $sum})', '{"a":[1,null,0.3],"f":""}'],
    ['$string({"a": [1], "b": {}}, true)', '{\n  "a": [\n    1\n  ],\n  "b": {}\n}'],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it.each([
    ['$replace("a", "", "b")', 'D3010'],
    ['$replace("a", "a", "b", -1)', 'D3011'],
    ['$split("a", ",", -1)', 'D3020'],
    ['$match("aaa", /(?:)/)', 'D1004'],
    ['$decodeUrlComponent("%")', 'D3140'],
    ['$contains("a", function($s) { {"x": 1} })', 'T1010'],
    ['$replace("abc", /b/, function() { 1 })', 'D3012'],
  ])('%s fails with %s', (source, code) => {
    expect(errorCode(source)).toBe(code);
  });
});

describe('numbers', () => {
  it.each([
    ['$number("12.5e1") + $number(true) + $number("0x1f")', 157],
    ['$round(2.5) & $round(3.5) & $round(-0.4) & $round(1.005, 2) & $round(125, -1)', '2401120'],
    ['$floor(-1.5) & $ceil(1.2) & $abs(-3)', '-223'],
    ['$power(2, 10) + $sqrt(16)', 1028],
    ['$formatBase(255, 16)', 'ff'],
    ['$formatNumber(1234567.891, "#,##0.00")', '1,234,567.89'],
    ['$formatNumber(-0.256, "0.0%")', '-25.6%'],
    ['$formatNumber(1234.5678, "00.000e0")', '12.346e2'],
    ['$formatNumber(0, "0.0e0")', '0.0e0'],
    ['$formatNumber(1234.5, "#.##0,0", {"decimal-separator": ",", "grouping-separator": "."})', '1.234,5'],
    ['$formatNumber(-5, "0;(0)")', '(5)'],
    ['$formatNumber(1e21, "#,###")', '1,000,000,000,000,000,000,000'],
    ['$formatInteger(1994, "I") & $formatInteger(28, "a")', 'MCMXCIVab'],
    ['$formatInteger(2024, "Ww")', 'Two Thousand and Twenty-Four'],
    ['$formatInteger(1123, "w;o")', 'one thousand, one hundred and twenty-third'],
    ['$formatInteger(1234567, "#,##0;o")', '1,234,567th'],
    ['$parseInteger("MCMXCIV", "I") + $parseInteger("1,234", "#,##0")', 3228],
    ['$parseInteger("twelve thousand, four hundred and seventy-six", "w")', 12476],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it.each([
    ['$number("1 a")', 'D3030'],
    ['$number("0x1z")', 'D3030'],
    ['$sqrt(-1)', 'D3060'],
    ['$power(10, 999)', 'D3061'],
    ['$formatBase(1, 37)', 'D3100'],
    ['$formatNumber(1, "0,.0")', 'D3087'],
    ['$formatNumber(1, "0", {"zero-digit": ""})', 'D3154'],
    ['$formatInteger(1, "x")', 'D3130'],
    ['$parseInteger("seven apples", "w")', 'D3030'],
  ])('%s fails with %s', (source, code) => {
    expect(errorCode(source)).toBe(code);
  });
});

describe('arrays and objects', () => {
  it.each([
    ['[$sum([1, 2]), $max([1, 3]), $min([2, 1]), $average([1, 2]), $count(5)]', [3, 3, 1, 1.5, 1]],
    ['$append([1], 2)', [1, 2]],
    ['$reverse([1, 2])', [2, 1]],
    ['$distinct([1, "1", 1, {"a": 1}, {"a": 1}])', [1, '1', { a: 1 }]],
    [
      '$zip([1, 2], [3, 4, 5])',
      [
        [1, 3],
        [2, 4],
      ],
    ],
    ['$map([4, 5], function($v, $i) { $v * $i })', [0, 5]],
    ['$filter([1, 2, 3, 4], function($v, $i, $a) { $v > $average($a) })', [3, 4]],
    ['$single([1, 2, 3], function($v) { $v = 2 })', 2],
    ['$reduce([1, 2, 3], function($a, $b) { $a + $b }, 10)', 16],
    ['$sort(["b", "a"])', ['a', 'b']],
    ['$sort([3, 1, 2], function($a, $b) { $a < $b })', [3, 2, 1]],
    ['$keys([{"a": 1}, {"b": 2, "a": 3}])', ['a', 'b']],
    ['$lookup([{"a": 1}, {"a": 2}], "a")', [1, 2]],
    ['$spread({"a": 1, "b": 2})', [{ a: 1 }, { b: 2 }]],
    ['$merge([{"a": 1}, {"a": 2, "b": 3}])', { a: 2, b: 3 }],
    ['$each({"a": 1, "b": 2}, function($v, $k) { $k & $v })', ['a1', 'b2']],
    ['$sift({"a": 1, "b": 2}, function($v) { $v > 1 })', { b: 2 }],
    ['[$type(null), $type([]), $type({}), $type($sum), $type("")]', ['null', 'array', 'object', 'function', 'string']],
    [
      '[$boolean([0, 0]), $boolean([0, 1]), $boolean({}), $not(0), $exists(missing)]',
      [false, true, false, true, false],
    ],
    ['$map(["a"], $uppercase)', 'A'],
  ])('%s', (source, expected) => {
    expect(evaluate(source, {})).toEqual(expected);
  });

  it.each([
    ['$single([1, 1], function($v) { $v = 1 })', 'D3138'],
    ['$single([1], function($v) { $v = 2 })', 'D3139'],
    ['$reduce([1, 2], function($a) { $a })', 'D3050'],
    ['$sort([1, "a"])', 'D3070'],
    ['$assert(false, "no")', 'D3141'],
    ['$sum(["a"])', 'T0412'],
  ])('%s fails with %s', (source, code) => {
    expect(errorCode(source)).toBe(code);
  });

  it('shuffles by the given randomness', () => {
    expect(evaluate('$shuffle([1, 2, 3, 4])')).toEqual(evaluate('$shuffle([1, 2, 3, 4])'));
    expect(evaluate('$sort($shuffle([3, 1, 2]))')).toEqual([1, 2, 3]);
  });
});

describe('what Step Functions adds', () => {
  it.each([
    ['$partition([1..5], 2)', [[1, 2], [3, 4], [5]]],
    ['$range(1, 9, 2)', [1, 3, 5, 7, 9]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(2, 1)', []],
    ['$range(1, 9, 9)', 1],
    ['$parse("{\\"a\\": [1, null]}").a[0]', 1],
    ['$hash("input data", "SHA-1")', 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ['$hash("", "MD5")', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['$length($hash({"a": 1}, "SHA-512"))', 128],
    ['$random()', 0.25],
    ['$random(7) = $random(7) and $random(7) != $random(8)', true],
    ['$uuid()', '44444444-4444-4444-8444-444444444444'],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it.each([
    ['$partition([1], 0)', 'D3150'],
    ['$range(1, 2, 0)', 'D3151'],
    ['$hash("a", "CRC")', 'D3152'],
    ['$parse("{")', 'D3153'],
  ])('%s fails with %s', (source, code) => {
    expect(errorCode(source)).toBe(code);
  });

  it('needs what it is not given', () => {
    expect(errorCode('$hash("a", "MD5")', undefined, { hash: undefined })).toBe('D3155');
    expect(evaluate('$uuid()', undefined, { uuid: () => 'u-1' })).toBe('u-1');
  });
});
