// A page, an echo by POST and an echo by WebSocket, at one port, which it prints. Ends with its input.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const page = `<!doctype html>
<title>waiting</title>
<link rel="icon" href="data:,">
<script src="/script.js"></script>
<body>waiting</body>`;

const script = `
const large = 3_000_000;

function overWebSocket() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket('ws://' + location.host + '/socket');
    socket.onopen = () => socket.send('x'.repeat(100_000));
    socket.onmessage = message => { resolve(message.data.length); socket.close(1000); };
    socket.onerror = () => reject(new Error('the WebSocket failed'));
  });
}

window.onload = async () => {
  const posted = await (await fetch('/echo', { method: 'POST', body: 'y'.repeat(200_000) })).text();
  const got = await (await fetch('/large')).arrayBuffer();
  const missing = (await fetch('/missing')).status;
  const head = await fetch('/large', { method: 'HEAD' });
  document.body.textContent = [posted.length, got.byteLength === large, missing,
    head.headers.get('content-length'), head.headers.get('via'), await overWebSocket()].join(' ');
};
`;

const server = createServer((request, response) => {
  switch (request.url) {
    case '/':
      response.setHeader('Content-Type', 'text/html').end(page);
      break;
    case '/script.js':
      response.setHeader('Content-Type', 'text/javascript').end(script);
      break;
    case '/large':
      response.setHeader('Content-Length', 3_000_000).end(request.method === 'HEAD' ? undefined : Buffer.alloc(3_000_000));
      break;
    case '/echo':
      request.pipe(response);
      break;
    default:
      // Not an error status, which a browser would complain about.
      response.writeHead(204).end();
  }
});
new WebSocketServer({ server, maxPayload: 1 << 24 })
  .on('connection', socket => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
