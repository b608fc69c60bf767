// What programs do with node-redis (the package `redis`): the ticket shop, and the client's own means.
//
// node with_node_redis.js HOST PORT PROTOCOL

"use strict";

const assert = require("node:assert/strict");
const { createClient, createClientPool, ErrorReply, WatchError } = require("redis");
const { gather, run } = require("./steps.js");

const [host, port, RESP] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";

let client;

async function connects() {
  client = createClient({ socket: { host, port }, RESP, name: "till" });
  client.on("error", (error) => console.log("client error:", error.message));
  await client.connect();
  assert.equal(client.isReady, true);
  assert.equal(await client.ping(), "PONG");
  assert.equal(await client.clientGetName(), "till");
  assert.equal(await client.flushAll(), "OK");
}

async function aDayAtTheShop() {
  const orders = [
    ["Opening Ceremony", "jamie", 4, 180.25],
    ["Mens 4x400", "kim", 1, 25],
    ["Closing Ceremony", "jamie", 6, 120.5],
  ].map(([event, who, qty, cost], n) => ({ id: `order-${n}`, event, who, qty, cost, hour: n }));

  const subscriber = await client.duplicate().connect();
  const alerts = gather(2, (alert) => subscriber.pSubscribe("purchase_orders:* Ceremony", alert));
  await subscriber.ping();
  const booked = new Promise((resolve, reject) => {
    let left = orders.length;
    subscriber.subscribe("purchase_orders", async (id, channel) => {
      try {
        assert.equal(channel, "purchase_orders");
        const order = await client.hGetAll(`purchase_order_details:${id}`);
        const results = await client
          .multi()
          .sAdd(`sales:${order.event}`, id)
          .sAdd(`invoices:${order.who}`, id)
          .hIncrByFloat("sales_summary", `${order.event}:total_sales`, Number(order.cost))
          .hIncrBy("sales_summary", `${order.event}:total_tickets_sold`, Number(order.qty))
          .bitField("sales_histogram:time_of_day", [
            { operation: "INCRBY", encoding: "u8", offset: (Number(order.hour) + 1) * 8, increment: Number(order.qty) },
          ])
          .exec();
        assert.equal(results.length, 5);
        if (--left === 0) resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
  while ((await client.pubSubNumSub("purchase_orders")).purchase_orders !== 1);

  for (const { id, ...order } of orders) {
    assert.equal(await client.hSet(`purchase_order_details:${id}`, order), 5);
    assert.equal(await client.publish("purchase_orders", id), 1);
    const receivers = await client.publish(`purchase_orders:${order.event}`, id);
    assert.equal(receivers, order.event.endsWith("Ceremony") ? 1 : 0);
  }
  await booked;
  assert.deepEqual(await alerts, [
    ["order-0", "purchase_orders:Opening Ceremony"],
    ["order-2", "purchase_orders:Closing Ceremony"],
  ]);
  assert.deepEqual({ ...(await client.hGetAll("sales_summary")) }, {
    "Opening Ceremony:total_sales": "180.25",
    "Opening Ceremony:total_tickets_sold": "4",
    "Mens 4x400:total_sales": "25",
    "Mens 4x400:total_tickets_sold": "1",
    "Closing Ceremony:total_sales": "120.5",
    "Closing Ceremony:total_tickets_sold": "6",
  });
  assert.deepEqual([...(await client.sMembers("invoices:jamie"))].sort(), ["order-0", "order-2"]);
  const hours = [8, 16, 24].map((offset) => ({ operation: "GET", encoding: "u8", offset }));
  assert.deepEqual(await client.bitField("sales_histogram:time_of_day", hours), [4, 1, 6]);

  await subscriber.unsubscribe("purchase_orders");
  await subscriber.pUnsubscribe();
  assert.equal(await client.publish("purchase_orders", "late"), 0);
  await subscriber.close();
}

async function pipelinesThemselves() {
  await Promise.all(Array.from({ length: 200 }, (_, n) => client.set(`key:${n}`, n.toString())));
  const values = await Promise.all(Array.from({ length: 200 }, (_, n) => client.get(`key:${n}`)));
  assert.deepEqual(values, Array.from({ length: 200 }, (_, n) => String(n)));
  const results = await Promise.allSettled([client.incr("key:1"), client.hGet("key:1", "x"), client.get("key:1")]);
  assert.deepEqual(results.map(({ value }) => value), [2, undefined, "2"]);
  assert.equal(results[1].reason.message, WRONG_TYPE);
}

async function transactions() {
  assert.deepEqual(await client.multi().set("stock", "10").decrBy("stock", 3).get("stock").exec(), ["OK", 7, "7"]);
  await assert.rejects(client.multi().incr("stock").addCommand(["NO-SUCH-COMMAND"]).exec(), /unknown command/);
  assert.equal(await client.get("stock"), "7");

  const till = await client.duplicate().connect();
  await till.watch("stock");
  await client.set("stock", "1");
  await assert.rejects(till.multi().decr("stock").exec(), WatchError);
  await till.watch("stock");
  assert.deepEqual(await till.multi().decr("stock").exec(), [0]);
  await till.close();
}

async function iteratesOverAll() {
  for (const [batches, expected] of [
    [client.scanIterator({ MATCH: "key:*", COUNT: 50 }), Array.from({ length: 200 }, (_, n) => `key:${n}`)],
    [client.scanIterator({ TYPE: "set", MATCH: "sales:*" }), ["Opening Ceremony", "Mens 4x400", "Closing Ceremony"]],
    [client.sScanIterator("invoices:kim"), ["order-1"]],
    [client.hScanIterator("purchase_order_details:order-1", { MATCH: "q*" }), ["qty=1"]],
  ]) {
    const seen = new Set();
    for await (const batch of batches) {
      batch.forEach((one) => seen.add(one.field ? `${one.field}=${one.value}` : one.replace(/^sales:/, "")));
    }
    assert.deepEqual([...seen].sort(), expected.sort());
  }
}

async function errorsHaveRedisWords() {
  await client.set("text", "x");
  await assert.rejects(client.hSet("text", "field", "value"), (error) => {
    assert.ok(error instanceof ErrorReply);
    assert.equal(error.message, WRONG_TYPE);
    return true;
  });
  await assert.rejects(client.incr("text"), { message: "ERR value is not an integer or out of range" });
  await assert.rejects(client.sendCommand(["NO-SUCH-COMMAND", "x"]), { message: /^ERR unknown command/ });
}

async function typesOfReplies() {
  assert.equal(await client.hGet("none", "field"), null);
  assert.equal(await client.set("k", "v", { EX: 100, NX: true }), "OK");
  assert.equal(await client.set("k", "w", { XX: true, GET: true }), "v");
  assert.equal(await client.ttl("k"), -1);
  assert.equal(await client.expire("k", 100), 1);
  assert.deepEqual(await client.mGet(["k", "none"]), ["w", null]);
  assert.equal(await client.sAdd("members", ["a", "b"]), 2);
  assert.deepEqual(await client.smIsMember("members", ["a", "x"]), [1, 0]);
  assert.equal(await client.incrByFloat("float", 0.5), "0.5");
  assert.deepEqual({ ...(await client.configGet("maxmemory")) }, { maxmemory: "0" });
}

async function tellsOfItself() {
  assert.match(await client.info("server"), /redis_version:7\.\d+\.\d+\r\n/);
  assert.equal((await client.clientInfo()).name, "till");
  assert.equal(await client.dbSize(), (await client.keys("*")).length);
  assert.equal(await client.aclWhoAmI(), "default");
}

async function anotherDatabase() {
  const second = await createClient({ url: `redis://${host}:${port}/2`, RESP }).connect();
  assert.equal(await second.set("where", "two"), "OK");
  assert.equal(await client.get("where"), null);
  await client.select(2);
  assert.equal(await client.get("where"), "two");
  await client.select(0);
  await second.flushDb();
  await second.close();
}

async function aPoolOfClients() {
  const pool = createClientPool({ socket: { host, port }, RESP }, { minimum: 1, maximum: 5, cleanupDelay: 600_000 });
  await pool.connect();
  const counts = await Promise.all(Array.from({ length: 100 }, () => pool.incr("visits")));
  assert.deepEqual(counts.sort((a, b) => a - b), Array.from({ length: 100 }, (_, n) => n + 1));
  await pool.close();
}

async function aKilledConnectionIsMadeAgain() {
  const listener = createClient({ socket: { host, port, reconnectStrategy: () => 1 }, RESP });
  const errors = gather(1, (error) => listener.on("error", error));
  await listener.connect();
  const id = await listener.clientId();
  const heard = gather(1, (message) => listener.subscribe("news", message));
  while ((await client.pubSubNumSub("news")).news !== 1);
  const ready = gather(1, (again) => listener.once("ready", again));
  assert.equal(await client.clientKill({ filter: "ID", id }), 1);
  await Promise.all([errors, ready]);
  // It has subscribed again before it is ready.
  assert.equal(await client.publish("news", "again"), 1);
  assert.deepEqual(await heard, [["again", "news"]]);
  listener.destroy();
}

async function shardChannels() {
  const listener = await client.duplicate().connect();
  const heard = gather(1, (message) => listener.sSubscribe("orders", message));
  while ((await client.pubSubShardNumSub("orders")).orders !== 1);
  assert.equal(await client.sPublish("orders", "1"), 1);
  assert.deepEqual(await heard, [["1", "orders"]]);
  await listener.sUnsubscribe("orders");
  await listener.close();
}

async function watchesWhatOthersDo() {
  const watcher = await client.duplicate().connect();
  const seen = gather(1, (line) => watcher.monitor(line).then(() => client.set("seen", "by the monitor")));
  const [[line]] = await seen;
  assert.match(line, /^\d+\.\d{6} \[0 [^\]]+\] "SET" "seen" "by the monitor"$/);
  watcher.destroy();
}

async function closes() {
  await client.close();
  await assert.rejects(client.ping(), { message: "The client is closed" });
}

run(
  connects,
  aDayAtTheShop,
  pipelinesThemselves,
  transactions,
  iteratesOverAll,
  errorsHaveRedisWords,
  typesOfReplies,
  tellsOfItself,
  anotherDatabase,
  aPoolOfClients,
  aKilledConnectionIsMadeAgain,
  shardChannels,
  watchesWhatOthersDo,
  closes,
);
