// Runs a program's steps one after the other and says of each how it went. All run, even where one fails.

"use strict";

// Where a step hangs, it fails after so many milliseconds.
const LIMIT = 20_000;

async function run(...steps) {
  const failed = [];
  for (const step of steps) {
    try {
      await inTime(step.name, step());
      console.log(`ok ${step.name}`);
    } catch (error) {
      console.log(`FAILED ${step.name}\n${error.stack ?? error}`);
      failed.push(step.name);
    }
  }
  if (failed.length > 0) {
    console.log(`${failed.length} of ${steps.length} steps failed: ${failed.join(", ")}`);
  }
  // Clients that failing steps left open don't keep the program.
  process.exit(failed.length > 0 ? 1 : 0);
}

// What a promise ends in, or an error when it takes too long.
function inTime(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} takes longer than ${LIMIT} ms`)), LIMIT);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// The first `count` values that `listen` is called back with.
function gather(count, listen) {
  const values = [];
  return new Promise((resolve) => {
    listen((...value) => {
      values.push(value);
      if (values.length === count) {
        resolve(values);
      }
    });
  });
}

module.exports = { run, gather };
