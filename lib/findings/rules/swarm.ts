import "server-only";
import { finding, type Rule, sentence } from "../input.ts";

export const oneManager: Rule = ({ snapshot }) => {
  const managers = [...snapshot.nodes.values()].filter(({ role }) => role === "manager");
  if (managers.length !== 1) return [];
  return [
    finding({
      rule: "one-manager",
      severity: "note",
      parts: sentence`The Swarm has one manager: if it is lost, so are all secrets`,
      hint: "Promote two more nodes: `docker node promote <node>`. Keep a backup of /var/lib/docker/swarm.",
    }),
  ];
};

export const noAutolock: Rule = ({ snapshot }) => {
  if (!snapshot.cluster || snapshot.cluster.isAutolocked) return [];
  return [
    finding({
      rule: "no-autolock",
      severity: "note",
      parts: sentence`Autolock is off: whoever copies the disk of a manager reads every secret`,
      hint: "Run `docker swarm update --autolock=true`, and keep the unlock key away from the managers.",
    }),
  ];
};
