// What programs do with ioredis: the ticket shop, and the client's own means.
//
// node with_ioredis.js HOST PORT

"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Redis = require("ioredis");
const { gather, run } = require("./steps.js");

const [host, port] = [process.argv[2], Number(process.argv[3])];
const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";

let redis;

async function isReadyAfterItsCheck() {
  // The ready check asks INFO, and waits while the server is loading.
  redis = new Redis({ host, port, connectionName: "till" });
  await once(redis, "ready");
  assert.equal(redis.status, "ready");
  assert.match(redis.serverInfo?.redis_version ?? (await redis.info("server")), /7\.\d+\.\d+/);
  assert.equal(await redis.ping(), "PONG");
  assert.equal(await redis.client("GETNAME"), "till");
  assert.equal(await redis.flushall(), "OK");
}

async function aDayAtTheShop() {
  const orders = [
    ["Opening Ceremony", "jamie", 4, 180.25],
    ["Mens 4x400", "kim", 1, 25],
    ["Closing Ceremony", "jamie", 6, 120.5],
  ].map(([event, who, qty, cost], n) => ({ id: `order-${n}`, event, who, qty, cost, hour: n }));

  const analytics = redis.duplicate();
  const alerter = redis.duplicate();
  assert.equal(await analytics.subscribe("purchase_orders"), 1);
  assert.equal(await alerter.psubscribe("purchase_orders:* Ceremony"), 1);
  const booked = new Promise((resolve, reject) => {
    let left = orders.length;
    analytics.on("message", async (channel, id) => {
      try {
        assert.equal(channel, "purchase_orders");
        const order = await redis.hgetall(`purchase_order_details:${id}`);
        const results = await redis
          .pipeline()
          .sadd(`sales:${order.event}`, id)
          .sadd(`invoices:${order.who}`, id)
          .hincrbyfloat("sales_summary", `${order.event}:total_sales`, order.cost)
          .hincrby("sales_summary", `${order.event}:total_tickets_sold`, order.qty)
          .bitfield("sales_histogram:time_of_day", "INCRBY", "u8", (Number(order.hour) + 1) * 8, order.qty)
          .exec();
        assert.deepEqual(results.map(([error]) => error), [null, null, null, null, null]);
        if (--left === 0) resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
  const alerts = gather(2, (alert) => alerter.on("pmessage", alert));

  for (const { id, ...order } of orders) {
    await redis.hset(`purchase_order_details:${id}`, order);
    assert.equal(await redis.publish("purchase_orders", id), 1);
    assert.equal(await redis.publish(`purchase_orders:${order.event}`, id), order.event.endsWith("Ceremony") ? 1 : 0);
  }
  await booked;
  assert.deepEqual(await alerts, [
    ["purchase_orders:* Ceremony", "purchase_orders:Opening Ceremony", "order-0"],
    ["purchase_orders:* Ceremony", "purchase_orders:Closing Ceremony", "order-2"],
  ]);
  assert.deepEqual(await redis.hgetall("sales_summary"), {
    "Opening Ceremony:total_sales": "180.25",
    "Opening Ceremony:total_tickets_sold": "4",
    "Mens 4x400:total_sales": "25",
    "Mens 4x400:total_tickets_sold": "1",
    "Closing Ceremony:total_sales": "120.5",
    "Closing Ceremony:total_tickets_sold": "6",
  });
  assert.deepEqual((await redis.smembers("invoices:jamie")).sort(), ["order-0", "order-2"]);
  const hours = [1, 2, 3].flatMap((hour) => ["GET", "u8", `#${hour}`]);
  assert.deepEqual(await redis.bitfield("sales_histogram:time_of_day", ...hours), [4, 1, 6]);

  assert.equal(await analytics.unsubscribe("purchase_orders"), 0);
  assert.equal(await redis.publish("purchase_orders", "late"), 0);
  assert.equal(await analytics.get("none"), null, "without subscriptions it is a client as any other");
  await Promise.all([analytics.quit(), alerter.quit()]);
}

async function pipelinesThemselves() {
  const auto = new Redis({ host, port, enableAutoPipelining: true });
  await Promise.all(Array.from({ length: 200 }, (_, n) => auto.set(`key:${n}`, n)));
  const values = await Promise.all(Array.from({ length: 200 }, (_, n) => auto.get(`key:${n}`)));
  assert.deepEqual(values, Array.from({ length: 200 }, (_, n) => String(n)));
  await assert.rejects(Promise.all([auto.get("key:1"), auto.hget("key:1", "x")]), { message: WRONG_TYPE });
  await auto.quit();
}

async function transactions() {
  const results = await redis.multi().set("stock", 10).decrby("stock", 3).sadd("stock", "x").get("stock").exec();
  assert.deepEqual([results[0], results[1], results[3]], [[null, "OK"], [null, 7], [null, "7"]]);
  assert.equal(results[2][0].message, WRONG_TYPE);
  await assert.rejects(redis.multi().incr("stock").call("NO-SUCH-COMMAND").exec(), { message: /EXECABORT/ });
  assert.equal(await redis.get("stock"), "7");

  const till = redis.duplicate();
  await till.watch("stock");
  await redis.set("stock", 1);
  assert.equal(await till.multi().decr("stock").exec(), null, "a watched key has changed");
  await till.watch("stock");
  assert.deepEqual(await till.multi().decr("stock").exec(), [[null, 0]]);
  till.disconnect();
}

async function streamsOfKeys() {
  for (const [stream, expected] of [
    [redis.scanStream({ match: "key:*", count: 50 }), Array.from({ length: 200 }, (_, n) => `key:${n}`)],
    [redis.sscanStream("sales:Mens 4x400"), ["order-1"]],
    [redis.hscanStream("purchase_order_details:order-1", { match: "q*" }), ["1", "qty"]],
  ]) {
    const seen = new Set();
    for await (const some of stream) {
      some.forEach((one) => seen.add(one));
    }
    assert.deepEqual([...seen].sort(), expected.sort());
  }
}

async function errorsHaveRedisWords() {
  await redis.set("text", "x");
  await assert.rejects(redis.hset("text", "field", "value"), { name: "ReplyError", message: WRONG_TYPE });
  await assert.rejects(redis.incr("text"), { message: "ERR value is not an integer or out of range" });
  await assert.rejects(redis.call("GET"), { message: "ERR wrong number of arguments for 'get' command" });
  await assert.rejects(redis.call("NO-SUCH-COMMAND", "x"), { message: /^ERR unknown command 'NO-SUCH-COMMAND'/ });
}

async function buffersAndPrefixes() {
  const bytes = Buffer.from([0, 255, 13, 10]);
  await redis.set(bytes, bytes, "EX", 100);
  assert.deepEqual(await redis.getBuffer(bytes), bytes);
  const prefixed = redis.duplicate({ keyPrefix: "shop:" });
  await prefixed.mset({ a: 1, b: 2 });
  assert.deepEqual(await redis.mget("shop:a", "shop:b", "a"), ["1", "2", null]);
  await prefixed.quit();
}

async function anotherDatabase() {
  const second = new Redis(`redis://${host}:${port}/2`);
  assert.equal(await second.set("where", "two"), "OK");
  assert.equal(await redis.get("where"), null);
  assert.deepEqual(await second.keys("*"), ["where"]);
  assert.equal(await redis.select(2), "OK");
  assert.equal(await redis.get("where"), "two");
  assert.equal(await redis.select(0), "OK");
  await second.quit();
}

async function aKilledConnectionIsMadeAgain() {
  const listener = redis.duplicate({ retryStrategy: () => 1 });
  await listener.subscribe("news");
  const id = (await redis.client("LIST", "TYPE", "PUBSUB")).match(/^id=(\d+)/)[1];
  const ready = once(listener, "ready");
  assert.equal(await redis.client("KILL", "ID", id), 1);
  await ready;
  // It subscribes again on its own, after it is ready.
  while ((await redis.pubsub("NUMSUB", "news"))[1] !== 1);
  const heard = once(listener, "message");
  assert.equal(await redis.publish("news", "again"), 1);
  assert.deepEqual(await heard, ["news", "again"]);
  listener.disconnect();
}

async function shardChannels() {
  const listener = redis.duplicate();
  assert.equal(await listener.ssubscribe("orders"), 1);
  const heard = once(listener, "smessage");
  assert.equal(await redis.spublish("orders", "1"), 1);
  assert.deepEqual(await heard, ["orders", "1"]);
  assert.equal(await listener.sunsubscribe("orders"), 0);
  await listener.quit();
}

async function watchesWhatOthersDo() {
  const monitor = await redis.monitor();
  const seen = once(monitor, "monitor");
  await redis.set("seen", "by the monitor");
  assert.deepEqual((await seen)[1], ["set", "seen", "by the monitor"]);
  monitor.disconnect();
}

async function quits() {
  assert.equal(await redis.quit(), "OK");
  await assert.rejects(redis.ping(), { message: "Connection is closed." });
}

run(
  isReadyAfterItsCheck,
  aDayAtTheShop,
  pipelinesThemselves,
  transactions,
  streamsOfKeys,
  errorsHaveRedisWords,
  buffersAndPrefixes,
  anotherDatabase,
  aKilledConnectionIsMadeAgain,
  shardChannels,
  watchesWhatOthersDo,
  quits,
);
