import { expect, test } from 'vitest';
import { checkNeighbours } from '../../../router-agent/dataplane/neighbours.ts';
import { fakeOs } from './fake-os.ts';

const rules = (list: object[]) => fakeOs((line) => ({ stdout: line.includes('-4') ? JSON.stringify(list) : '[]' }));
const BASE = [
  { priority: 0, src: 'all', table: 'local' },
  { priority: 32766, src: 'all', table: 'main' },
];

test.each([
  ['a plain machine', [], []],
  ['our own rules', [{ priority: 101, src: 'all', fwmark: '0x1', fwmask: '0xff', table: '201', protocol: '170' }], []],
  ['mwan3', [{ priority: 2001, src: 'all', fwmark: '0x100', fwmask: '0x3f00', table: '1' }], []],
  ['mwan3 before us', [{ priority: 50, src: 'all', fwmark: '0x100', fwmask: '0x3f00', table: '1' }], []],
  [
    "shadowsocks' tproxy on OMR",
    [{ priority: 1, src: 'all', fwmark: '0x1', table: '100' }],
    [expect.stringContaining('rule 1 of another program goes by mark 0x1/0xffffffff')],
  ],
  [
    'a VPN that takes all',
    [{ priority: 80, src: 'all', table: '51820' }],
    [expect.stringContaining('takes everything to table 51820 before our rules')],
  ],
  ['a VPN that takes all, later', [{ priority: 5210, src: 'all', table: '51820' }], []],
  ['a source rule', [{ priority: 80, src: '10.0.0.0', srclen: 8, table: '7' }], []],
])('%s', async (_, list, problems) => expect(await checkNeighbours(rules([...BASE, ...list]))).toEqual(problems));
