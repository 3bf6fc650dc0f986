import { describe, expect, test } from 'vitest';
import { Lines, MAX_LINE_BYTES } from '../../../worker/engine/lines.ts';
import { readBySchema, TraceReader } from '../../../worker/engine/trace.ts';
import { engineRules } from '../../../worker/fleet-file/engine-rules.ts';
import { readFleet } from '../../../worker/fleet-file/read.ts';
import { CHANCE_FLEET, linesByChance } from '../../acceptance/chance.ts';
import { Prng } from '../../sim/prng.ts';

/*
 * How a trace is read: fast for plain lines, by the schema for all others. The schema alone says what a line may be, so both have to agree on every text.
 */

const read = readFleet(JSON.stringify(CHANCE_FLEET), 'json', { allowPrivate: true });
if (!read.ok) throw new Error(JSON.stringify(read.errors));
const RULES = engineRules(read.fleet);
const ENCODER = new TextEncoder();

function fast(text: string): unknown {
  const bytes = ENCODER.encode(`${text}\n`);
  return new TraceReader(RULES).read(bytes, 0, bytes.length - 1);
}

/** What a careless writer, or a cruel one, puts between and into the values of a line. */
const BITS = [
  ...['', ' ', '\t', '"', '\\', '\\u0061', ',', ':', '{', '}', '[', ']', 'null', 'true', 'false', '-', '-0', '+1', '.5', '1.', '1e3'],
  ...['1.50', '00', '9007199254740993', '281474976710657', '123456789012345.5', '\u0000', '\u007f', 'é', '\u2028', '😀', '"ok"', '"t":1,'],
  ...['"__proto__":1,', '"a"', '"c"', '"weur"', '"home"', 'x'.repeat(40), 'x'.repeat(201), '/*', '1,', '},{'],
];

const NUMBERS = [
  '0',
  '0.5',
  '1.0',
  '1e0',
  '0.25 ',
  ' 7',
  '12345678',
  '123456789012345',
  '9007199254740991',
  '-0',
  '63',
  '64',
  '281474976710656',
];

/** The text with other numbers, or with a bit of it replaced or lost. */
function spoilt(text: string, chance: Prng): string {
  if (chance.chance(0.5)) return text.replace(/(?<=:)[\d.]+/g, (number) => (chance.chance(0.4) ? chance.pick(NUMBERS) : number));
  const from = chance.int(0, text.length - 1);
  const to = Math.min(text.length, from + chance.pick([0, 1, 1, 2, 5]));
  return text.slice(0, from) + chance.pick(BITS) + text.slice(to);
}

describe('a malformed line is said in words', () => {
  const probe = '{"t":5,"type":"probe","vantage":"weur","server":"b","check":0,"ok":true,"ms":20}';
  const path = '{"t":5,"type":"path","site":"home","server":"a","alive":true,"rttMs":40,"loss":0}';
  const poll = '{"t":5,"type":"poll","site":"home","applied":3}';
  const pin = '{"t":5,"type":"pin","site":"home","server":"b","until":9}';

  const malformed: [string, RegExp][] = [
    ['{"t":0', /^not JSON: /],
    ['{bad', /^not JSON: /],
    [`${probe}${probe}`, /^not JSON: /],
    [`${probe} x`, /^not JSON: /],
    ['['.repeat(30_000), /^not JSON: /],
    [`${probe.slice(0, 20)}\u0000${probe.slice(20)}`, /^not JSON: /],
    ['null', /^must be a JSON object, and is null$/],
    ['[]', /^must be a JSON object, and is an array$/],
    ['{"t":0,"type":"nonsense"}', /^type: .*"nonsense"/],
    ['{"t":5}', /^type: is missing/],
    ['{"type":"end"}', /^t: is missing/],
    ['{"t":"5","type":"end"}', /^t: .*"5"/],
    ['{"t":-1,"type":"end"}', /^t: .*-1/],
    ['{"t":0.5,"type":"end"}', /^t: .*0\.5/],
    ['{"t":9007199254740993,"type":"end"}', /^t: /],
    ['{"t":1e400,"type":"end"}', /^t: .*Infinity/],
    [probe.replace('true', '"yes"'), /^ok: .*"yes"/],
    [probe.replace('"check":0', '"check":7'), /^check: server "b" has no check 7$/],
    [probe.replace('"check":0', '"check":-1'), /^check: .*-1/],
    [probe.replace('"check":0,', ''), /^check: is missing/],
    [probe.replace('weur', 'mars'), /^vantage: "mars" is not in the fleet file$/],
    [probe.replace('"b"', '"__proto__"'), /^server: "__proto__" is not in the fleet file$/],
    [probe.replace('"ms":20', '"ms":-1'), /^ms: .*-1/],
    [`${probe.slice(0, -1)},"extra":1}`, /^unknown key "extra"$/],
    [`${probe.slice(0, -1)},"ok":false}`, /^ok: is there twice$/],
    [path.replace('"loss":0', '"loss":1.5'), /^loss: .*1\.5/],
    [path.replace('{', '{"wan":"constructor",'), /^wan: must be the name of a network device, at most 32 characters.*"constructor"/],
    [path.replace('{', '{"wan":"__proto__",'), /^wan: .*"__proto__"/],
    [path.replace('"a"', '"z"'), /^server: "z" is not in the fleet file$/],
    [path.replace('"alive":true,', ''), /^alive: is missing/],
    [poll.replace('home', 'nowhere'), /^site: "nowhere" is not in the fleet file$/],
    [poll.replace('3', '281474976710657'), /^applied: /],
    [pin.replace(',"server":"b"', ''), /^server: is missing/],
    [pin.replace('9', '9.5'), /^until: .*9\.5/],
  ];

  test.each(malformed.map(([line, sentence]) => [line.slice(0, 60), line, sentence] as const))('%s', (_, line, sentence) => {
    expect(fast(line)).toEqual({ ok: false, error: expect.stringMatching(sentence) });
  });
});

