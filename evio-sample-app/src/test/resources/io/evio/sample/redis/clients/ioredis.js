// npm's ioredis with its defaults: node ioredis.js PORT
import assert from 'node:assert/strict';
import Redis from 'ioredis';

const client = new Redis(Number(process.argv[2]), '127.0.0.1');
client.on('error', (error) => assert.fail(error));

assert.equal(await client.ping(), 'PONG');
assert.equal(await client.set('io', 'a\r\n\u20ac'), 'OK');
assert.equal(await client.get('io'), 'a\r\n\u20ac');
assert.equal(await client.get('io-none'), null);
assert.equal(await client.set('io', 'b', 'NX'), null);
assert.equal(await client.set('io', 'c', 'GET'), 'a\r\n\u20ac');
assert.deepEqual(await client.mget('io', 'io-none', 'io'), ['c', null, 'c']);
assert.equal(await client.mset({ 'io-a': '1', 'io-b': 'x' }), 'OK');
assert.equal(await client.incr('io-a'), 2);
assert.equal(await client.incrby('io-a', 40), 42);
await assert.rejects(client.incr('io-b'), { message: 'ERR value is not an integer or out of range' });
assert.equal(await client.expire('io-a', 1000), 1);
const left = await client.ttl('io-a');
assert.ok(left > 990 && left <= 1000, `ttl ${left}`);
assert.equal(await client.exists('io-a', 'io-b', 'io-none'), 2);
assert.equal(await client.del('io-a', 'io-b', 'io-none'), 2);

const pipeline = client.pipeline();
for (let i = 0; i < 5000; i++) {
  pipeline.set(`io-${i % 10}`, `v${i}`).get(`io-${i % 10}`);
}
(await pipeline.exec()).forEach(([error, reply], i) => {
  assert.equal(error, null);
  assert.equal(reply, i % 2 === 0 ? 'OK' : `v${(i - 1) / 2}`);
});

assert.match(await client.info('server'), /^# Server\r\nredis_version:7\./);
const own = await client.client('INFO');
assert.match(own, / resp=3\b/);
assert.match(own, new RegExp(`^id=${await client.client('ID')} `));
assert.match(own, / lib-name=ioredis /);
assert.equal(await client.client('GETNAME'), null);
const [[name, arity, flags], none] = await client.command('INFO', 'get', 'nosuch');
assert.deepEqual([name, arity, flags, none], ['get', 2, ['readonly', 'fast'], null]);
assert.equal((await client.command()).length, await client.command('COUNT'));
assert.equal(await client.quit(), 'OK');

const named = new Redis(Number(process.argv[2]), '127.0.0.1', { connectionName: 'named' });
assert.equal(await named.client('GETNAME'), 'named');
assert.equal(await named.quit(), 'OK');

const resp2 = new Redis(Number(process.argv[2]), '127.0.0.1', { protocol: 2 });
assert.equal(await resp2.get('io-none'), null);
assert.match(await resp2.client('INFO'), / resp=2\b/);
assert.equal(await resp2.quit(), 'OK');
console.log('done');
