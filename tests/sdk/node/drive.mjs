// Drives every experimentation call of the installed npm package against a server. Usage: node drive.mjs URL TOKEN EXPERIMENT
// EXPERIMENT is an active one that ramps 10, 50, 100. Prints one JSON object: the calls that the package has and were not made,
// what came back, and what errors and logs looked like to the package.
import { ManagementClient } from "auth0";

const [url, token, experimentId] = process.argv.slice(2);

// The package insists on https; this is the one thing that has to be told to a local server.
const plain = (input, init) => fetch(String(input).replace(/^https:/, "http:"), init);
const root = new ManagementClient({ domain: url.replace(/^http:\/\//, ""), token, fetch: plain, maxRetries: 0 });

const made = new Set();
const watch = (client, name) =>
  new Proxy(client, {
    get: (target, key) => {
      made.add(`${name}.${String(key)}`);
      return target[key].bind(target);
    },
  });
const callsOf = (client, name) =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(client))
    .filter((key) => key !== "constructor" && !key.startsWith("_"))
    .map((key) => `${name}.${key}`);
const errorOf = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return { status: error.statusCode, body: error.body };
  }
  throw new Error("no error");
};

// What the package offers under `experimentation`, whatever that is in its version.
const clients = {};
for (const name of ["experiments", "featureFlags", "segments"]) {
  if (root.experimentation[name] !== undefined) clients[name] = root.experimentation[name];
}
const known = Object.entries(clients).flatMap(([name, client]) => callsOf(client, name));
const experiments = watch(clients.experiments, "experiments");

const step = await experiments.advanceRamp(experimentId, { target_level: 50 });
const same = await experiments.advanceRamp(experimentId, { target_level: 50 });
const notNext = await errorOf(experiments.advanceRamp(experimentId, { target_level: 51 }));
const gone = await errorOf(experiments.advanceRamp(`exp_${"1".repeat(22)}`, { target_level: 50 }));
const logs = [];
for await (const entry of await root.logs.list({ per_page: 5 })) logs.push(entry.type);

console.log(JSON.stringify({ known, missed: known.filter((call) => !made.has(call)), step, same, notNext, gone, logs }));
