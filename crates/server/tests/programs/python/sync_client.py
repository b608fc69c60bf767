"""What programs do with redis-py's client, beyond a shop's day.

python sync_client.py HOST PORT PROTOCOL
"""

import sys
import threading

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from steps import run

HOST, PORT, PROTOCOL = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def client(**options):
    options = {"decode_responses": True, "socket_timeout": 10} | options
    return redis.Redis(host=HOST, port=PORT, protocol=PROTOCOL, **options)


r = client()


def refused(error, call, *args):
    """The text of the error that a call has to end in."""
    try:
        answer = call(*args)
    except error as refusal:
        assert type(refusal) is error, repr(refusal)
        return str(refusal)
    raise AssertionError(f"{call.__name__} answers {answer!r}")


def connects_by_a_url_and_has_a_name():
    with redis.from_url(
        f"redis://{HOST}:{PORT}/0?protocol={PROTOCOL}", client_name="till-7", decode_responses=True
    ) as named:
        assert named.ping() is True
        assert named.echo("hello") == "hello"
        assert named.client_getname() == "till-7"
        assert named.client_setname("till-8")
        me = named.client_info()
        assert me["name"] == "till-8" and me["id"] == named.client_id() and int(me["resp"]) == PROTOCOL, me
        assert [line["name"] for line in named.client_list(client_id=[named.client_id()])] == ["till-8"]


def strings_and_counters():
    assert r.set("greeting", "hello", ex=100) is True
    assert r.get("greeting") == "hello" and r["greeting"] == "hello"
    assert 0 < r.ttl("greeting") <= 100
    assert r.set("greeting", "again", nx=True) is None
    assert r.set("greeting", "moin", xx=True, get=True) == "hello"
    assert r.append("greeting", "!") == 5 and r.strlen("greeting") == 5
    assert r.getrange("greeting", 0, 1) == "mo" and r.setrange("greeting", 1, "") == 5
    assert r.mset({"a": 1, "b": 2}) and r.mget("a", "none", "b") == ["1", None, "2"]
    assert r.incr("a") == 2 and r.decrby("a", 5) == -3 and r.incrbyfloat("b", "0.5") == 2.5
    assert r.getdel("a") == "-3" and r.exists("a", "b") == 1
    assert r.setbit("bits", 7, 1) == 0 and r.getbit("bits", 7) == 1 and r.bitcount("bits") == 1
    assert r.get("none") is None and "none" not in r
    # Bytes are bytes where nothing decodes them.
    raw = client(decode_responses=False)
    assert raw.set(b"\x00\xff", b"\r\n\x80") and raw.get(b"\x00\xff") == b"\r\n\x80"


def hashes():
    assert r.hset("order", mapping={"who": "jamie", "cost": 40.5, "qty": 2}) == 3
    assert r.hset("order", "who", "kim") == 0
    assert r.hget("order", "who") == "kim"
    assert r.hgetall("order") == {"who": "kim", "cost": "40.5", "qty": "2"}
    assert r.hmget("order", "qty", "none") == ["2", None]
    assert r.hincrby("order", "qty", 3) == 5 and r.hincrbyfloat("order", "cost", 0.25) == 40.75
    assert r.hkeys("order") == ["who", "cost", "qty"] and r.hlen("order") == 3
    assert r.hexists("order", "who") is True and r.hsetnx("order", "who", "lee") == 0
    assert r.hdel("order", "who", "none") == 1
    assert type(r.hrandfield("order", 2, withvalues=True)) is list


def sets():
    assert r.sadd("judo", "jamie", "kim", "lee") == 3 and r.sadd("relay", "kim", "sam") == 2
    assert r.smembers("judo") == {"jamie", "kim", "lee"}
    assert r.sinter("judo", "relay") == {"kim"} and r.sdiff("judo", "relay") == {"jamie", "lee"}
    assert r.sunionstore("all", "judo", "relay") == 4 and r.sintercard(2, ["judo", "relay"]) == 1
    assert r.sismember("judo", "kim") and r.smismember("judo", ["kim", "sam"]) == [True, False]
    assert r.smove("judo", "relay", "lee") is True and r.srem("relay", "lee", "none") == 1
    assert r.spop("all") in {"jamie", "kim", "lee", "sam"} and r.scard("all") == 3
    assert set(r.srandmember("judo", 5)) == {"jamie", "kim"}