test.each([
  ['{"t":5,"type":"probe","vantage":"weur","server":"b","check":0,"ok":true,"reason":null,"ms":null}', 'reason'],
  ['{"t":5,"type":"path","site":"home","server":"a","alive":true,"wan":null,"rttMs":null,"loss":null}', 'loss'],
  ['{"t":5,"type":"pin","site":"home","server":"b","until":null}', 'until'],
  ['{"t":5,"type":"maintenance","server":"b","until":null}', 'until'],
])('null is as good as absent: %s', (line, key) => {
  expect(fast(line)).toMatchObject({ ok: true, event: { [key]: undefined } });
  expect(fast(line.replaceAll(/,"\w+":null/g, ''))).toEqual(fast(line));
});

describe('the fast way and the schema agree', () => {
  const plain = linesByChance(7, 150).map((line) => JSON.stringify(line));

  test('on plain lines', () => {
    for (const line of plain) expect(fast(line)).toEqual(readBySchema(line, RULES));
  });

  test('on spoilt lines, which are errors or mean what JSON says', () => {
    const chance = new Prng('spoilt');
    let accepted = 0;
    for (let n = 0; n < 6000; n++) {
      let line = chance.pick(plain);
      for (let times = chance.int(1, 3); times > 0; times--) line = spoilt(line, chance);
      const wanted = readBySchema(line, RULES);
      if (wanted.ok) accepted++;
      expect(fast(line), line).toEqual(wanted);
    }
    // Both kinds are there, or this test would say nothing.
    expect(accepted).toBeGreaterThan(300);
    expect(accepted).toBeLessThan(5000);
  });
});

describe('lines', () => {
  const linesOf = (chunks: Uint8Array[]): string[] => {
    const lines = new Lines();
    const found: string[] = [];
    const take = (): void => {
      for (let next = lines.next(); next === 'line'; next = lines.next()) found.push(`${lines.number} ${text(lines)}`);
    };
    for (const chunk of chunks) {
      lines.push(chunk);
      take();
    }
    lines.end();
    take();
    return found;
  };
  const text = ({ bytes, from, to }: Lines): string => new TextDecoder().decode(bytes.subarray(from, to));

  test('are the same however the bytes come', () => {
    const bytes = ENCODER.encode('\ufeff{"é":1}\r\n\n  \t\r\n{"b":2}\n😀\nlast');
    const whole = linesOf([bytes]);
    expect(whole).toEqual(['1 {"é":1}\r', '4 {"b":2}', '5 😀', '6 last']);
    for (const size of [1, 2, 3, 7]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size));
      expect(linesOf(chunks), `${size} at a time`).toEqual(whole);
    }
  });

  test('have an end, also when none comes', () => {
    const lines = new Lines();
    lines.push(ENCODER.encode(`${'x'.repeat(MAX_LINE_BYTES)}\n${'x'.repeat(MAX_LINE_BYTES + 1)}`));
    expect(lines.next()).toBe('line');
    expect(lines.next()).toBe('too-long');
    expect(lines.number).toBe(2);
  });
});
