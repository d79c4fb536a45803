import type { RotatorSettings } from "#lib/rotators/schema.ts";

/** The settings as the form's fields. */
export function flat(settings: RotatorSettings): Record<string, string> {
  const [login = "", secondLogin = ""] = settings.logins;
  const common = {
    credential: settings.credential,
    login,
    secondLogin,
    allowsPrivateAddresses: String(settings.allowsPrivateAddresses),
    authorityFile: settings.authorityFile ?? "",
  };
  switch (settings.kind) {
    case "postgresql": {
      const { host, port, database, user, usesTls } = settings;
      return { ...common, host, port: String(port), database, user, usesTls: String(usesTls) };
    }
    case "http":
      return { ...common, address: settings.address, keepsOld: String(settings.keepsOld) };
  }
}