def iterates_over_all():
    with r.pipeline(transaction=False) as p:
        for n in range(1000):
            p.set(f"many:{n}", n)
            p.sadd("many-members", f"member-{n}")
            p.hset("many-fields", f"field-{n}", n)
        assert len(p.execute()) == 3000
    assert set(r.scan_iter(match="many:*", count=100)) == {f"many:{n}" for n in range(1000)}
    assert set(r.scan_iter(match="many*", _type="hash")) == {"many-fields"}
    assert set(r.sscan_iter("many-members", match="member-9?")) == {f"member-9{n}" for n in range(10)}
    assert dict(r.hscan_iter("many-fields", count=50)) == {f"field-{n}": str(n) for n in range(1000)}
    assert sorted(r.keys("many:99?")) == [f"many:99{n}" for n in range(10)]
    assert r.unlink(*r.scan_iter(match="many*")) == 1002


def keys():
    assert r.set("k", "v") and r.type("k") == "string" and r.type("none") == "none"
    assert r.rename("k", "k2") and r.copy("k2", "k3") is True and r.touch("k2", "k3") == 2
    assert r.expire("k2", 100) is True and r.persist("k2") is True and r.ttl("k2") == -1
    assert r.pexpire("k3", 1_000_000) is True and r.pttl("k3") > 900_000 and r.ttl("none") == -2
    assert r.delete("k2", "k3", "none") == 2 and r.object("ENCODING", "none") is None
    r.set("number", 12), r.sadd("numbers", 1, 2)
    assert (r.object("ENCODING", "number"), r.object("ENCODING", "numbers")) == ("int", "intset")
    assert r.memory_usage("number") > 0


def errors_have_redis_words():
    r.set("text", "x")
    wrong = "Operation against a key holding the wrong kind of value"
    for call in (lambda: r.sadd("text", 1), lambda: r.hgetall("text")):
        assert refused(redis.ResponseError, call) == f"WRONGTYPE {wrong}"
    assert refused(redis.ResponseError, r.incr, "text") == "value is not an integer or out of range"
    assert refused(redis.ResponseError, r.execute_command, "NO-SUCH-COMMAND", "x").startswith("unknown command")
    assert refused(redis.ResponseError, r.execute_command, "GET").startswith("wrong number of arguments for 'get'")


def pipelines_and_transactions():
    r.delete("stock", "sold")
    with r.pipeline() as p:
        assert p.set("stock", 10).sadd("sold", "a", "b").hset("totals", "n", 1).get("stock").execute() == [True, 2, 1, "10"]
        answers = p.incr("stock").sadd("stock", "x").get("stock").execute(raise_on_error=False)
        assert answers[0] == 11 and answers[2] == "11"
        assert isinstance(answers[1], redis.ResponseError), answers
        p.incr("stock").execute_command("NO-SUCH-COMMAND")
        assert "unknown command" in refused(redis.ResponseError, p.execute)
    assert r.get("stock") == "11", "nothing of a refused transaction is done"


def watch_notices_a_change():
    r.set("stock", 11)
    with r.pipeline() as p:
        p.watch("stock")
        left = int(p.get("stock"))
        r.set("stock", 5)
        p.multi()
        p.set("stock", left - 1)
        assert "Watched variable changed" in refused(redis.WatchError, p.execute)

    def sell(p):
        left = int(p.get("stock"))
        p.multi()
        p.set("stock", left - 1)

    assert r.transaction(sell, "stock") == [True] and r.get("stock") == "4"


def databases():
    second = client(db=2)
    second.flushdb(), r.set("where", "zero")
    assert second.get("where") is None and second.dbsize() == 0
    assert second.set("where", "two") and r.get("where") == "zero"
    assert r.move("where", 2) is False and r.copy("where", "there", destination_db=2) is True
    assert set(second.keys()) == {"where", "there"}
    with client(single_connection_client=True) as moving:
        assert moving.select(2) and moving.get("where") == "two"
    assert "out of range" in refused(redis.ResponseError, client(db=99).ping)
    assert second.flushdb() and r.get("where") == "zero"


