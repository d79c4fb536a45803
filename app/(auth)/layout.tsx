import type { ReactNode } from "react";
import { Brand } from "#components/shell/brand.tsx";

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="grid w-full max-w-sm gap-4">
        <div className="justify-self-center">
          <Brand />
        </div>
        <div className="rounded-card border border-line bg-panel p-6 shadow-card">{children}</div>
      </div>
    </main>
  );
}
