import type { ReactNode } from "react";

/** The first line says what matters, the second how it stands, and the right side what can be done. */
export function PageHeader({
  title,
  status,
  sentence,
  children,
}: {
  title: ReactNode;
  status?: ReactNode;
  sentence?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="mb-[18px] flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-2.5">
          <h1 className="text-title min-w-0 break-words [&_code]:text-[19px]">{title}</h1>
          {status}
        </div>
        {sentence && <p className="mt-[3px] text-soft">{sentence}</p>}
      </div>
      {children && (
        <div className="flex flex-wrap items-center gap-2 max-md:[&>:last-child]:order-first">{children}</div>
      )}
    </div>
  );
}
