import "server-only";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import type { EngineApi } from "./engine-api.ts";
import { findProgram } from "./engine-program.ts";

export const sampleImage = "skep-sample:1";

const applets =
  "sh cat echo grep head id kill ls md5sum printf ps sha256sum sleep tail test touch true false wc httpd nc".split(" ");

/**
 * What every sample service runs: refuses to start without its secrets, then waits and ends at once when asked to.
 * It reads its files as a real service would, and says on stderr why it gives up.
 */
const serve = `#!/bin/sh
trap 'exit 0' TERM INT
for path in "$@"; do
  [ -s "$path" ] || { echo "$path cannot be read" >&2; exit 1; }
done
sleep 2147483647 &
wait $!
`;

/** Brings the image of the samples into an engine that can reach no registry. Does nothing where it is already there. */
export async function importSampleImage(api: EngineApi): Promise<string> {
  if (await hasImage(api)) return sampleImage;
  const archive = makeArchive();
  const query = new URLSearchParams({ fromSrc: "-", repo: "skep-sample", tag: "1" });
  query.append("changes", "ENV PATH=/bin");
  query.append("changes", 'CMD ["/bin/serve"]');
  await api.call("POST", `/images/create?${query}`, archive);
  if (!(await hasImage(api))) throw new AppError("unexpected", "The sandbox's engine did not take the sample image.");
  return sampleImage;
}

async function hasImage(api: EngineApi): Promise<boolean> {
  try {
    await api.call("GET", `/images/${sampleImage}/json`);
    return true;
  } catch {
    return false;
  }
}

function makeArchive(): Buffer {
  const busybox = findProgram("busybox");
  if (!busybox) throw new AppError("unexpected", "The samples need busybox. Run `apt-get install busybox-static`.");
  const folder = mkdtempSync(join(tmpdir(), "skep-image-"));
  try {
    for (const name of ["bin", "etc", "tmp", "run"]) mkdirSync(join(folder, name));
    copyFileSync(busybox, join(folder, "bin/busybox"));
    for (const applet of applets) symlinkSync("busybox", join(folder, "bin", applet));
    writeFileSync(join(folder, "bin/serve"), serve, { mode: 0o755 });
    writeFileSync(join(folder, "etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n");
    writeFileSync(join(folder, "etc/group"), "root:x:0:\napp:x:1000:\n");
    return execFileSync("tar", ["-c", "--owner=0", "--group=0", "-C", folder, "."], { maxBuffer: 64 * 1024 * 1024 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
