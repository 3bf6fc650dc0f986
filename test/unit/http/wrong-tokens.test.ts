import { expect, test } from 'vitest';
import { WrongTokens } from '../../../worker/http/wrong-tokens.ts';

/** Sends so many from each of these addresses; answers with the last wait. */
function after(count: number, ...addresses: string[]): number | null {
  const wrong = new WrongTokens();
  let wait: number | null = null;
  for (let i = 0; i < count; i++) for (const address of addresses) wait = wrong.note(address, i);
  return wait;
}

test('many wrong tokens in a minute make an address wait, and no other', () => {
  expect(after(40, '192.0.2.1')).toBeNull();
  expect(after(41, '192.0.2.1')).toBe(60);
  expect(after(30, '192.0.2.1', '192.0.2.2')).toBeNull();
});

test('after its minute it starts anew', () => {
  const wrong = new WrongTokens();
  for (let i = 0; i <= 40; i++) wrong.note('192.0.2.1', 0);
  expect(wrong.note('192.0.2.1', 59_001)).toBe(1);
  expect(wrong.note('192.0.2.1', 60_000)).toBeNull();
});

test('an IPv6 network of one customer is one address', () => {
  expect(after(21, '2001:db8:1:2::1', '2001:db8:1:2:aaaa:bbbb:cccc:dddd')).toBe(60);
  expect(after(21, '2001:db8:1:2::1', '2001:db8:1:3::1')).toBeNull();
  expect(after(21, '2001:db8::1', '2001:db8::2')).toBe(60);
});

test('it remembers a bounded number of addresses', () => {
  const wrong = new WrongTokens();
  for (let i = 0; i <= 40; i++) wrong.note('192.0.2.1', 0);
  for (let i = 0; i < 1000; i++) wrong.note(`198.51.100.${i}`, 0);
  expect(wrong.note('192.0.2.1', 0)).toBeNull();
});
