import { describe, expect, it } from 'vitest';
import { languageOf, WORDS } from '../../../worker/status/words.ts';

describe('languageOf', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['zh', 'zh'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['ZH-Hant-TW', 'zh'],
    ['en-GB,en;q=0.9,zh;q=0.8', 'en'],
    ['de,fr;q=0.9', 'en'],
    ['de, zh;q=0.5', 'zh'],
    ['en;q=0.2, zh;q=0.7', 'zh'],
    ['zh;q=0, en', 'en'],
    ['zh;q=0', 'en'],
    ['*', 'en'],
    ['zhx', 'en'],
    [';;;,,,q=', 'en'],
  ])('%j → %s', (header, language) => expect(languageOf(header)).toBe(language));
});

it('no word is the same in both languages by oversight', () => {
  const same = (Object.keys(WORDS.en) as (keyof typeof WORDS.en)[]).filter(
    (key) => JSON.stringify(WORDS.en[key]) === JSON.stringify(WORDS.zh[key]),
  );
  // Functions have no JSON: they are called instead.
  expect(same.filter((key) => typeof WORDS.en[key] !== 'function')).toEqual([]);
  expect(WORDS.en.carries('x')).not.toBe(WORDS.zh.carries('x'));
  expect(WORDS.en.pinned('x')).not.toBe(WORDS.zh.pinned('x'));
  expect(WORDS.en.away('x')).not.toBe(WORDS.zh.away('x'));
  expect(WORDS.en.earlier(1)).not.toBe(WORDS.zh.earlier(1));
});
