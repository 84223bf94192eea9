// npm's redis with its defaults: node npm-redis.js PORT
import assert from 'node:assert/strict';
import { createClient } from 'redis';

const client = createClient({ url: `redis://127.0.0.1:${process.argv[2]}` });
client.on('error', (error) => assert.fail(error));
await client.connect();

assert.equal(await client.ping(), 'PONG');
assert.equal(await client.set('node', 'a\r\n\u20ac'), 'OK');
assert.equal(await client.get('node'), 'a\r\n\u20ac');
assert.equal(await client.get('node-none'), null);
assert.equal(await client.set('node', 'b', { condition: 'NX' }), null);
assert.equal(await client.set('node', 'c', { GET: true }), 'a\r\n\u20ac');
assert.deepEqual(await client.mGet(['node', 'node-none', 'node']), ['c', null, 'c']);
assert.equal(await client.mSet({ 'node-a': '1', 'node-b': 'x' }), 'OK');
assert.equal(await client.incr('node-a'), 2);
assert.equal(await client.incrBy('node-a', 40), 42);
await assert.rejects(client.incr('node-b'), { message: 'ERR value is not an integer or out of range' });
assert.equal(await client.expire('node-a', 1000), 1);
const left = await client.ttl('node-a');
assert.ok(left > 990 && left <= 1000, `ttl ${left}`);
assert.equal(await client.persist('node-a'), 1);
assert.equal(await client.ttl('node-a'), -1);
assert.equal(await client.exists(['node-a', 'node-b', 'node-none']), 2);
assert.equal(await client.del(['node-a', 'node-b', 'node-none']), 2);

const replies = await Promise.all(
  Array.from({ length: 5000 }, (_, i) => [client.set(`node-${i % 10}`, `v${i}`), client.get(`node-${i % 10}`)]).flat()
);
replies.forEach((reply, i) => assert.equal(reply, i % 2 === 0 ? 'OK' : `v${(i - 1) / 2}`));

assert.match(await client.info('server'), /^# Server\r\nredis_version:7\./);
const own = await client.clientInfo();
assert.equal(own.resp, 3);
assert.equal(own.id, await client.clientId());
assert.equal(own.libName, 'node-redis');
assert.equal(await client.clientGetName(), null);
assert.equal(await client.clientSetName('shop'), 'OK');
assert.equal(await client.clientGetName(), 'shop');
const [get, none] = await client.commandInfo(['get', 'nosuch']);
assert.deepEqual([get.name, get.arity, get.flags, none], ['get', 2, new Set(['readonly', 'fast']), null]);
assert.equal((await client.command()).length, await client.commandCount());
const hello = await client.hello();
assert.deepEqual([hello.server, hello.proto, hello.id, hello.modules.length], ['redis', 3, own.id, 0]);
await client.close();

const named = createClient({ url: `redis://127.0.0.1:${process.argv[2]}`, name: 'named' });
await named.connect();
assert.equal(await named.clientGetName(), 'named');
await named.close();

const resp2 = createClient({ url: `redis://127.0.0.1:${process.argv[2]}`, RESP: 2 });
await resp2.connect();
assert.equal(await resp2.get('node-none'), null);
assert.equal((await resp2.clientInfo()).resp, 2);
await resp2.close();
console.log('done');
