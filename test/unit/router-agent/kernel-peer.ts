import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

/*
 * Who talks in the kernel test: `vps NAME` answers datagrams with its name and keeps TCP connections open; `client` sends datagrams on one socket
 * each 5 ms, holds one TCP connection on which it speaks each 20 ms, and prints what happens as JSON Lines.
 */
const ADDRESS = '198.51.100.9';
const [role, name = ''] = process.argv.slice(2);
const say = (line: object) => process.stdout.write(`${JSON.stringify({ t: Date.now(), ...line })}\n`);

if (role === 'vps') {
  const socket = createSocket('udp4');
  socket.on('message', (_, from) => socket.send(name, from.port, from.address));
  socket.bind(9000, ADDRESS, () =>
    createServer((peer) => peer.on('error', () => peer.destroy()).on('data', (data) => peer.write(data))).listen(9000, ADDRESS, () =>
      say({ ready: name }),
    ),
  );
} else {
  const socket = createSocket('udp4');
  // Between a cut and the new route a send may fail; the next one counts.
  socket.on('error', (error) => say({ udpError: error.message }));
  socket.on('message', (message) => say({ udp: message.toString() }));
  setInterval(() => socket.send('x', 9000, ADDRESS, (error) => error && say({ udpError: error.message })), 5);
  const stream = connect(9000, ADDRESS, () => say({ tcp: 'open' }));
  stream.on('data', () => say({ tcp: 'echo' }));
  stream.on('error', (error) => say({ tcp: Reflect.get(error, 'code') }));
  setInterval(() => stream.destroyed || stream.write('x'), 20);
}
