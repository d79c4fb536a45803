import type { ReactNode } from "react";
import { Here } from "../shell/here.tsx";
import { PlanDesk } from "./plan-desk.tsx";

/** Where a plan is read: one card, in the middle, with nothing beside it. */
export function PlanCard({
  here,
  title,
  sentence,
  children,
}: {
  /** What the frame calls this page. */
  here: string;
  title: ReactNode;
  sentence: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="mx-auto max-w-3xl overflow-clip rounded-card border border-line bg-panel shadow-card">
      <Here>{here}</Here>
      <div className="px-5 py-4">
        <h1 className="text-title break-words [&_code]:text-[19px]">{title}</h1>
        <p className="mt-1 text-soft">{sentence}</p>
      </div>
      <PlanDesk>{children}</PlanDesk>
    </section>
  );
}
