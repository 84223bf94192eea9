// Sends messages of all sizes to the echo at the port of the first argument, several connections at once.
import assert from 'node:assert';
import { once } from 'node:events';
import WebSocket from 'ws';

const sizes = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20];

async function echo(number) {
  const socket = new WebSocket(`ws://127.0.0.1:${process.argv[2]}/socket`);
  await once(socket, 'open');
  for (const size of sizes) {
    for (const sent of ['t'.repeat(size), Buffer.alloc(size, number)]) {
      socket.send(sent);
      const [received, isBinary] = await once(socket, 'message');
      assert.strictEqual(isBinary, typeof sent !== 'string');
      assert(received.equals(Buffer.from(sent)));
    }
  }
  // Many at a time, in order.
  let next = 0;
  socket.on('message', data => assert.strictEqual(String(data), String(next++)));
  for (let i = 0; i < 1000; i++) {
    socket.send(String(i));
  }
  socket.ping('are you there');
  const [pong] = await once(socket, 'pong');
  assert.strictEqual(String(pong), 'are you there');
  while (next < 1000) {
    await once(socket, 'message');
  }
  socket.close(4000, 'enough');
  const [code, reason] = await once(socket, 'close');
  assert.strictEqual(code, 4000);
  assert.strictEqual(String(reason), 'enough');
}

await Promise.all([1, 2, 3, 4].map(echo));
console.log('ok');
