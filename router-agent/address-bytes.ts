import { isIPv6 } from 'node:net';

/** An address as the bytes of the wire. It must be one, and IPv6 is written without dotted decimals (the kernel's lists are). */
export function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const words = (text: string) => (text === '' ? [] : text.split(':'));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  const bytes = Buffer.alloc(16);
  for (const [index, word] of [...left, ...zeros, ...right].entries()) bytes.writeUInt16BE(Number.parseInt(word, 16), index * 2);
  return bytes;
}
