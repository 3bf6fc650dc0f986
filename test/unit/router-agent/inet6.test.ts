import { expect, test } from 'vitest';
import { rankIpv6 } from '../../../router-agent/wan/inet6.ts';

/** Lines as the kernel writes them: address, index, length of the prefix, scope, flags, device. */
const listing = (flags: Record<string, string>) =>
  Object.entries(flags)
    .map(([hex, flag]) => `${hex} 02 40 00 ${flag}     wan1\n`)
    .join('');

const [OLD, NEW] = ['20010db8000100000000000000000002', '20010db8000200000000000000000002'];

test.each<[string, Record<string, string>, string[], string]>([
  ['the newer one is listed first', { [NEW]: '00', [OLD]: '80' }, ['2001:db8:2::2', '2001:db8:1::2'], '2001:db8:2::2'],
  ['the prefix of yesterday', { [NEW]: '20', [OLD]: '80' }, ['2001:db8:2::2', '2001:db8:1::2'], '2001:db8:1::2'],
  ['one that is being checked for doubles', { [NEW]: '40', [OLD]: '80' }, ['2001:db8:2::2', '2001:db8:1::2'], '2001:db8:1::2'],
  ['one that is a double', { [NEW]: 'c8', [OLD]: '20' }, ['2001:db8:2::2', '2001:db8:1::2'], '2001:db8:1::2'],
  ['one that may be used while it is checked', { [NEW]: '44', [OLD]: '20' }, ['2001:db8:2::2', '2001:db8:1::2'], '2001:db8:2::2'],
  ['a temporary one', { [NEW]: '01', [OLD]: '00' }, ['2001:db8:2::2', '2001:db8:1::2'], '2001:db8:1::2'],
  ['a private one', { [OLD]: '01' }, ['fd00:1::2', '2001:db8:1::2'], '2001:db8:1::2'],
  ['nothing but a private one, and the prefix of yesterday', { [OLD]: '20' }, ['2001:db8:1::2', 'fd00:1::2'], 'fd00:1::2'],
  ['a list that nobody could read', {}, ['2001:db8:2::2', '2001:db8:1::2'], '2001:db8:2::2'],
])('of several addresses the one to ask from: %s', (_, flags, addresses, best) => {
  expect(rankIpv6(addresses, listing(flags))[0]).toBe(best);
});
