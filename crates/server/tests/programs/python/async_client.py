"""What programs do with redis-py's client for asyncio.

python async_client.py HOST PORT PROTOCOL
"""

import asyncio
import sys

import redis.asyncio as redis
from redis.exceptions import ResponseError, WatchError
from steps import run

HOST, PORT, PROTOCOL = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
LIMIT = 20


def client(**options):
    options = {"decode_responses": True, "socket_timeout": 10} | options
    return redis.Redis(host=HOST, port=PORT, protocol=PROTOCOL, **options)


async def starts_empty():
    async with client() as r:
        assert await r.flushall() and await r.dbsize() == 0
        assert await r.ping() is True


async def a_purchase_and_its_listeners():
    orders = {f"order-{n}": {"event": "Opening Ceremony", "who": "kim", "qty": str(n)} for n in range(1, 51)}

    async def listen(pubsub, books):
        async for message in pubsub.listen():
            if message["type"] not in ("message", "pmessage"):
                continue
            order = await r.hgetall("purchase_order_details:" + message["data"])
            async with r.pipeline(transaction=True) as p:
                await p.sadd(books + ":orders", message["data"]).hincrby(books, "tickets", order["qty"]).execute()
            if message["data"] == "order-50":
                return

    async with client() as r, r.pubsub() as by_channel, r.pubsub() as by_pattern:
        await by_channel.subscribe("purchase_orders")
        await by_pattern.psubscribe("purchase_orders:* Ceremony")
        for pubsub in (by_channel, by_pattern):
            assert (await pubsub.get_message(timeout=10))["data"] == 1
        listeners = [
            asyncio.create_task(listen(by_channel, "sales")),
            asyncio.create_task(listen(by_pattern, "ceremonies")),
        ]
        for order_id, order in orders.items():
            await r.hset("purchase_order_details:" + order_id, mapping=order)
            assert await r.publish("purchase_orders", order_id) == 1
            assert await r.publish("purchase_orders:" + order["event"], order_id) == 1
        await asyncio.wait_for(asyncio.gather(*listeners), LIMIT)
        for books in ("sales", "ceremonies"):
            assert await r.hget(books, "tickets") == str(sum(range(51)))
            assert await r.smembers(books + ":orders") == set(orders)


async def many_tasks_at_once():
    pool = redis.BlockingConnectionPool.from_url(
        f"redis://{HOST}:{PORT}/0", protocol=PROTOCOL, max_connections=5, timeout=10
    )
    async with redis.Redis.from_pool(pool) as r:
        counts = await asyncio.wait_for(asyncio.gather(*(r.incr("visits") for _ in range(500))), LIMIT)
        assert sorted(counts) == list(range(1, 501)) and await r.get("visits") == b"500"


async def watch_notices_a_change():
    async with client() as r, r.pipeline() as p:
        await r.set("stock", 10)
        await p.watch("stock")
        assert await p.get("stock") == "10"
        await r.set("stock", 3)
        p.multi()
        p.set("stock", 9)
        try:
            answers = await p.execute()
        except WatchError:
            assert await r.get("stock") == "3"
        else:
            raise AssertionError(f"done all the same: {answers}")

        def sell(p):
            p.multi()
            p.decr("stock")

        assert await r.transaction(sell, "stock") == [2]


async def errors_have_redis_words():
    async with client() as r:
        await r.set("text", "x")
        try:
            await r.hset("text", "field", "value")
        except ResponseError as error:
            assert str(error) == "WRONGTYPE Operation against a key holding the wrong kind of value", error
        else:
            raise AssertionError("a string is taken for a hash")
        async with r.pipeline(transaction=False) as p:
            p.incr("text").set("text", "y").get("text")
            refusal, done, text = await p.execute(raise_on_error=False)
        assert isinstance(refusal, ResponseError) and (done, text) == (True, "y")


async def iterates_over_all():
    async with client() as r:
        await r.sadd("members", *range(300))
        await r.mset({f"key:{n}": n for n in range(300)})
        assert {key async for key in r.scan_iter(match="key:*")} == {f"key:{n}" for n in range(300)}
        assert {member async for member in r.sscan_iter("members")} == {str(n) for n in range(300)}


async def a_message_in_time_or_none():
    async with client() as r, r.pubsub(ignore_subscribe_messages=True) as p:
        await p.subscribe("quiet")
        assert await p.get_message(timeout=10) is None, "the confirmation is ignored"
        assert await p.get_message(timeout=0.01) is None
        assert await r.publish("quiet", "psst") == 1
        assert (await p.get_message(timeout=10))["data"] == "psst"
        await p.unsubscribe("quiet")
        assert await p.get_message(timeout=10) is None and not p.subscribed
        assert await r.publish("quiet", "nobody") == 0


async def a_killed_connection_is_made_again():
    async with client(single_connection_client=True, client_name="till") as till, client() as r:
        lost = await till.client_id()
        assert await r.client_kill_filter(_id=lost) == 1
        assert await till.get("none") is None
        assert await till.client_id() != lost and await till.client_getname() == "till"


async def another_database():
    async with client(db=3) as third, client() as r:
        assert await third.set("where", "three") and await third.dbsize() == 1
        assert await r.get("where") is None
        assert (await third.client_info())["db"] == 3
        assert (await r.info("keyspace"))["db3"]["keys"] == 1


if __name__ == "__main__":
    run(
        starts_empty,
        a_purchase_and_its_listeners,
        many_tasks_at_once,
        watch_notices_a_change,
        errors_have_redis_words,
        iterates_over_all,
        a_message_in_time_or_none,
        a_killed_connection_is_made_again,
        another_database,
    )
