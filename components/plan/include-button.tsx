"use client";

import { Button } from "../button.tsx";

/** Ticks the service among the options of this plan, where it can be taken back as well. */
export function IncludeButton({ serviceId, serviceName }: { serviceId: string; serviceName: string }) {
  const tick = () => {
    const boxes = document.querySelectorAll<HTMLInputElement>('input[type="checkbox"][name="include[]"]');
    for (const box of boxes) if (box.value === serviceId && !box.checked) box.click();
  };
  return (
    <Button onClick={tick} aria-label={`Include ${serviceName}`}>
      Include
    </Button>
  );
}