def many_threads_share_a_pool():
    pool = redis.BlockingConnectionPool(host=HOST, port=PORT, protocol=PROTOCOL, max_connections=4, timeout=10)
    shared = redis.Redis(connection_pool=pool)
    shared.delete("visits")
    threads = [threading.Thread(target=lambda: [shared.incr("visits") for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert shared.get("visits") == b"400"
    pool.disconnect()


def a_connection_is_checked_and_made_again():
    checked = client(single_connection_client=True, health_check_interval=1, client_name="checked")
    assert checked.ping()
    checked.connection.next_health_check = 0  # long ago
    assert checked.get("none") is None
    lost = checked.client_id()
    assert r.client_kill_filter(_id=lost) == 1
    # The client retries on a connection of its own making.
    assert checked.get("none") is None and checked.client_id() != lost and checked.client_getname() == "checked"
    alone = client(retry=Retry(NoBackoff(), 0), single_connection_client=True)
    assert r.client_kill_filter(_id=alone.client_id()) == 1
    refused(redis.ConnectionError, alone.ping)


def subscribes_and_unsubscribes():
    with r.pubsub() as p:
        p.subscribe("news", "sport")
        p.psubscribe("n*")
        confirmations = [p.get_message(timeout=10) for _ in range(3)]
        assert [(c["type"], c["channel"], c["data"]) for c in confirmations] == [
            ("subscribe", "news", 1),
            ("subscribe", "sport", 2),
            ("psubscribe", "n*", 3),
        ], confirmations
        assert r.publish("news", "hello") == 2
        assert p.get_message(timeout=10) == {"type": "message", "pattern": None, "channel": "news", "data": "hello"}
        assert p.get_message(timeout=10) == {"type": "pmessage", "pattern": "n*", "channel": "news", "data": "hello"}
        assert p.get_message(timeout=0.01) is None
        if PROTOCOL == 2:  # redis-py takes a pong of RESP3 for a message
            p.ping("still there?")
            pong = p.get_message(timeout=10)
            assert pong["type"] == "pong" and pong["data"] == "still there?", pong
        p.unsubscribe("news")
        assert p.get_message(timeout=10)["data"] == 2
        assert r.publish("news", "again") == 1 and p.get_message(timeout=10)["type"] == "pmessage"
        p.unsubscribe(), p.punsubscribe()
        left = {p.get_message(timeout=10)["channel"] for _ in range(2)}
        assert left == {"sport", "n*"} and not p.subscribed
        assert r.publish("news", "nobody") == 0


def a_thread_handles_messages():
    heard = threading.Event()
    messages = []

    def handler(message):
        messages.append((message["channel"], message["data"]))
        if len(messages) == 100:
            heard.set()

    p = r.pubsub(ignore_subscribe_messages=True)
    p.subscribe(**{"ticks": handler})
    thread = p.run_in_thread(sleep_time=0.05, daemon=True)
    while r.pubsub_numsub("ticks") != [("ticks", 1)]:
        pass
    for n in range(100):
        r.publish("ticks", n)
    assert heard.wait(timeout=20), messages
    thread.stop()
    thread.join(timeout=10)
    assert messages == [("ticks", str(n)) for n in range(100)] and not thread.is_alive()


def shard_channels():
    with r.pubsub(ignore_subscribe_messages=False) as p:
        p.ssubscribe("orders")
        assert p.get_message(timeout=10)["type"] == "ssubscribe"
        assert r.execute_command("SPUBLISH", "orders", "1") == 1 and r.publish("orders", "2") == 0
        assert p.get_message(timeout=10) == {"type": "smessage", "pattern": None, "channel": "orders", "data": "1"}
        assert r.pubsub_shardchannels() == ["orders"] and r.pubsub_shardnumsub("orders") == [("orders", 1)]
        p.sunsubscribe("orders")
        assert p.get_message(timeout=10)["type"] == "sunsubscribe"


def the_server_tells_of_itself():
    info = r.info()
    assert info["redis_version"].startswith("7.") and info["redis_mode"] == "standalone", info
    assert info["loading"] == 0 and info["role"] == "master" and info["connected_clients"] >= 1
    r.set("one", 1)
    assert r.info("keyspace")["db0"]["keys"] == r.dbsize()
    assert set(r.info("server")) >= {"redis_version", "run_id", "tcp_port", "uptime_in_seconds"}
    seconds, microseconds = r.time()
    assert seconds > 1_500_000_000 and 0 <= microseconds < 1_000_000
    assert r.command_count() > 0 and r.command()["get"]["arity"] == 2
    assert r.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert r.config_set("slowlog-max-len", 64) and r.config_get("slowlog-max-*") == {"slowlog-max-len": "64"}
    assert r.config_resetstat() and r.slowlog_len() >= 0
    assert r.acl_whoami() == "default" and "default" in r.acl_users()


def watches_what_others_do():
    with r.monitor() as monitor:
        r.set("seen", "by the monitor")
        while (seen := monitor.next_command())["command"].split()[0] != "SET":
            pass
        assert seen["db"] == 0 and seen["command"] == "SET seen by the monitor", seen


if __name__ == "__main__":
    r.flushall()
    run(
        connects_by_a_url_and_has_a_name,
        strings_and_counters,
        hashes,
        sets,
        iterates_over_all,
        keys,
        errors_have_redis_words,
        pipelines_and_transactions,
        watch_notices_a_change,
        databases,
        many_threads_share_a_pool,
        a_connection_is_checked_and_made_again,
        subscribes_and_unsubscribes,
        a_thread_handles_messages,
        shard_channels,
        the_server_tells_of_itself,
        watches_what_others_do,
    )
