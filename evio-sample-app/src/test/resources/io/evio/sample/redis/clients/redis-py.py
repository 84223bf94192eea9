"""redis-py with its defaults: python3 redis-py.py PORT"""
import sys

import redis

client = redis.Redis(port=int(sys.argv[1]))
assert client.ping() is True
assert client.set("py", "a\r\n\u20ac") is True
assert client.get("py") == "a\r\n\u20ac".encode()
assert client.get("py-none") is None
assert client.set("py", "b", nx=True) is None
assert client.set("py", "c", get=True) == "a\r\n\u20ac".encode()
assert client.mget("py", "py-none", "py") == [b"c", None, b"c"]
assert client.mset({"py-a": "1", "py-b": "x"}) is True
assert client.incr("py-a") == 2
assert client.incrby("py-a", 40) == 42
try:
    client.incr("py-b")
    raise AssertionError("no error")
except redis.ResponseError as error:
    assert str(error) == "value is not an integer or out of range", error
assert client.expire("py-a", 1000) is True
assert 990 < client.ttl("py-a") <= 1000
assert client.exists("py-a", "py-b", "py-none") == 2
assert client.delete("py-a", "py-b", "py-none") == 2

pipeline = client.pipeline(transaction=False)
for i in range(5000):
    pipeline.set(f"py-{i % 10}", f"v{i}").get(f"py-{i % 10}")
for i, reply in enumerate(pipeline.execute()):
    assert reply == (True if i % 2 == 0 else f"v{i // 2}".encode()), (i, reply)

assert client.info("server")["redis_version"].startswith("7.")
own = client.client_info()
assert own["resp"].strip() == "2", own
assert int(own["id"]) == client.client_id()
assert client.client_getname() is None
assert client.client_setname("shop") is True
assert client.client_getname() == "shop"
assert client.command()["get"]["arity"] == 2
assert client.command_count() == len(client.command())
assert client.reset() == "RESET"
client.close()

named = redis.Redis(port=int(sys.argv[1]), username="default", password="any", client_name="named")
assert named.client_getname() == "named"
named.close()
try:
    redis.Redis(port=int(sys.argv[1]), password="secret").ping()
    raise AssertionError("no error")
except redis.ResponseError as error:
    assert "without any password configured" in str(error), error
print("done")
