import { isAddress } from './socket.ts';

/*
 * A ClientHello that any server of TLS 1.2 or 1.3 can answer (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2), written by hand: the runtime's own TLS refuses
 * self-signed certificates, which is what VPSs have. Nothing is negotiated to the end, so the key share needs no key of ours behind it.
 */

const LEGACY_TLS_1_0 = [0x03, 0x01];
const LEGACY_TLS_1_2 = [0x03, 0x03];
const HANDSHAKE = 0x16;
const CLIENT_HELLO = 0x01;

/** TLS 1.3's three, then what OpenSSL's and Go's defaults still speak over TLS 1.2 with ECDSA and RSA certificates. */
const CIPHER_SUITES = [
  0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
];
const X25519 = 0x001d;
const GROUPS = [X25519, 0x0017, 0x0018];
const SIGNATURES = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0807, 0x0201];

/** The bytes of one record: a fresh hello to `host`; a host name is sent as SNI, an address is not (RFC 6066 §3). */
export function clientHello(host: string): Uint8Array<ArrayBuffer> {
  const extensions = [
    ...serverName(host),
    ...extension(10, vector16(GROUPS.flatMap(uint16))),
    ...extension(11, [1, 0]),
    ...extension(13, vector16(SIGNATURES.flatMap(uint16))),
    ...extension(23, []),
    ...extension(43, [4, 0x03, 0x04, 0x03, 0x03]),
    ...extension(45, [1, 1]),
    ...extension(51, vector16([...uint16(X25519), ...vector16(x25519Point())])),
    ...extension(0xff01, [0]),
  ];
  const body = [
    ...LEGACY_TLS_1_2,
    ...random(32),
    32,
    ...random(32),
    ...vector16(CIPHER_SUITES.flatMap(uint16)),
    1,
    0,
    ...vector16(extensions),
  ];
  const message = [CLIENT_HELLO, 0, ...vector16(body)];
  return new Uint8Array([HANDSHAKE, ...LEGACY_TLS_1_0, ...vector16(message)]);
}

function serverName(host: string): number[] {
  return isAddress(host) ? [] : extension(0, vector16([0, ...vector16([...new TextEncoder().encode(host)])]));
}

/** Any 32 bytes are a point of X25519 (RFC 7748 §5), save a few that servers refuse: the top bit is masked, the rest is random. */
function x25519Point(): number[] {
  return random(32);
}

function extension(type: number, data: number[]): number[] {
  return [...uint16(type), ...vector16(data)];
}

function vector16(bytes: number[]): number[] {
  return [...uint16(bytes.length), ...bytes];
}

function uint16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function random(length: number): number[] {
  return [...crypto.getRandomValues(new Uint8Array(length))];
}
