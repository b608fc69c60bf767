// Clients of ioredis and node-redis at a server that wants a password.
//
// node password.js HOST PORT PASSWORD

"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Redis = require("ioredis");
const { createClient } = require("redis");
const { run } = require("./steps.js");

const [host, port, password] = [process.argv[2], Number(process.argv[3]), process.argv[4]];

async function ioredisIsLetIn() {
  for (const options of [{ host, port, password }, `redis://default:${password}@${host}:${port}/1`]) {
    const client = new Redis(options);
    await once(client, "ready");
    assert.equal(await client.set("k", "v"), "OK");
    assert.equal(await client.quit(), "OK");
  }
}

async function ioredisIsRefused() {
  const without = new Redis({ host, port, retryStrategy: null, enableReadyCheck: false });
  await assert.rejects(without.get("k"), { message: "NOAUTH Authentication required." });
  without.disconnect();
  const wrong = new Redis({ host, port, password: "wrong", retryStrategy: null });
  const [error] = await once(wrong, "error");
  assert.match(error.message, /^WRONGPASS invalid username-password pair/);
  wrong.disconnect();
}

async function nodeRedisIsLetIn() {
  for (const RESP of [2, 3]) {
    const client = await createClient({ url: `redis://:${password}@${host}:${port}`, RESP }).connect();
    assert.equal(await client.get("k"), "v");
    await client.close();
  }
}

async function nodeRedisIsRefused() {
  for (const RESP of [2, 3]) {
    const client = createClient({ socket: { host, port, reconnectStrategy: false }, password: "wrong", RESP });
    client.on("error", () => {});
    await assert.rejects(client.connect(), { message: /^WRONGPASS invalid username-password pair/ });
  }
}

run(ioredisIsLetIn, ioredisIsRefused, nodeRedisIsLetIn, nodeRedisIsRefused);
