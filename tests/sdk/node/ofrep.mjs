// Drives npm @openfeature/ofrep-provider against a server. Usage: ofrep.mjs URL TOKEN LIMITED_URL LIMITED_TOKEN UNIT...
// LIMITED_URL is a server that allows few requests. Prints one JSON object: what came back, as the SDK's own types have it.
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const [url, token, limitedUrl, limitedToken, ...units] = process.argv.slice(2);

const requests = [];
const watch = async (request) => {
  const reply = await fetch(request);
  requests.push(reply.status);
  return reply;
};
const connect = async (domain, baseUrl, key) => {
  const headers = { Authorization: `Bearer ${key}` };
  await OpenFeature.setProviderAndWait(domain, new OFREPProvider({ baseUrl, headers, fetchImplementation: watch }));
  return OpenFeature.getClient(domain, { targetingKey: "device-1" });
};

const client = await connect("house", url, token);
const seen = {
  boolean: await client.getBooleanDetails("login.passkeys", true),
  string: await client.getStringDetails("login.title", "-"),
  number: await client.getNumberDetails("login.ratio", 0),
  object: await client.getObjectDetails("login.theme", {}),
  list: await client.getObjectDetails("login.order", []),
  whole: await client.getObjectDetails("login", {}),
  disabled: await client.getStringDetails("retired", "from the code"),
  unknown: await client.getStringDetails("nothing", "from the code"),
  wrong: await client.getNumberDetails("login.title", 13),
  targeted: await client.getStringDetails("audience", "-", { plan: "premium", age: 29 }),
  fallback: await client.getStringDetails("audience", "-", { plan: "free", age: 29 }),
};
const split = {};
for (const targetingKey of units) split[targetingKey] = await client.getStringDetails("welcome", "-", { targetingKey });

const stranger = await connect("stranger", url, "no token");
seen.unauthorized = await stranger.getStringDetails("login.title", "from the code");

// At most twice as many as are allowed in a minute fit in before a minute is full.
const limited = await connect("limited", limitedUrl, limitedToken);
do seen.limited = await limited.getStringDetails("login.title", "from the code");
while (seen.limited.errorCode === "FLAG_NOT_FOUND");
const sent = requests.length;
seen.paused = await limited.getStringDetails("login.title", "from the code");

console.log(JSON.stringify({ seen, split, wasSent: requests.length > sent, last: requests.at(-1) }));
