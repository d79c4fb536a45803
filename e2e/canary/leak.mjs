// Loaded into Skep by the test of the test: it writes what goes to the Swarm where no value may ever be.
import { appendFileSync } from "node:fs";
import { ClientRequest, request, ServerResponse } from "node:http";
import { join } from "node:path";

let leaked = "";
const { write, end } = ClientRequest.prototype;
for (const [name, send] of Object.entries({ write, end })) {
  ClientRequest.prototype[name] = function leaky(chunk, ...rest) {
    if (this.path?.endsWith("/secrets/create") && chunk?.length) leak(JSON.parse(String(chunk)).Data, this.socketPath);
    return send.call(this, chunk, ...rest);
  };
}

const { writeHead } = ServerResponse.prototype;
ServerResponse.prototype.writeHead = function leaky(...facts) {
  if (leaked) this.appendHeader("Set-Cookie", `leak=${encodeURIComponent(leaked)}; Path=/`);
  return writeHead.apply(this, facts);
};

function leak(data, socketPath) {
  leaked = data;
  process.stderr.write(`sending ${data}\n`);
  appendFileSync(join(process.env.SKEP_DATA_DIR, "leaked"), Buffer.from(data, "base64").toString("hex"));
  request({ socketPath, path: `/_ping?value=${encodeURIComponent(data)}` })
    .on("error", () => undefined)
    .end();
}
