"""Clients of redis-py at a server that wants a password.

python password.py HOST PORT PROTOCOL PASSWORD
"""

import asyncio
import sys

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry
from steps import run

HOST, PORT, PROTOCOL, PASSWORD = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]


def refused(**options):
    # redis-py would try again and again, at longer and longer intervals.
    once = Retry(NoBackoff(), 0)
    try:
        redis.Redis(host=HOST, port=PORT, protocol=PROTOCOL, retry=once, **options).ping()
    except redis.AuthenticationError as error:
        return str(error)
    raise AssertionError("it is let in")


def the_password_opens():
    assert redis.Redis(host=HOST, port=PORT, protocol=PROTOCOL, password=PASSWORD).ping()
    assert redis.Redis(host=HOST, port=PORT, protocol=PROTOCOL, username="default", password=PASSWORD).ping()
    assert redis.from_url(f"redis://:{PASSWORD}@{HOST}:{PORT}/0?protocol={PROTOCOL}").set("k", "v")


async def the_password_opens_with_asyncio():
    async with redis.asyncio.from_url(f"redis://default:{PASSWORD}@{HOST}:{PORT}?protocol={PROTOCOL}") as r:
        assert await asyncio.gather(r.get("k"), r.ping()) == [b"v", True]


def all_others_are_refused():
    # RESP3 begins with HELLO, which is refused in words of its own.
    assert refused().startswith({2: "Authentication required", 3: "HELLO must be called"}[PROTOCOL]), refused()
    for options in ({"password": "wrong"}, {"username": "nobody", "password": PASSWORD}):
        assert "invalid username-password pair" in refused(**options), refused(**options)


def subscribers_need_it_too():
    listener = redis.Redis(host=HOST, port=PORT, protocol=PROTOCOL, password=PASSWORD).pubsub()
    listener.subscribe("news")
    assert listener.get_message(timeout=10)["data"] == 1
    try:
        redis.Redis(host=HOST, port=PORT, protocol=PROTOCOL, retry=Retry(NoBackoff(), 0)).pubsub().subscribe("news")
    except redis.AuthenticationError:
        return
    # In RESP2 nothing is asked before SUBSCRIBE itself, whose answer is read later.
    assert PROTOCOL == 2


if __name__ == "__main__":
    run(the_password_opens, the_password_opens_with_asyncio, all_others_are_refused, subscribers_need_it_too)
