// Drives npm @openfeature/ofrep-web-provider, as a page in a browser does. Usage: ofrep-web.mjs URL TOKEN FLAG_ID
// FLAG_ID is the flag whose parameter `title` is changed on the way, through the management API. Prints one JSON object.
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";
import { EventSource } from "eventsource";

const [url, token, flagId] = process.argv.slice(2);
const headers = [["Authorization", `Bearer ${token}`]];

const requests = [];
const watch = async (request) => {
  const reply = await fetch(request);
  const { pathname, searchParams } = new URL(request.url);
  requests.push({ pathname, known: request.headers.get("if-none-match"), etag: reply.headers.get("etag"),
    announced: searchParams.get("flagConfigEtag"), status: reply.status });
  return reply;
};
const connect = async (domain, options) => {
  const provider = new OFREPWebProvider({ baseUrl: url, headers, fetchImplementation: watch, cacheMode: "disabled", ...options });
  await OpenFeature.setProviderAndWait(domain, provider, { targetingKey: "device-1", plan: "premium" });
  return OpenFeature.getClient(domain);
};
const until = async (isSo) => {
  while (!isSo()) await new Promise((done) => setTimeout(done, 10));
};

// What a browser has and node has not; it tells when the stream is open.
let opened;
const open = new Promise((done) => { opened = done; });
globalThis.EventSource = class extends EventSource {
  constructor(...given) {
    super(...given);
    this.addEventListener("open", opened);
  }
};

const polling = await connect("polling", { pollInterval: 20, changeDetection: "polling" });
await until(() => requests.at(-1).status === 304);
const polled = requests.splice(0);
await OpenFeature.getProvider("polling").onClose();

const client = await connect("page", { changeDetection: "sse" });
const seen = {
  boolean: client.getBooleanDetails("login.passkeys", true),
  string: client.getStringDetails("login.title", "-"),
  number: client.getNumberDetails("login.ratio", 0),
  object: client.getObjectDetails("login.theme", {}),
  whole: client.getObjectDetails("login", {}),
  disabled: client.getStringDetails("retired", "from the code"),
  unknown: client.getStringDetails("nothing", "from the code"),
  wrong: client.getNumberDetails("login.title", 13),
  targeted: client.getStringDetails("audience", "-"),
  split: client.getStringDetails("welcome", "-"),
};
await open;
requests.splice(0);
const changed = new Promise((done) => client.addHandler(ProviderEvents.ConfigurationChanged, done));
const parameters = (await (await fetch(`${url}/api/v2/experimentation/feature-flags/${flagId}`, { headers })).json()).parameters;
parameters.title.value = "Changed";
const patch = await fetch(`${url}/api/v2/experimentation/feature-flags/${flagId}`, {
  method: "PATCH", headers: [...headers, ["Content-Type", "application/json"]], body: JSON.stringify({ parameters }),
});
const { flagsChanged } = await changed;
seen.changed = client.getStringDetails("login.title", "-");
await OpenFeature.close();

let refused;
await connect("stranger", { headers: [["Authorization", "Bearer none"]] }).catch((error) => { refused = error.message; });

console.log(JSON.stringify({ seen, polled, patched: patch.status, flagsChanged, refetched: requests, refused }));
process.exit(0);
