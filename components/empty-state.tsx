import type { ReactNode } from "react";

/** Where nothing is: why, and what to do next. */
export function EmptyState({
  title,
  sentence,
  children,
}: {
  title: string;
  sentence: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="grid justify-items-center gap-1.5 px-6 py-12 text-center">
      <p className="font-semibold text-[14px]">{title}</p>
      <p className="max-w-md text-soft">{sentence}</p>
      {children && <div className="mt-3 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  );
}
